// The whole state as bytes: a header that proves itself, then items (docs/state-format.md).
import Bytes

/// What the state says beside its files.
package struct VolumeRecord: Equatable, Sendable {
    /// `NODE_NAME` or the host name: found elsewhere, the volume was cloned.
    package var home: String
    /// 16 random bytes: `agent.id` in documents.
    package var agentID: [UInt8]
    /// The files of the very first scan are all in the state: `start: end` no longer applies.
    package var firstScanDone = false
    /// The sum of the tallies of files that are gone.
    package var retired = Tally()
    /// Items that a newer version wrote: kept as they are.
    package var unknown: [StateItem] = []

    package init(home: String, agentID: [UInt8]) {
        self.home = home
        self.agentID = agentID
    }
}

/// The header of a slot: 64 bytes before the payload.
package struct StateHeader: Equatable, Sendable {
    package static let size = 64
    /// Version of the format that this agent writes, and the oldest it can read.
    package static let format: UInt32 = 1
    static let magic: [UInt8] = Array("TAILPRF\n".utf8)

    /// Version that wrote the slot, and the oldest version that can read it.
    package var format = StateHeader.format
    package var oldestReader: UInt32 = 1
    /// Counts images; of two slots the higher valid one is the state.
    package var generation: UInt64
    /// Births up to this sequence number are in the payload.
    package var births: UInt64
    package var payloadLength: UInt64
    package var payloadHash: UInt64

    package init(generation: UInt64, births: UInt64, payload: Span<UInt8>) {
        self.generation = generation
        self.births = births
        payloadLength = UInt64(payload.count)
        payloadHash = xxh3(payload)
    }

    /// The header's bytes: magic, six integers, their XXH3, zeros up to 64.
    package var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: StateHeader.size)
        buffer.append(StateHeader.magic)
        buffer.append(littleEndian: format)
        buffer.append(littleEndian: oldestReader)
        buffer.append(littleEndian: generation)
        buffer.append(littleEndian: births)
        buffer.append(littleEndian: payloadLength)
        buffer.append(littleEndian: payloadHash)
        let hash = xxh3(buffer.bytes)
        buffer.append(littleEndian: hash)
        while buffer.count < StateHeader.size { buffer.append(0 as UInt8) }
        return buffer.array
    }

    /// The header in the first 64 bytes; nil when they are none.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= StateHeader.size else { return nil }
        var reader = StateReader(bytes)
        for byte in StateHeader.magic {
            guard reader.integer(UInt8.self) == byte else { return nil }
        }
        guard let format = reader.integer(UInt32.self),
            let oldestReader = reader.integer(UInt32.self),
            let generation = reader.integer(UInt64.self), let births = reader.integer(UInt64.self),
            let length = reader.integer(UInt64.self), let payload = reader.integer(UInt64.self)
        else { return nil }
        let hash = xxh3(bytes.extracting(0..<reader.place))
        guard reader.integer(UInt64.self) == hash else { return nil }
        self.format = format
        self.oldestReader = oldestReader
        self.generation = generation
        self.births = births
        payloadLength = length
        payloadHash = payload
    }
}

/// The payload of a slot: the volume's record, then every file's.
package enum StatePayload {
    /// The tags of a payload's items. Public format: never reused, only added to.
    private enum Tag {
        static let home: UInt8 = 1
        static let agentID: UInt8 = 2
        static let firstScanDone: UInt8 = 3
        static let retired: UInt8 = 4
        static let file: UInt8 = 5
    }

    package static func append(_ volume: VolumeRecord, to buffer: inout ByteBuffer) {
        buffer.append(item: Tag.home, Array(volume.home.utf8))
        buffer.append(item: Tag.agentID, volume.agentID)
        buffer.append(item: Tag.firstScanDone, UInt8(volume.firstScanDone ? 1 : 0))
        buffer.append(item: Tag.retired, volume.retired.encoded)
        for item in volume.unknown { buffer.append(item: item.tag, item.bytes) }
    }

    /// `scratch` saves an allocation for each record; its content is overwritten.
    package static func append(
        _ record: FileRecord, scratch: inout ByteBuffer, to buffer: inout ByteBuffer
    ) {
        scratch.clear()
        record.append(to: &scratch)
        buffer.append(Tag.file)
        buffer.append(littleEndian: UInt32(scratch.count))
        buffer.append(scratch.bytes)
    }

    /// What a payload says; nil when it is none. A births page holds files alone: `volume` is nil
    /// there.
    package static func decode(
        _ bytes: Span<UInt8>
    ) -> (volume: VolumeRecord?, records: [FileRecord])? {
        var reader = StateReader(bytes)
        var volume = VolumeRecord(home: "", agentID: [])
        var hasHome = false
        var records: [FileRecord] = []
        while !reader.isAtEnd {
            guard let item = reader.item() else { return nil }
            let content = bytes.extracting(item.range)
            switch item.tag {
            case Tag.home:
                volume.home = content.text
                hasHome = true
            case Tag.agentID: volume.agentID = content.array
            case Tag.firstScanDone: volume.firstScanDone = content.count == 1 && content[0] != 0
            case Tag.retired:
                guard let tally = Tally(encoded: content) else { return nil }
                volume.retired = tally
            case Tag.file:
                guard let record = FileRecord(content) else { return nil }
                records.append(record)
            default: volume.unknown.append(StateItem(tag: item.tag, bytes: content.array))
            }
        }
        return (hasHome && volume.agentID.count == 16 ? volume : nil, records)
    }
}
