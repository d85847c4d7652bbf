// An open file or pipe, read from front to back: what `cat` reads.
import Bytes
import Glibc

/// Bytes that come once, in order. Waits for a writer where there is one. Owned by one thread.
package struct InputStream: ~Copyable, Sendable {
    package let handle: FileHandle

    /// Opens what the path names: a file, a pipe, a device.
    package init(opening path: Path) throws(SystemError) {
        // Safety: the path is terminated and valid for the call.
        handle = FileHandle(
            descriptor: try unsafe path.withCString { (name) throws(SystemError) in
                try call("open") { unsafe open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC) }
            })
    }

    /// What the process was started with.
    package static func standardInput() -> InputStream {
        InputStream(handle: FileHandle(descriptor: 0))
    }

    private init(handle: FileHandle) { self.handle = handle }

    deinit {
        // Descriptor 0 stays taken, so that no file opened later passes for standard input.
        if handle.descriptor != STDIN_FILENO { _ = close(handle.descriptor) }
    }

    /// Appends up to `limit` bytes to the buffer; returns how many, 0 at the end.
    package func read(
        upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        // Safety: the buffer has room for limit bytes behind those in use.
        try unsafe buffer.appendUnsafe(upTo: limit) { (room) throws(SystemError) in
            try call("read") { unsafe Glibc.read(handle.descriptor, room.baseAddress, limit) }
        }
    }
}
