// A parked line as bytes: a head that proves itself, then tagged fields (docs/park-format.md).
import Bytes
import Platform

/// A parked line and its number.
package struct ParkRecord: Sendable, Equatable {
    /// Counts the lines of a park, from 1.
    package var number: UInt64
    package var line: ParkedLine

    package init(number: UInt64, line: ParkedLine) {
        self.number = number
        self.line = line
    }

    /// The tags of a record's fields. Public format: never reused, only added to.
    private enum Tag {
        static let number: UInt8 = 1
        static let time: UInt8 = 2
        static let path: UInt8 = 3
        static let offset: UInt8 = 4
        static let length: UInt8 = 5
        static let status: UInt8 = 6
        static let type: UInt8 = 7
        static let reason: UInt8 = 8
        static let raw: UInt8 = 9
        static let posted: UInt8 = 10
    }

    /// Appends the record as it stands at `offset` of a segment.
    package func append(to buffer: inout ByteBuffer, at offset: UInt64) {
        var payload = ByteBuffer(
            capacity: 256 + line.posted.count + (line.raw?.count ?? 0) + line.reason.utf8.count)
        payload.append(item: Tag.number, number)
        payload.append(item: Tag.time, line.time.nanoseconds)
        payload.append(item: Tag.path, line.path.bytes)
        payload.append(item: Tag.offset, line.offset)
        payload.append(item: Tag.length, line.length)
        payload.append(item: Tag.status, UInt64(line.status))
        payload.append(item: Tag.type, Array(line.type.utf8))
        payload.append(item: Tag.reason, Array(line.reason.utf8))
        if let raw = line.raw { payload.append(item: Tag.raw, raw) }
        payload.append(item: Tag.posted, line.posted)
        ParkRecordHead(payload: payload.bytes).append(to: &buffer, at: offset)
        buffer.append(payload.bytes)
    }

    /// The record with this payload; nil when it is none. Unknown fields are passed over: a segment
    /// is never written anew.
    package init?(payload: Span<UInt8>) {
        var reader = StateReader(payload)
        var integers: [UInt8: UInt64] = [:]
        var texts: [UInt8: [UInt8]] = [:]
        while !reader.isAtEnd {
            guard let item = reader.item() else { return nil }
            let field = payload.extracting(item.range)
            switch item.tag {
            case Tag.number, Tag.time, Tag.offset, Tag.length, Tag.status:
                var number = StateReader(field)
                guard field.count == 8, let value = number.integer(UInt64.self) else { return nil }
                integers[item.tag] = value
            case Tag.path, Tag.type, Tag.reason, Tag.raw, Tag.posted:
                texts[item.tag] = field.array
            default: break
            }
        }
        guard let number = integers[Tag.number], let path = texts[Tag.path],
            let posted = texts[Tag.posted],
            let status = UInt16(exactly: integers[Tag.status] ?? 0)
        else { return nil }
        self.number = number
        line = ParkedLine(
            path: Path(bytes: path), offset: integers[Tag.offset] ?? 0,
            length: integers[Tag.length] ?? 0, status: status,
            type: String(decoding: texts[Tag.type] ?? [], as: UTF8.self),
            reason: String(decoding: texts[Tag.reason] ?? [], as: UTF8.self),
            time: WallTime(nanoseconds: Int64(bitPattern: integers[Tag.time] ?? 0)),
            raw: texts[Tag.raw], posted: posted)
    }
}

/// The 28 bytes before the payload of a record.
package struct ParkRecordHead: Sendable, Equatable {
    package static let size = 28
    /// With a line feed in it, so that no line of a log and no JSON text holds it.
    package static let magic: StaticString = "TP\nLINE\n"

    package let length: UInt32
    package let payloadHash: UInt64

    package init(payload: Span<UInt8>) {
        length = UInt32(payload.count)
        payloadHash = xxh3(payload)
    }

    package func append(to buffer: inout ByteBuffer, at offset: UInt64) {
        buffer.append(ParkRecordHead.magic)
        buffer.append(littleEndian: length)
        buffer.append(littleEndian: payloadHash)
        buffer.append(littleEndian: hash(at: offset))
    }

    /// The head at `offset` of a segment; nil when none stands there.
    package init?(_ segment: Span<UInt8>, at offset: Int) {
        guard segment.count - offset >= ParkRecordHead.size,
            segment.holds(ParkRecordHead.magic, at: offset)
        else { return nil }
        var reader = StateReader(segment.extracting(offset + 8..<offset + ParkRecordHead.size))
        guard let length = reader.integer(UInt32.self),
            let payloadHash = reader.integer(UInt64.self), let hash = reader.integer(UInt64.self)
        else { return nil }
        self.length = length
        self.payloadHash = payloadHash
        guard hash == self.hash(at: UInt64(offset)) else { return nil }
    }

    /// Of the head and its place: bytes of another place, or of a line that imitates a head, are
    /// none.
    private func hash(at offset: UInt64) -> UInt64 {
        var bytes = ByteBuffer(capacity: 32)
        bytes.append(ParkRecordHead.magic)
        bytes.append(littleEndian: length)
        bytes.append(littleEndian: payloadHash)
        bytes.append(littleEndian: offset)
        return xxh3(bytes.bytes)
    }
}
