// What of a file is on its way: spans between the committed offset and the read position.
import Platform

/// The spans of one file that have been cut into batches, in the order of the file. A span is final
/// when each of its events is; the committed offset passes spans only from the front, so it never
/// passes an event whose fate is open, and a restart goes on where time and marker are known
/// exactly.
package struct Ledger: Sendable {
    /// A run of whole events of one file in one batch.
    package struct Span: Sendable {
        /// Names the span while it is open.
        package let number: UInt64
        package let start: UInt64
        package var end: UInt64
        /// Time of the last event in it, seconds since 1970.
        package var lastTime: Int64
        /// XXH3 of the bytes before `end`.
        package var marker: UInt64
        /// Bytes and events that are final: filtered when cut, the rest when the batch returns.
        package var tally: Tally
        package var isFinal: Bool
    }

    package private(set) var spans: [Span] = []
    private var next: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { spans.isEmpty }

    /// Notes a span that was cut; returns its number.
    package mutating func open(
        from start: UInt64, to end: UInt64, lastTime: Int64, marker: UInt64, filtered: Tally
    ) -> UInt64 {
        precondition(start <= end && (spans.last?.end ?? start) <= start)
        next += 1
        spans.append(
            Span(
                number: next, start: start, end: end, lastTime: lastTime, marker: marker,
                tally: filtered, isFinal: false))
        return next
    }

    /// More of the file went into the same batch, right behind the last span.
    package mutating func extendLast(
        to end: UInt64, lastTime: Int64, marker: UInt64, filtered: Tally
    ) {
        let last = spans.count - 1
        precondition(last >= 0 && !spans[last].isFinal && spans[last].end <= end)
        spans[last].end = end
        spans[last].lastTime = lastTime
        spans[last].marker = marker
        spans[last].tally += filtered
    }

    /// Every event of the span has its final fate.
    package mutating func finish(_ number: UInt64, _ tally: Tally) {
        guard let index = spans.firstIndex(where: { $0.number == number }) else {
            preconditionFailure("a span that is not open came back")
        }
        spans[index].tally += tally
        spans[index].isFinal = true
    }

    /// Takes the final spans from the front.
    package mutating func popFinal() -> Span? {
        guard let first = spans.first, first.isFinal else { return nil }
        spans.removeFirst()
        return first
    }
}
