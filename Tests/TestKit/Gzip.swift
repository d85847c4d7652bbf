// Bytes as a gzip, for tests that need one.
import CZlib

/// One member (RFC 1952), by zlib at its usual level.
package func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    precondition(tp_deflate_init_gzip(&stream, 6) == Z_OK)
    defer { deflateEnd(&stream) }
    var bytes = bytes
    var packed = [UInt8](repeating: 0, count: bytes.count + 1000)
    let count = packed.count
    bytes.withUnsafeMutableBufferPointer { source in
        packed.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        }
    }
    return Array(packed.prefix(count - Int(stream.avail_out)))
}
