// Reading a small file at once: configuration, keys.
import Bytes
import Glibc

/// The content of a file, at most `limit` bytes of it.
package func readSmallFile(_ path: Path, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = unsafe try path.withCString { (name) throws(SystemError) -> Int32 in
        // Safety: the name is terminated and valid for the call.
        try call("open") { unsafe open(name, O_RDONLY | O_CLOEXEC) }
    }
    defer { close(descriptor) }
    var content = ByteBuffer(capacity: 4096)
    while content.count < limit {
        let wanted = min(4096, limit - content.count)
        let count = unsafe try content.appendUnsafe(upTo: wanted) {
            (room) throws(SystemError) -> Int in
            // Safety: the room is as long as it says.
            try call("read") { unsafe read(descriptor, room.baseAddress, room.count) }
        }
        if count == 0 { break }
    }
    return content.array
}
