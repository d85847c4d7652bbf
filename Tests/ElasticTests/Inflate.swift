// Gzip read back by zlib, to check what was deflated.
import CZlib

/// The one gzip member inflated; nil when it is damaged or followed by anything.
func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard tp_inflate_init_gzip(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var bytes = bytes
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    return bytes.withUnsafeMutableBufferPointer { source in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        while true {
            let status = chunk.withUnsafeMutableBufferPointer { target in
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return inflate(&stream, Z_NO_FLUSH)
            }
            output += chunk[..<(chunk.count - Int(stream.avail_out))]
            if status == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
            if status != Z_OK { return nil }
        }
    }
}
