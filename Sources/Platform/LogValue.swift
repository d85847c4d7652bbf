// What a record of the own log may carry: a closed set of types, none for secrets or lines.

/// One named value of a record. There is no case for bytes of a line, and none for a secret.
package struct LogField: Sendable {
    package let name: StaticString
    package let value: LogValue

    /// A word or name: a target, a type of the server's, a version. Cut at `LogLine.longest`,
    /// escaped.
    package static func text(_ name: StaticString, _ text: String) -> LogField {
        LogField(name: name, value: .text(text))
    }
    /// A path under the name `path`.
    package static func path(_ path: Path) -> LogField { .path("path", path) }
    package static func path(_ name: StaticString, _ path: Path) -> LogField {
        LogField(name: name, value: .path(path))
    }
    package static func number(_ name: StaticString, _ number: some BinaryInteger) -> LogField {
        LogField(name: name, value: .number(Int64(clamping: number)))
    }
    /// A count of bytes; its name gets the suffix `_bytes`.
    package static func size(_ name: StaticString, _ bytes: some BinaryInteger) -> LogField {
        LogField(name: name, value: .size(Int64(clamping: bytes)))
    }
    /// A span of time; its name gets the suffix `_ms`.
    package static func duration(_ name: StaticString, _ duration: Duration) -> LogField {
        LogField(name: name, value: .duration(duration))
    }
    /// A failed system call: members `call`, `code` and `error`.
    package static func error(_ error: SystemError) -> LogField {
        LogField(name: "error", value: .error(error))
    }
    /// Words that may quote a line, such as the server's `reason`: written when the level is debug,
    /// else left out.
    package static func detail(_ name: StaticString, _ text: String) -> LogField {
        LogField(name: name, value: .detail(text))
    }
}

/// The types of values that have a printable form.
package enum LogValue: Sendable {
    case text(String)
    case path(Path)
    case number(Int64)
    case size(Int64)
    case duration(Duration)
    case error(SystemError)
    case detail(String)
}
