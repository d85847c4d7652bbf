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
        /// Bytes and events that are final: filtered when cut, the rest when the batch returns or
        /// later.
        package var tally: Tally
        /// Offsets of its events that have no fate yet, rising; nil while the batch is away.
        package var open: [UInt64]?

        package var isFinal: Bool { open?.isEmpty == true }
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
                tally: filtered, open: nil))
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

    /// The batch came back: all of the span's events have their fate but those at `open`, rising.
    package mutating func resolve(_ number: UInt64, _ tally: Tally, open: [UInt64] = []) {
        guard let index = spans.firstIndex(where: { $0.number == number }) else {
            preconditionFailure("a span that is not open came back")
        }
        spans[index].tally += tally
        spans[index].open = open
        if open.isEmpty { mergeFinal(index) }
    }

    /// An event that was open when its batch came back has its fate.
    package mutating func settle(_ offset: UInt64, _ tally: Tally) {
        for index in spans.indices where spans[index].start <= offset {
            guard let place = spans[index].open?.firstIndex(of: offset) else { continue }
            spans[index].open?.remove(at: place)
            spans[index].tally += tally
            if spans[index].isFinal { mergeFinal(index) }
            return
        }
        preconditionFailure("an event that is not open was settled")
    }

    /// Makes one span of a final one and its final neighbours: behind an event that stays open for
    /// long there are never more spans than open ones and the gaps between them.
    private mutating func mergeFinal(_ index: Int) {
        var first = index
        if index > 0, spans[index - 1].isFinal {
            first = index - 1
            spans[first].absorb(spans[index])
        }
        if index + 1 < spans.count, spans[index + 1].isFinal {
            spans[first].absorb(spans[index + 1])
            spans.remove(at: index + 1)
        }
        if first < index { spans.remove(at: index) }
    }

    /// Takes the final spans from the front.
    package mutating func popFinal() -> Span? {
        guard let first = spans.first, first.isFinal else { return nil }
        spans.removeFirst()
        return first
    }
}

extension Ledger.Span {
    /// Takes the next span in; both are final.
    fileprivate mutating func absorb(_ next: Ledger.Span) {
        end = next.end
        lastTime = next.lastTime
        marker = next.marker
        tally += next.tally
    }
}
