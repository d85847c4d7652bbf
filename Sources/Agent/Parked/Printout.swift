// What a command beside the agent prints: text safe for a terminal, tables, members of JSON.
import Bytes
import Platform

/// The output of one command on its way out, and how the command went. Used by one thread.
package struct Printout: ~Copyable {
    let surroundings: CommandSurroundings
    var out = ByteBuffer(capacity: 4096)
    /// The worst that happened.
    var result = ExitCode.done
    /// Nobody reads any more, or nothing can be written.
    private var isOver = false

    init(_ surroundings: CommandSurroundings) { self.surroundings = surroundings }

    mutating func complain(_ message: String) {
        surroundings.errors("tailproof: \(message)\n")
        result = .failed
    }

    /// Writes out what has gathered, from `least` bytes on.
    mutating func flush(from least: Int = 0) {
        if out.count <= least { return }
        if !isOver {
            do throws(SystemError) {
                try surroundings.output(out.bytes)
            } catch {
                isOver = true
                result = .failed
                // A reader that has gone is no failure to speak of.
                if !error.isBrokenPipe { complain("standard output: \(error.reason)") }
            }
        }
        out.clear()
    }

    // MARK: - For people

    /// Rows of equally many texts in columns; those that are `isRight` end below each other.
    mutating func appendTable(_ rows: [[String]], isRight: (Int) -> Bool) {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in
            rows.reduce(0) { max($0, $1[column].count) }
        }
        for row in rows {
            for (column, text) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - text.count)
                if isRight(column) { out.append(text: gap) }
                out.append(text: text)
                if column == columns - 1 { break }
                out.append(text: (isRight(column) ? "" : gap) + "  ")
            }
            out.append("\n")
            flush(from: 64 << 10)
        }
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
        timeText(seconds: time.nanoseconds / 1_000_000_000)
    }

    /// The same of seconds since 1970 UTC.
    static func timeText(seconds: Int64) -> String {
        let years = CivilTime.fourDigitYears
        var text = TimestampText()
        var buffer = ByteBuffer(capacity: 32)
        text.append(min(max(seconds, years.lowerBound), years.upperBound), to: &buffer)
        // The second is as exact as anybody needs it.
        buffer.truncate(to: 19)
        buffer.append("Z")
        return buffer.bytes.text
    }

    // MARK: - For programs

    /// A member with text for its value, behind another one.
    mutating func member(_ name: StaticString, _ value: [UInt8]) {
        begin(name)
        out.append("\"")
        out.appendEscaped(value.span)
        out.append("\"")
    }

    mutating func member(_ name: StaticString, text: String) { member(name, Array(text.utf8)) }

    mutating func member(_ name: StaticString, _ number: UInt64) {
        begin(name)
        out.append(decimal: number)
    }

    mutating func member(_ name: StaticString, _ flag: Bool) {
        begin(name)
        out.append(text: flag ? "true" : "false")
    }

    /// The name of a member whose value follows; the first of an object has no comma.
    mutating func begin(_ name: StaticString) {
        let last = out.count - 1
        if last >= 0, out.bytes[last] != UInt8(ascii: "{") { out.append(",") }
        out.append("\"")
        out.append(name)
        out.append("\":")
    }

    /// Bytes that may be no text: as `raw`, or as `raw_hex` where they are none.
    mutating func member(raw bytes: [UInt8]) {
        if bytes.span.isUTF8 {
            member("raw", bytes)
        } else {
            member("raw_hex", bytes.flatMap { [hexDigit($0 >> 4), hexDigit($0 & 15)] })
        }
    }
}
