// What one question of `check --connect` came to.

/// A row of what is printed.
struct ConnectionFinding {
    enum Result: String {
        case good = "ok"
        case failed
        /// These credentials may not know, and need not.
        case unknown
    }

    let host: String
    let check: String
    /// The index, data stream or pipeline; nil: the host itself.
    let subject: String?
    let result: Result
    let detail: String
    /// What to do.
    let remedy: String?

    var json: JSONValue {
        [
            "host": .text(host), "check": .text(check),
            "subject": subject.map { .text($0) } ?? .null, "result": .text(result.rawValue),
            "detail": .text(detail), "remedy": remedy.map { .text($0) } ?? .null,
        ]
    }
}
