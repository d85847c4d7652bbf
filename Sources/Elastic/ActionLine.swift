// The id in an action line, and whether a reply speaks of the same.
import Bytes

/// The first line of an event in a bulk body, as the pump writes it:
/// `{"create":{"_index":"…","_id":"…"}}`. The id is the last member and has 32 characters of
/// base64url, which no JSON writer escapes.
package enum ActionLine {
    /// Characters of an id.
    package static let idLength = 32

    /// The place of the id in an event's lines (its action line and what follows); nil when they do
    /// not begin with an action line of ours.
    package static func id(in lines: Span<UInt8>) -> Range<Int>? {
        guard let newline = lines.firstIndex(of: 0x0a, from: 0, to: lines.count) else {
            return nil
        }
        let end = newline - 3
        let start = end - idLength
        let prefix: StaticString = #""_id":""#
        guard start >= prefix.utf8CodeUnitCount, lines.holds("\"}}\n", at: end),
            lines.holds(prefix, at: start - prefix.utf8CodeUnitCount)
        else { return nil }
        return start..<end
    }
}

extension BulkItem {
    /// Whether the reply names another id for this item than its event was sent with: something
    /// between us and the index gives ids of its own, and a resend would be stored twice. False
    /// where the reply names none. `reply` is the body the item was read from, `lines` are the
    /// event's lines as sent.
    package func namesForeignID(_ reply: Span<UInt8>, sent lines: Span<UInt8>) -> Bool {
        if id.isEmpty { return false }
        guard let place = ActionLine.id(in: lines) else { return true }
        let named = reply.extracting(Int(id.lowerBound)..<Int(id.upperBound))
        let sent = lines.extracting(place)
        guard named.count == sent.count else { return true }
        for index in sent.indices where named[index] != sent[index] { return true }
        return false
    }
}
