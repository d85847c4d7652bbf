// A file of the park as bytes: a header, then records, read past whatever is damaged.
import Bytes
import Platform

/// The 40 bytes that a segment begins with.
package struct ParkHeader: Sendable, Equatable {
    package static let size = 40
    /// Version of the format that this agent writes, and the newest it can read.
    package static let format: UInt32 = 1
    private static let magic: StaticString = "TAILPRK\n"

    /// Version that wrote the segment, and the oldest version that can read it.
    package var format = ParkHeader.format
    package var oldestReader: UInt32 = 1
    /// Counts segments, from 1: also in the file's name.
    package var number: UInt64
    /// The number of the first line in it.
    package var firstLine: UInt64

    package init(number: UInt64, firstLine: UInt64) {
        self.number = number
        self.firstLine = firstLine
    }

    package func append(to buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(ParkHeader.magic)
        buffer.append(littleEndian: format)
        buffer.append(littleEndian: oldestReader)
        buffer.append(littleEndian: number)
        buffer.append(littleEndian: firstLine)
        let hash = xxh3(buffer.bytes(start..<buffer.count))
        buffer.append(littleEndian: hash)
    }

    /// The header in the first 40 bytes; nil when they are none.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= ParkHeader.size, bytes.holds(ParkHeader.magic, at: 0) else {
            return nil
        }
        var reader = StateReader(bytes.extracting(8..<ParkHeader.size))
        guard let format = reader.integer(UInt32.self),
            let oldestReader = reader.integer(UInt32.self),
            let number = reader.integer(UInt64.self),
            let firstLine = reader.integer(UInt64.self),
            reader.integer(UInt64.self) == xxh3(bytes.extracting(0..<32))
        else { return nil }
        self.format = format
        self.oldestReader = oldestReader
        self.number = number
        self.firstLine = firstLine
    }
}

/// What was found in a segment beside its records.
package struct ParkSegment: Sendable, Equatable {
    package enum Beginning: Sendable, Equatable {
        /// Not a byte: its first write failed.
        case empty
        case valid(ParkHeader)
        case damaged
        /// A newer version wrote it, and this one cannot read it.
        case newer(format: UInt32)
    }

    package private(set) var beginning = Beginning.empty
    package private(set) var records = 0
    /// Bytes that are no record and no header, in order.
    package private(set) var damage: [Range<Int>] = []
    /// Behind the last record that lies whole in the file, damaged or not: here the next one goes.
    /// What follows is the torn end of a write that nobody counted.
    package private(set) var end = 0

    /// Reads all of a segment and hands out each record. Whatever the bytes are, every record that
    /// is whole and not covered by a damaged head's reach is found.
    package init(_ bytes: Span<UInt8>, each: (ParkRecord) -> Void) {
        if bytes.count == 0 { return }
        var place = 0
        if let header = ParkHeader(bytes) {
            if header.oldestReader > ParkHeader.format {
                beginning = .newer(format: header.format)
                end = bytes.count
                return
            }
            beginning = .valid(header)
            place = ParkHeader.size
            end = place
        } else {
            beginning = .damaged
        }
        while place < bytes.count {
            guard let head = ParkRecordHead(bytes, at: place),
                Int(head.length) <= bytes.count - place - ParkRecordHead.size
            else {
                let next = ParkSegment.nextHead(bytes, after: place)
                addDamage(place..<next)
                place = next
                continue
            }
            let start = place + ParkRecordHead.size
            let payload = bytes.extracting(start..<start + Int(head.length))
            let next = start + Int(head.length)
            if xxh3(payload) == head.payloadHash, let record = ParkRecord(payload: payload) {
                records += 1
                each(record)
            } else {
                addDamage(place..<next)
            }
            place = next
            end = next
        }
    }

    /// Where the next head that lies whole in the file with its payload begins; the end when there
    /// is none.
    private static func nextHead(_ bytes: Span<UInt8>, after start: Int) -> Int {
        var place = start + 1
        while place < bytes.count,
            let found = bytes.firstIndex(of: UInt8(ascii: "T"), from: place, to: bytes.count)
        {
            if let head = ParkRecordHead(bytes, at: found),
                Int(head.length) <= bytes.count - found - ParkRecordHead.size
            {
                return found
            }
            place = found + 1
        }
        return bytes.count
    }

    private mutating func addDamage(_ range: Range<Int>) {
        if let last = damage.last, last.upperBound == range.lowerBound {
            damage[damage.count - 1] = last.lowerBound..<range.upperBound
        } else {
            damage.append(range)
        }
    }

    /// The name of the segment with this number.
    package static func name(_ number: UInt64) -> Path {
        let digits = String(number)
        return Path(
            "park-" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits)
    }

    /// The number of the segment with this name; nil when it is none.
    package static func number(_ name: Path) -> UInt64? {
        guard name.bytes.starts(with: Array("park-".utf8)),
            let number = UInt64(String(decoding: name.bytes.dropFirst(5), as: UTF8.self)),
            ParkSegment.name(number) == name
        else { return nil }
        return number
    }
}
