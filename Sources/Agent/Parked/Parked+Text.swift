// How a parked line is written: its members as JSON, its bytes for a terminal.
import Bytes
import Platform
import Tail

extension Parked {
    /// The members that `list` and `show` have in common, without braces.
    mutating func appendMembers(of record: ParkRecord, isRetried: Bool) {
        let line = record.line
        out.append("\"number\":")
        out.append(decimal: record.number)
        member("time", Array(Parked.timeText(line.time).utf8))
        member("path", line.path.bytes)
        out.append(",\"offset\":")
        out.append(decimal: line.offset)
        out.append(",\"length\":")
        out.append(decimal: line.length)
        out.append(",\"status\":")
        out.append(decimal: UInt64(line.status))
        member("type", Array(line.type.utf8))
        member("target", Array(PostedAction(line.posted.span).index.utf8))
        out.append(isRetried ? ",\"retried\":true" : ",\"retried\":false")
    }

    /// A member with text for its value, behind another one.
    mutating func member(_ name: StaticString, _ value: [UInt8]) {
        out.append(",\"")
        out.append(name)
        out.append("\":\"")
        out.appendEscaped(value.span)
        out.append("\"")
    }

    /// Text of strangers, safe for a terminal.
    static func printable(_ bytes: [UInt8]) -> String {
        var buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(printable: bytes.span)
        return buffer.bytes.text
    }

    static func printable(_ text: String) -> String { printable(Array(text.utf8)) }

    /// `2026-11-21T15:07:58Z`.
    static func timeText(_ time: WallTime) -> String {
        let years = CivilTime.fourDigitYears
        let seconds = time.nanoseconds / 1_000_000_000
        var text = TimestampText()
        var buffer = ByteBuffer(capacity: 32)
        text.append(min(max(seconds, years.lowerBound), years.upperBound), to: &buffer)
        // The second is as exact as anybody needs it.
        buffer.truncate(to: 19)
        buffer.append("Z")
        return buffer.bytes.text
    }
}
