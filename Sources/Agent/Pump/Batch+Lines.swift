// From the lines of a window to documents in a batch: for the pump and for `cat`.
import Bytes
import Elastic
import Tail

extension Batch {
    /// Whether no more lines go into it.
    func isFull(_ limits: Configuration.BatchLimits) -> Bool {
        body.count >= limits.bytes || events.count >= limits.lines
    }

    /// Takes whole lines until the batch is full or no more are whole. Returns what was filtered
    /// out. Everything it touches comes as an argument, so nothing is looked up for each line.
    mutating func fill(
        _ turn: inout Turn, _ window: borrowing ByteBuffer, _ writer: inout DocumentWriter,
        _ context: inout Pump.FileContext, _ lastTime: inout Int64, _ settings: PumpSettings
    ) -> Tally {
        var filtered = Tally()
        while !isFull(settings.batch), let range = turn.next(in: window) {
            let offset = turn.start + UInt64(range.lowerBound)
            let length = UInt64(range.count) + 1
            if range.count > settings.maxLine {
                context.cuts.append((offset, UInt64(range.count)))
                let head = range.lowerBound..<range.lowerBound + settings.maxLine
                let whole = LineEvent.Whole(
                    length: UInt64(range.count), hash: xxh3(window.bytes(range)))
                append(
                    window, head,
                    LineEvent(
                        offset: offset, check: EventID.check(of: window.bytes(head), torn: false),
                        whole: whole), length: length, file: turn.file, &writer, &context, &lastTime
                )
                continue
            }
            let check = EventID.check(of: window.bytes(range), torn: false)
            let line = window.line(range, isFirst: offset == 0)
            if line.isEmpty {
                filtered.add(.filtered, bytes: length)
                continue
            }
            append(
                window, range.lowerBound..<line.upperBound,
                LineEvent(offset: offset, check: check), length: length, file: turn.file, &writer,
                &context, &lastTime)
        }
        return filtered
    }

    /// Adds the document of one line, which at the head of a file may begin with a byte order mark.
    mutating func append(
        _ window: borrowing ByteBuffer, _ range: Range<Int>, _ event: LineEvent, length: UInt64,
        file: Int, _ writer: inout DocumentWriter, _ context: inout Pump.FileContext,
        _ lastTime: inout Int64
    ) {
        let start = UInt32(body.count)
        let text = event.offset == 0 ? window.withoutMark(range) : range
        let target = writer.append(
            window.bytes(text), of: event, lastTime: &lastTime, frame: &context.frame,
            id: &context.ids, into: &body)
        events.append(
            BatchEvent(
                file: UInt32(file), target: target, offset: event.offset, length: length,
                start: start))
    }
}

extension ByteBuffer {
    /// The text of a line: without the carriage return at its end and, at the head of a file,
    /// without a byte order mark.
    func line(_ range: Range<Int>, isFirst: Bool) -> Range<Int> {
        var range = range
        if let last = range.last, bytes[last] == 0x0d { range = range.lowerBound..<last }
        return isFirst ? withoutMark(range) : range
    }

    fileprivate func withoutMark(_ range: Range<Int>) -> Range<Int> {
        let (first, bytes) = (range.lowerBound, bytes)
        let isMarked =
            range.count >= 3 && bytes[first] == 0xef && bytes[first + 1] == 0xbb
            && bytes[first + 2] == 0xbf
        return isMarked ? first + 3..<range.upperBound : range
    }
}
