// Packing and unpacking of bodies.
import CZlib

/// The bytes packed in one whole gzip member and nothing else; nil for anything else.
package func gunzip(_ packed: [UInt8]) -> [UInt8]? {
    let (unpacked, isWhole) = unpack(packed)
    return isWhole ? unpacked : nil
}

/// What can be unpacked of the beginning of a gzip member.
package func gunzip(beginning packed: [UInt8]) -> [UInt8] { unpack(packed).unpacked }

private func unpack(_ packed: [UInt8]) -> (unpacked: [UInt8], isWhole: Bool) {
    var stream = z_stream()
    guard tp_inflate_init_gzip(&stream) == Z_OK else { return ([], false) }
    defer { inflateEnd(&stream) }
    var unpacked: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 1 << 16)
    var input = packed
    let status = input.withUnsafeMutableBufferPointer { source -> Int32 in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        var status = Z_OK
        while status == Z_OK {
            let written = window.withUnsafeMutableBufferPointer { room -> Int in
                stream.next_out = room.baseAddress
                stream.avail_out = UInt32(room.count)
                status = inflate(&stream, Z_NO_FLUSH)
                return room.count - Int(stream.avail_out)
            }
            unpacked.append(contentsOf: window[..<written])
        }
        return status
    }
    return (unpacked, status == Z_STREAM_END && stream.avail_in == 0)
}

/// The bytes packed as one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard tp_deflate_init_gzip(&stream, 6) == Z_OK else { return [] }
    defer { deflateEnd(&stream) }
    var packed = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    let count = input.withUnsafeMutableBufferPointer { source in
        packed.withUnsafeMutableBufferPointer { room in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = room.baseAddress
            stream.avail_out = UInt32(room.count)
            _ = deflate(&stream, Z_FINISH)
            return room.count - Int(stream.avail_out)
        }
    }
    return Array(packed[..<count])
}
