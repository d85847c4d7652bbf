// The written form of a record of the own log: JSON for machines, text for a terminal.
import Bytes

/// How records are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Text on a terminal, else JSON.
    case auto
    case text
    case json
}

/// Writes one record, one line of at most `limit` bytes, into a buffer.
struct LogLine: ~Copyable {
    /// Bytes of a line with its newline: what a pipe takes whole or not at all (PIPE_BUF of
    /// pipe(7)).
    static let limit = 4096
    /// Bytes of a value as printed; the rest is left out and marked by `…`.
    static let longest = 1024

    var buffer = ByteBuffer(capacity: LogLine.limit)
    private let json: Bool
    private let level: LogLevel

    /// `json`: the form; `level`: the least important level written, which decides on details.
    init(json: Bool, level: LogLevel) {
        self.json = json
        self.level = level
    }

    /// Replaces the buffer's content by the record.
    mutating func write(_ event: LogEvent, _ fields: [LogField], at time: WallTime) {
        buffer.clear()
        if json {
            buffer.append("{\"@timestamp\":\"")
            append(time)
            buffer.append("\",\"log.level\":\"")
            buffer.append(text: event.level.rawValue)
            buffer.append("\",\"message\":\"")
            buffer.append(text: String(event.name))
            buffer.append("\"")
        } else {
            append(time)
            let level = event.level.rawValue.uppercased()
            buffer.append(text: " " + level + (level.count < 5 ? "  " : " ") + event.name)
        }
        for field in fields { append(field) }
        if json { buffer.append("}") }
        buffer.append("\n")
    }

    private mutating func append(_ field: LogField) {
        switch field.value {
        case .text(let text): append(field.name, quoted: text)
        case .path(let path): append(field.name, quoted: path.description)
        case .number(let number): append(field.name, plain: String(number))
        case .size(let bytes): append(field.name, "_bytes", plain: String(bytes))
        case .duration(let time): append(field.name, "_ms", plain: String(time.milliseconds))
        case .error(let error):
            append("call", quoted: error.call)
            append("code", plain: String(error.code))
            append("error", quoted: error.reason)
        case .detail(let text):
            if level == .debug { append(field.name, quoted: text) }
        }
    }

    private mutating func append(_ name: StaticString, quoted text: String) {
        let escaped = LogLine.escaped(text)
        let bare = !json && !escaped.isEmpty && !escaped.contains { " \"\\=".contains($0) }
        append(name, plain: bare ? escaped : "\"" + escaped + "\"")
    }

    /// Leaves the member out, and the record valid, where the line would grow beyond its limit.
    private mutating func append(
        _ name: StaticString, _ unit: StaticString = "", plain value: String
    ) {
        let overhead = name.utf8CodeUnitCount + unit.utf8CodeUnitCount + 6
        guard buffer.count + overhead + value.utf8.count <= LogLine.limit else { return }
        buffer.append(json ? ",\"" : " ")
        buffer.append(name)
        buffer.append(unit)
        buffer.append(json ? "\":" : "=")
        buffer.append(text: value)
    }

    /// The text as the inside of a JSON string: nothing in it can end the string, the line or a
    /// terminal's mood.
    static func escaped(_ text: String) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let part = LogLine.escaped(scalar)
            count += part.utf8.count
            if count > longest { return result + "…" }
            result += part
        }
        return result
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
            return scalar.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        default: return String(scalar)
        }
    }

    /// RFC 3339 in UTC with milliseconds. The calendar runs from March, so that the leap day ends a
    /// year.
    private mutating func append(_ time: WallTime) {
        let second = time.milliseconds / 1000
        let day = second / 86_400 + 719_468
        let era = day / 146_097
        let dayOfEra = day % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        digits(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4, "-")
        digits(month, 2, "-")
        digits(dayOfYear - (153 * march + 2) / 5 + 1, 2, "T")
        digits(second / 3600 % 24, 2, ":")
        digits(second / 60 % 60, 2, ":")
        digits(second % 60, 2, ".")
        digits(time.milliseconds % 1000, 3, "Z")
    }

    private mutating func digits(_ number: Int64, _ width: Int, _ end: StaticString) {
        let digits = String(number)
        buffer.append(text: String(repeating: "0", count: max(0, width - digits.count)) + digits)
        buffer.append(end)
    }
}
