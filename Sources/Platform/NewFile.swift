// A file that was not there before: for a secret, which nobody else may read or have opened.
import Glibc

/// A file made with mode 0600, empty until it is written. Used by one thread.
package final class NewFile {
    private let path: Path
    private let descriptor: Int32

    /// Fails with EEXIST where anything has the name, a symbolic link too.
    package init(_ path: Path) throws(SystemError) {
        self.path = path
        descriptor = unsafe try path.withCString { (name) throws(SystemError) -> Int32 in
            // Safety: the name is terminated and valid for the call.
            try call("open") {
                unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            }
        }
    }

    deinit { close(descriptor) }

    /// Writes all of the bytes and makes them durable.
    package func write(_ bytes: Span<UInt8>) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.extracting(offset..<bytes.count)
            // Safety: as many bytes as are named are valid for the call.
            offset += unsafe try rest.withUnsafeBytes { (bytes) throws(SystemError) -> Int in
                try call("write") { unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
            }
        }
        _ = try call("fsync") { fsync(descriptor) }
    }

    /// Takes its name away, as well as it can.
    package func remove() {
        // Safety: the name is terminated and valid for the call.
        unsafe path.withCString { _ = unsafe unlink($0) }
    }
}

extension SystemError {
    /// Something has that name already.
    package var isPresence: Bool { code == EEXIST }
}
