// The park: segments, records, actions, notes of any bytes; what is accepted comes back.
import Bytes
import Tail

extension FuzzTarget {
    /// The first byte chooses: 0 a payload whose hashes are made right, 1 an action line, 2 notes,
    /// else a whole segment.
    static let park = FuzzTarget(name: "park") { input in
        guard input.count > 0 else { return }
        let bytes = input.extracting(1...)
        switch input[0] {
        case 0: payload(bytes)
        case 1: _ = PostedAction(bytes)
        case 2: notes(bytes)
        default: segment(bytes)
        }
    }

    private static func payload(_ bytes: Span<UInt8>) {
        let record = ParkRecord(payload: bytes)
        var whole = ByteBuffer(capacity: bytes.count + 128)
        ParkHeader(number: 1, firstLine: 1).append(to: &whole)
        ParkRecordHead(payload: bytes).append(to: &whole, at: UInt64(ParkHeader.size))
        whole.append(bytes)
        var found: [ParkRecord] = []
        let content = ParkSegment(whole.bytes) { found.append($0) }
        precondition(found == [record].compactMap(\.self))
        precondition(content.damage.isEmpty == (record != nil))
        precondition(content.end == whole.count)
        guard let record else { return }
        whole.clear()
        ParkHeader(number: 1, firstLine: 1).append(to: &whole)
        record.append(to: &whole, at: UInt64(ParkHeader.size))
        var again: [ParkRecord] = []
        _ = ParkSegment(whole.bytes) { again.append($0) }
        precondition(again == [record])
    }

    private static func segment(_ bytes: Span<UInt8>) {
        var records = 0
        let content = ParkSegment(bytes) { _ in records += 1 }
        precondition(content.records == records)
        precondition(content.end <= bytes.count)
        var place = 0
        for range in content.damage {
            precondition(range.lowerBound >= place && !range.isEmpty)
            precondition(range.upperBound <= bytes.count)
            place = range.upperBound
        }
        // Cut where the next record would go, it reads the same, and has no torn end.
        var kept: [UInt64] = []
        let cut = ParkSegment(bytes.extracting(0..<content.end)) { kept.append($0.number) }
        precondition(kept.count == records)
        precondition(cut.end == content.end)
    }

    private static func notes(_ bytes: Span<UInt8>) {
        let retries = ParkRetries(bytes)
        for case let note? in retries.places {
            precondition(retries.contains(note.number, key: note.key))
        }
        guard bytes.count >= 26 else { return }
        let note = ParkNote(
            number: bytes.word(at: 0), key: bytes.word(at: 8), time: .init(nanoseconds: 1),
            status: UInt16(bytes[24]))
        var buffer = ByteBuffer(capacity: 40)
        note.append(to: &buffer)
        precondition(ParkNote(buffer.bytes) == note)
    }
}
