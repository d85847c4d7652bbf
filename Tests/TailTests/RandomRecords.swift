// Records of files and volumes with random content, as wide as the format allows.
import Bytes
import Platform
import Tail

extension RandomNumberGenerator {
    /// As often small as large.
    mutating func integer() -> UInt64 {
        next() >> UInt64.random(in: 0...63, using: &self)
    }

    mutating func bytes(_ count: Range<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self)
        }
    }

    mutating func item(tags: [UInt8]) -> StateItem {
        StateItem(tag: tags.randomElement(using: &self) ?? 0, bytes: bytes(0..<30))
    }

    mutating func tally() -> Tally {
        var tally = Tally()
        for outcome in Outcome.allCases where Bool.random(using: &self) {
            tally.add(outcome, events: integer(), bytes: integer())
        }
        return tally
    }

    mutating func record() -> FileRecord {
        var record = FileRecord(
            incarnation: Incarnation(high: next(), low: next()), path: Path(bytes: bytes(1..<60)))
        record.committed = integer()
        record.base = UInt64.random(in: 0...record.committed, using: &self)
        record.device = integer()
        record.inode = integer()
        record.birth = Int64(bitPattern: next())
        record.generation = integer()
        record.size = integer()
        record.modified = Int64(bitPattern: next())
        record.headHash = next()
        record.headLength = UInt64.random(in: 0...1024, using: &self)
        record.marker = Marker(
            offset: UInt64.random(in: 0...record.committed, using: &self), hash: next())
        if Bool.random(using: &self) { record.lastTime = Int64(bitPattern: next()) }
        record.tally = tally()
        if Bool.random(using: &self) { record.origin = Path(bytes: bytes(1..<60)) }
        if Bool.random(using: &self) {
            record.packedSize = integer()
            record.waypoint = Marker(
                offset: UInt64.random(in: 0...record.committed, using: &self), hash: next())
            if record.waypoint.offset == 0 { record.waypoint = Marker() }
        }
        if Bool.random(using: &self) { record.startHash = next() }
        record.flags = Bool.random(using: &self) ? next() : 0
        for _ in 0..<Int.random(in: 0...2, using: &self) {
            record.unknown.append(item(tags: [0, 19] + Array(24...255)))
        }
        return record
    }

    mutating func volume() -> VolumeRecord {
        var volume = VolumeRecord(
            home: String(integer(), radix: 36) + "-ü", agentID: bytes(16..<17))
        volume.firstScanDone = Bool.random(using: &self)
        volume.retired = tally()
        for _ in 0..<Int.random(in: 0...2, using: &self) {
            volume.unknown.append(item(tags: [0] + Array(6...255)))
        }
        return volume
    }
}

/// The payload of an image.
func payload(_ volume: VolumeRecord, _ records: [FileRecord]) -> ByteBuffer {
    var buffer = ByteBuffer(capacity: 1024)
    var scratch = ByteBuffer(capacity: 1024)
    StatePayload.append(volume, to: &buffer)
    for record in records { StatePayload.append(record, scratch: &scratch, to: &buffer) }
    return buffer
}

/// The payload of a births page.
func payload(births records: [FileRecord]) -> ByteBuffer {
    var buffer = ByteBuffer(capacity: 1024)
    var scratch = ByteBuffer(capacity: 1024)
    for record in records { StatePayload.append(record, scratch: &scratch, to: &buffer) }
    return buffer
}

// The expectations of a test cannot hold a span: these take arrays.

func decodedRecord(_ bytes: [UInt8]) -> FileRecord? { FileRecord(bytes.span) }

func decodedHeader(_ bytes: [UInt8]) -> StateHeader? { StateHeader(bytes.span) }

func decodedTally(_ bytes: [UInt8]) -> Tally? { Tally(encoded: bytes.span) }

func decodedPage(_ bytes: [UInt8]) -> (sequence: UInt64, records: [FileRecord])? {
    BirthPage.decode(bytes.span)
}

func decodedPayload(_ bytes: [UInt8]) -> (volume: VolumeRecord?, records: [FileRecord])? {
    StatePayload.decode(bytes.span)
}
