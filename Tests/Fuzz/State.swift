// The state: headers, payloads and pages of any bytes; what is accepted comes back as it was.
import Bytes
import Tail

extension FuzzTarget {
    /// The first byte chooses: 0 a header, 1 a payload, 2 a page whose hash is made right, 3 any
    /// page, else a tally.
    static let state = FuzzTarget(name: "state") { input in
        guard input.count > 0 else { return }
        let bytes = input.extracting(1...)
        switch input[0] {
        case 0: header(bytes)
        case 1: payload(bytes)
        case 2: if bytes.count <= BirthPage.room { page(bytes) }
        case 3: _ = BirthPage.decode(bytes)
        default: tally(bytes)
        }
    }

    private static func header(_ bytes: Span<UInt8>) {
        guard let header = StateHeader(bytes) else { return }
        precondition(StateHeader(header.encoded.span) == header)
    }

    private static func payload(_ bytes: Span<UInt8>) {
        guard let content = StatePayload.decode(bytes) else { return }
        for record in content.records {
            precondition(record.base <= record.committed)
            precondition(record.marker.offset <= record.committed)
            precondition(record.headLength <= UInt64(FileRecord.headLimit))
        }
        var buffer = ByteBuffer(capacity: bytes.count)
        var scratch = ByteBuffer(capacity: 256)
        if let volume = content.volume { StatePayload.append(volume, to: &buffer) }
        for record in content.records {
            StatePayload.append(record, scratch: &scratch, to: &buffer)
        }
        guard let again = StatePayload.decode(buffer.bytes) else {
            fatalError("a payload that was accepted is refused when it is written again")
        }
        precondition(again.volume == content.volume)
        precondition(again.records == content.records)
    }

    private static func page(_ bytes: Span<UInt8>) {
        let page = BirthPage.encode(sequence: UInt64(bytes.count), payload: bytes)
        let content = BirthPage.decode(page.bytes)
        let expected = StatePayload.decode(bytes)
        precondition((content == nil) == (expected == nil))
        guard let content, let expected else { return }
        precondition(content.sequence == UInt64(bytes.count))
        precondition(content.records == expected.records)
    }

    private static func tally(_ bytes: Span<UInt8>) {
        guard let tally = Tally(encoded: bytes) else { return }
        precondition(Tally(encoded: tally.encoded.span) == tally)
    }
}
