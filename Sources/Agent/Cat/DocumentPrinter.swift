// From the bytes of one input after another to documents on standard output.
import Bytes
import Elastic
import Platform
import Tail

/// Where documents go. Throws what makes more of them pointless.
package typealias DocumentSink = (Span<UInt8>) throws(SystemError) -> Void

/// Reads inputs to their ends through one window and one batch. Owned by one thread.
package struct DocumentPrinter: ~Copyable {
    private let settings: PumpSettings
    private let rendering: Rendering
    private let sink: DocumentSink
    private var writer = DocumentWriter()
    private var batch: Batch
    private var text: ByteBuffer
    /// The bytes that no line was made of yet, and room for a read; of a long line its head.
    private var window: ByteBuffer
    /// Changes places with the window, so that the rest of one moves to the front of the other.
    private var spare: ByteBuffer

    /// Small enough to stay in the cache, documents and all.
    private static let step = 64 << 10

    /// The first of the settings' templates makes the documents.
    package init(settings: PumpSettings, rendering: Rendering, sink: @escaping DocumentSink) {
        self.settings = settings
        self.rendering = rendering
        self.sink = sink
        batch = Batch(number: 0, bytes: Pump.capacity(settings), lines: settings.batch.lines)
        text = ByteBuffer(capacity: Pump.capacity(settings))
        window = ByteBuffer(capacity: settings.maxLine + Self.step + 1)
        spare = ByteBuffer(capacity: settings.maxLine + Self.step + 1)
    }

    /// What came of an input.
    package struct Outcome: Equatable, Sendable {
        /// Bytes of it that became documents, those within a gzip.
        package var bytes: UInt64
        /// Why there are no more; nil at its end.
        package var failure: ReadFailure?

        package init(bytes: UInt64 = 0, failure: ReadFailure? = nil) {
            self.bytes = bytes
            self.failure = failure
        }
    }

    /// One input, as far as it is read.
    private struct Input {
        var context: Pump.FileContext
        /// Time of the last line, seconds since 1970.
        var lastTime: Int64
        /// The offset of the window's first byte.
        var start: UInt64 = 0
        /// No newline stands in the window before this place.
        var searched = 0
        /// A line of which more was seen than is kept: the window begins with its head.
        var long: LongRest?
    }

    private struct LongRest {
        let hash = StreamingHash()
        /// Bytes of the line so far.
        var length: UInt64
    }

    /// Prints the documents of all that can be read. A last line without its newline is a line:
    /// nothing will follow it. Cut off by a failure, it is marked torn. Throws what the sink does.
    package mutating func print<Source: ByteSource & ~Copyable>(
        _ source: inout Source, path: Path, incarnation: Incarnation
    ) throws(SystemError) -> Outcome {
        var input = Input(
            context: Pump.FileContext(
                frame: DocumentFrame(settings.templates[0], path: path, input: 0),
                ids: IDWriter(incarnation)), lastTime: incarnation.birthMilliseconds / 1000)
        var outcome = Outcome()
        window.clear()
        var isAtEnd = false
        while !isAtEnd {
            let before = window.count
            do throws(ReadFailure) {
                isAtEnd = try source.read(upTo: Self.step, into: &window) == 0
            } catch {
                outcome.failure = error
                isAtEnd = true
            }
            outcome.bytes += UInt64(window.count - before)
            try takeLines(&input)
        }
        try finish(&input, isTorn: outcome.failure != nil)
        return outcome
    }

    private mutating func takeLines(_ input: inout Input) throws(SystemError) {
        var turn = Turn(
            file: 0, start: input.start, line: 0, search: input.searched, end: window.count,
            atEnd: false)
        if let long = input.long {
            guard let next = takeLongLine(long, &input) else { return }
            turn = next
        }
        repeat {
            _ = batch.fill(
                &turn, window, &writer, &input.context, &input.lastTime, settings)
        } while try flushIfFull()
        input.context.cuts.removeAll()
        try flush()
        keep(turn, &input)
    }

    /// The line's further bytes; the lines behind it once its end is among them.
    private mutating func takeLongLine(_ long: LongRest, _ input: inout Input) -> Turn? {
        let head = settings.maxLine
        let newline = window.bytes.firstIndex(of: 0x0a, from: head, to: window.count)
        let end = newline ?? window.count
        long.hash.update(window.bytes(head..<end))
        // The window's bytes behind the head lie so much further on in the file.
        let start = input.start + long.length - UInt64(head)
        input.long?.length += UInt64(end - head)
        guard let newline else {
            window.truncate(to: head)
            return nil
        }
        append(0..<head, isTorn: false, &input)
        input.long = nil
        return Turn(
            file: 0, start: start, line: newline + 1, search: newline + 1, end: window.count,
            atEnd: false)
    }

    /// Moves what is left to the front of the window.
    private mutating func keep(_ turn: Turn, _ input: inout Input) {
        let rest = turn.line..<turn.end
        input.start = turn.offset
        input.searched = rest.count
        var kept = rest
        if rest.count > settings.maxLine {
            let long = LongRest(length: UInt64(rest.count))
            long.hash.update(window.bytes(rest))
            input.long = long
            kept = rest.lowerBound..<rest.lowerBound + settings.maxLine
        }
        if kept == 0..<window.count { return }
        spare.clear()
        copy(kept, of: window, to: &spare)
        swap(&window, &spare)
    }

    private mutating func finish(_ input: inout Input, isTorn: Bool) throws(SystemError) {
        if isTorn || input.long != nil {
            if window.count > 0 { append(0..<window.count, isTorn: isTorn, &input) }
            try flush()
        } else if window.count > 0 {
            window.append(0x0a as UInt8)
            try takeLines(&input)
        }
    }

    /// Adds the document of a line that `fill` cannot take.
    private mutating func append(_ range: Range<Int>, isTorn: Bool, _ input: inout Input) {
        let whole = input.long.map { LineEvent.Whole(length: $0.length, hash: $0.hash.value) }
        let check = EventID.check(of: window.bytes(range), torn: isTorn)
        batch.append(
            window, range, LineEvent(offset: input.start, check: check, whole: whole),
            length: UInt64(range.count), file: 0, &writer, &input.context, &input.lastTime)
    }

    /// Prints a full batch; true when it was one.
    private mutating func flushIfFull() throws(SystemError) -> Bool {
        guard batch.isFull(settings.batch) else { return false }
        try flush()
        return true
    }

    private mutating func flush() throws(SystemError) {
        if batch.events.isEmpty { return }
        text.clear()
        render(batch, rendering, into: &text)
        try sink(text.bytes)
        batch.clear(keeping: Pump.capacity(settings))
    }
}

// Functions of their own: a span of one property forbids changing another beside it.

private func copy(
    _ range: Range<Int>, of window: borrowing ByteBuffer, to other: inout ByteBuffer
) {
    other.append(window.bytes(range))
}

private func render(
    _ batch: borrowing Batch, _ rendering: Rendering, into text: inout ByteBuffer
) {
    rendering.append(batch.body.bytes, to: &text)
}
