// A page of the births area: records of new files, durable before a full image is due.
import Bytes

/// 4096 bytes: magic, sequence number, payload length, XXH3 of the three and the payload, payload,
/// zeros.
package enum BirthPage {
    package static let size = 4096
    /// Pages in the area.
    package static let count = 64
    private static let magic: [UInt8] = Array("TPBIRTH\n".utf8)
    private static let head = 28

    /// The most bytes of records that a page holds.
    package static let room = size - head

    /// The page with this payload.
    package static func encode(sequence: UInt64, payload: Span<UInt8>) -> ByteBuffer {
        precondition(payload.count <= room)
        var page = ByteBuffer(capacity: size)
        page.append(magic)
        page.append(littleEndian: sequence)
        page.append(littleEndian: UInt32(payload.count))
        page.append(littleEndian: hash(sequence, payload))
        page.append(payload)
        while page.count < size { page.append(0 as UInt8) }
        return page
    }

    /// What a page says; nil when it was never written, is torn, or is none.
    package static func decode(_ page: Span<UInt8>) -> (sequence: UInt64, records: [FileRecord])? {
        guard page.count == size else { return nil }
        var reader = StateReader(page)
        for byte in magic {
            guard reader.integer(UInt8.self) == byte else { return nil }
        }
        guard let sequence = reader.integer(UInt64.self), let length = reader.integer(UInt32.self),
            let expected = reader.integer(UInt64.self), Int(length) <= room
        else { return nil }
        let payload = page.extracting(head..<head + Int(length))
        guard hash(sequence, payload) == expected,
            let content = StatePayload.decode(payload)
        else { return nil }
        return (sequence, content.records)
    }

    private static func hash(_ sequence: UInt64, _ payload: Span<UInt8>) -> UInt64 {
        let hash = StreamingHash()
        var number = ByteBuffer(capacity: 16)
        number.append(littleEndian: sequence)
        number.append(littleEndian: UInt32(payload.count))
        hash.update(number.bytes)
        hash.update(payload)
        return hash.value
    }
}
