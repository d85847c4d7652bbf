// The action line of a bulk request: where its document goes and what it is called.
import Bytes

/// What the first line of a parked document says.
package struct PostedAction: Sendable, Equatable {
    /// The values of `_index` and `_id`; empty where the line has none.
    package private(set) var index = ""
    package private(set) var id: [UInt8] = []

    /// Reads the line that the bytes begin with. Of bytes that are none index and id stay empty.
    package init(_ posted: Span<UInt8>) {
        let end = posted.firstIndex(of: UInt8(ascii: "\n"), from: 0, to: posted.count)
        let line = posted.extracting(0..<(end ?? posted.count))
        var scanner = JSONScanner(line)
        do throws(JSONError) {
            try read(&scanner)
        } catch {
            index = ""
            id = []
        }
    }

    /// The event that the id names; nil where it is none of ours.
    package var eventID: EventID? { EventID(text: id.span) }

    private mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.next() == .beginObject, case .key? = try scanner.next(),
            try scanner.next() == .beginObject
        else { return }
        while case .key(let key)? = try scanner.next() {
            let isIndex = scanner.matches(key, "_index")
            let isID = scanner.matches(key, "_id")
            let value = try scanner.next()
            if value == .beginObject || value == .beginArray { try scanner.leave() }
            guard case .string(let text)? = value, isIndex || isID else { continue }
            var decoded = ByteBuffer(capacity: text.range.count)
            scanner.decode(text, into: &decoded)
            if isIndex { index = decoded.bytes.text } else { id = decoded.array }
        }
        _ = try scanner.next()
        _ = try scanner.next()
    }
}

extension ParkedLine {
    /// XXH3 of the document's id (of all that was posted, where that has none): what tells two
    /// parked lines apart.
    package var key: UInt64 {
        let id = PostedAction(posted.span).id
        return id.isEmpty ? xxh3(posted.span) : xxh3(id.span)
    }
}
