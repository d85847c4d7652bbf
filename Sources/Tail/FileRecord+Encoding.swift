// A file's record as bytes: tagged fields, unknown ones kept (docs/state-format.md).
import Bytes
import Platform

extension FileRecord {
    /// The tags of a record's fields. Public format: never reused, only added to.
    private enum Tag {
        static let incarnation: UInt8 = 1
        static let base: UInt8 = 2
        static let device: UInt8 = 3
        static let inode: UInt8 = 4
        static let birth: UInt8 = 5
        static let generation: UInt8 = 6
        static let size: UInt8 = 7
        static let modified: UInt8 = 8
        static let headHash: UInt8 = 9
        static let headLength: UInt8 = 10
        static let markerOffset: UInt8 = 11
        static let markerHash: UInt8 = 12
        static let committed: UInt8 = 13
        static let lastTime: UInt8 = 14
        static let tally: UInt8 = 15
        static let path: UInt8 = 16
        static let origin: UInt8 = 17
        static let flags: UInt8 = 18
        // 19 stands in an example of a newer version's field.
        static let packedSize: UInt8 = 20
        static let waypointOffset: UInt8 = 21
        static let waypointHash: UInt8 = 22
        static let startHash: UInt8 = 23
    }

    package func append(to buffer: inout ByteBuffer) {
        buffer.append(Tag.incarnation)
        buffer.append(littleEndian: UInt32(16))
        incarnation.append(to: &buffer)
        buffer.append(item: Tag.base, base)
        buffer.append(item: Tag.device, device)
        buffer.append(item: Tag.inode, inode)
        buffer.append(item: Tag.birth, birth)
        buffer.append(item: Tag.generation, generation)
        buffer.append(item: Tag.size, size)
        buffer.append(item: Tag.modified, modified)
        buffer.append(item: Tag.headHash, headHash)
        buffer.append(item: Tag.headLength, headLength)
        buffer.append(item: Tag.markerOffset, marker.offset)
        buffer.append(item: Tag.markerHash, marker.hash)
        buffer.append(item: Tag.committed, committed)
        if let lastTime { buffer.append(item: Tag.lastTime, lastTime) }
        buffer.append(item: Tag.tally, tally.encoded)
        buffer.append(item: Tag.path, path.bytes)
        if origin != path { buffer.append(item: Tag.origin, origin.bytes) }
        if flags != 0 { buffer.append(item: Tag.flags, flags) }
        if packedSize != 0 { buffer.append(item: Tag.packedSize, packedSize) }
        if waypoint.offset != 0 {
            buffer.append(item: Tag.waypointOffset, waypoint.offset)
            buffer.append(item: Tag.waypointHash, waypoint.hash)
        }
        if let startHash { buffer.append(item: Tag.startHash, startHash) }
        for item in unknown { buffer.append(item: item.tag, item.bytes) }
    }

    /// The record in these bytes; nil when they are none.
    package init?(_ bytes: Span<UInt8>) {
        var reader = StateReader(bytes)
        var incarnation: Incarnation?
        var path: Path?
        var origin: Path?
        self.init(incarnation: Incarnation(high: 0, low: 0), path: "")
        while !reader.isAtEnd {
            guard let item = reader.item() else { return nil }
            let field = bytes.extracting(item.range)
            switch item.tag {
            case Tag.incarnation: incarnation = Incarnation(bytes: field)
            case Tag.path: path = Path(bytes: field.array)
            case Tag.origin: origin = Path(bytes: field.array)
            case Tag.tally:
                guard let decoded = Tally(encoded: field) else { return nil }
                tally = decoded
            default:
                guard setInteger(item.tag, field) else { return nil }
            }
        }
        guard let incarnation, let path else { return nil }
        guard base <= committed, marker.offset <= committed, headLength <= FileRecord.headLimit
        else { return nil }
        if waypoint.offset == 0 { waypoint = Marker() }
        self.incarnation = incarnation
        self.path = path
        self.origin = origin ?? path
    }

    /// Takes a field that holds one integer, or keeps what is unknown; false when the width is
    /// wrong.
    private mutating func setInteger(_ tag: UInt8, _ field: Span<UInt8>) -> Bool {
        guard
            (Tag.base...Tag.flags).contains(tag)
                || (Tag.packedSize...Tag.startHash).contains(tag)
        else {
            unknown.append(StateItem(tag: tag, bytes: field.array))
            return true
        }
        var reader = StateReader(field)
        guard field.count == 8, let value = reader.integer(UInt64.self) else { return false }
        switch tag {
        case Tag.base: base = value
        case Tag.device: device = value
        case Tag.inode: inode = value
        case Tag.birth: birth = Int64(bitPattern: value)
        case Tag.generation: generation = value
        case Tag.size: size = value
        case Tag.modified: modified = Int64(bitPattern: value)
        case Tag.headHash: headHash = value
        case Tag.headLength: headLength = value
        case Tag.markerOffset: marker.offset = value
        case Tag.markerHash: marker.hash = value
        case Tag.committed: committed = value
        case Tag.lastTime: lastTime = Int64(bitPattern: value)
        case Tag.packedSize: packedSize = value
        case Tag.waypointOffset: waypoint.offset = value
        case Tag.waypointHash: waypoint.hash = value
        case Tag.startHash: startHash = value
        default: flags = value
        }
        return true
    }
}

extension Tally {
    /// For each outcome that counted anything: its number, events, bytes (1 + 8 + 8 bytes).
    package var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: 64)
        for index in 0..<16 where events[index] != 0 || bytes[index] != 0 {
            buffer.append(UInt8(index))
            buffer.append(littleEndian: events[index])
            buffer.append(littleEndian: bytes[index])
        }
        return buffer.array
    }

    package init?(encoded: Span<UInt8>) {
        self.init()
        var reader = StateReader(encoded)
        while !reader.isAtEnd {
            guard let index = reader.integer(UInt8.self), index < 16,
                let events = reader.integer(UInt64.self), let bytes = reader.integer(UInt64.self)
            else { return nil }
            self.events[Int(index)] = events
            self.bytes[Int(index)] = bytes
        }
    }
}
