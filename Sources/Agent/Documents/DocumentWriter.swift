// From a line to the two lines of a bulk request that create its document.
import AccessLog
import Bytes
import Elastic
import Tail

/// What the bookkeeping knows of an event of one line.
package struct LineEvent: Sendable {
    /// The offset of its first byte in the file.
    package var offset: UInt64
    /// `EventID.check` of its raw bytes; the lowest bit says that its end was not seen.
    package var check: UInt16
    /// For a line longer than what is kept of one: the whole of it.
    package var whole: Whole?

    /// A line of which only the head is sent.
    package struct Whole: Sendable {
        /// Bytes of the line, without its newline.
        package var length: UInt64
        /// XXH3 of those bytes.
        package var hash: UInt64

        package init(length: UInt64, hash: UInt64) {
            self.length = length
            self.hash = hash
        }
    }

    package init(offset: UInt64, check: UInt16, whole: Whole? = nil) {
        self.offset = offset
        self.check = check
        self.whole = whole
    }

    var isTorn: Bool { check & 1 == 1 }
}

/// Writes documents, and knows the targets they go to. One for all inputs; owned by the pump.
/// Allocates nothing for a line, but when the name of a dated index changes or the body must grow.
package struct DocumentWriter: Sendable {
    /// The names behind the numbers that `append` returns.
    package private(set) var targets = TargetTable()
    private var clock = TimestampText()

    package init() {}

    /// Appends the action line and the source line of an event and returns the number of its
    /// target.
    ///
    /// - Parameters:
    ///   - line: the line without its newline and the carriage return before that.
    ///   - lastTime: seconds since 1970 UTC of the file's event before this one, at its head of the
    ///     incarnation's birth; a line without a readable time takes it; set to this event's.
    ///   - frame: of the file.
    ///   - id: of the file.
    ///   - body: grows when it must.
    package mutating func append(
        _ line: Span<UInt8>, of event: LineEvent, lastTime: inout Int64,
        frame: inout DocumentFrame, id: inout IDWriter, into body: inout ByteBuffer
    ) -> UInt16 {
        do throws(Malformed) {
            let record = try frame.template.scanner.scan(line)
            lastTime = record.time
            begin(event, record.time, &frame, &id, &body)
            record.encodeMembers(into: &body)
            if event.isTorn { body.append(",\"tags\":[\"torn\"]") }
            if record.status < 400 {
                end(event, frame, frame.template.success.span, &body)
            } else {
                end(event, frame, frame.template.failure.span, &body)
            }
        } catch {
            appendUnparsed(line, error, of: event, &lastTime, &frame, &id, &body)
        }
        return frame.target
    }

    @inline(never)
    private mutating func appendUnparsed(
        _ line: Span<UInt8>, _ error: Malformed, of event: LineEvent, _ lastTime: inout Int64,
        _ frame: inout DocumentFrame, _ id: inout IDWriter, _ body: inout ByteBuffer
    ) {
        let years = CivilTime.fourDigitYears
        lastTime = min(max(lastTime, years.lowerBound), years.upperBound)
        begin(event, lastTime, &frame, &id, &body)
        body.append(",\"message\":\"")
        body.appendEscaped(line)
        body.append("\",\"error\":{\"message\":\"")
        error.append(to: &body, format: frame.template.scanner.format)
        body.append("\"},\"tags\":[\"timestamp_inherited\"")
        if event.isTorn { body.append(",\"torn\"") }
        body.append("]")
        end(event, frame, frame.template.unparsed.span, &body)
    }

    /// The action line, and the source line up to the line's members.
    @inline(__always)
    private mutating func begin(
        _ event: LineEvent, _ time: Int64, _ frame: inout DocumentFrame, _ id: inout IDWriter,
        _ body: inout ByteBuffer
    ) {
        frame.aim(at: time, &targets)
        body.append(frame.action.span)
        id.append(offset: event.offset, check: event.check, to: &body)
        body.append("\"}}\n{\"@timestamp\":\"")
        clock.append(time, to: &body)
        body.append("\"")
    }

    /// What stands behind the line's members.
    @inline(__always)
    private func end(
        _ event: LineEvent, _ frame: borrowing DocumentFrame, _ member: Span<UInt8>,
        _ body: inout ByteBuffer
    ) {
        if let whole = event.whole {
            body.append(",\"tailproof\":{\"line\":{\"bytes\":")
            body.append(decimal: whole.length)
            body.append(",\"xxh3\":\"")
            body.append(hexadecimal: whole.hash)
            body.append("\"}}")
        }
        body.append(member)
        body.append(frame.beforeOffset.span)
        body.append(decimal: event.offset)
        if event.whole != nil { body.append(",\"flags\":[\"truncated\"]") }
        body.append(frame.template.afterOffset.span)
    }
}
