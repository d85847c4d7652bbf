// Counts, sizes and durations, each with its unit and its bounds.

extension ValueKind where Value == Int {
    /// A whole number without a unit.
    static func count(_ bounds: ClosedRange<Int>) -> ValueKind {
        let expected = "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
        return .word(expected, write: { .plain($0) }) { word throws(Refusal) in
            try checkLeadingZero(word)
            guard let digits = digits(of: word), digits.unit.isEmpty else {
                throw Refusal("expected \(expected), found \(quoted(word))")
            }
            return try within(bounds, digits.number, word, expected)
        }
    }

    /// Bytes: a whole number and `KiB`, `MiB`, `GiB`, `KB`, `MB`, `GB`, `B` or nothing.
    static func size(_ bounds: ClosedRange<Int>) -> ValueKind {
        let limits = "\(sizeText(bounds.lowerBound)) to \(sizeText(bounds.upperBound))"
        let expected = "a size from " + limits
        return .word(expected, write: { .plain(sizeText($0)) }) { word throws(Refusal) in
            let bytes = try product(word, sizeUnits, expected, example: "4MiB")
            return try within(bounds, bytes.map(Int.init), word, expected)
        }
    }
}

extension ValueKind where Value == Duration {
    /// A whole number and `ms`, `s`, `m` or `h`.
    static func duration(_ bounds: ClosedRange<Duration>) -> ValueKind {
        let limits = "\(durationText(bounds.lowerBound)) to \(durationText(bounds.upperBound))"
        let expected = "a duration from " + limits
        return .word(expected, write: { .plain(durationText($0)) }) { word throws(Refusal) in
            try checkedDuration(from: word, within: bounds)
        }
    }
}

/// A duration as keys and options take it: a whole number and `ms`, `s`, `m` or `h`.
func checkedDuration(
    from word: String, within bounds: ClosedRange<Duration>
) throws(Refusal) -> Duration {
    let limits = "\(durationText(bounds.lowerBound)) to \(durationText(bounds.upperBound))"
    let expected = "a duration from " + limits
    let time = try product(word, durationUnits, expected, example: "500ms")
    return try within(bounds, time.map { .milliseconds($0) }, word, expected)
}

private let sizeUnits: KeyValuePairs<String, Int64> = [
    "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "GB": 1_000_000_000, "MB": 1_000_000,
    "KB": 1000, "B": 1, "": 1,
]

private let durationUnits: KeyValuePairs<String, Int64> = [
    "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1,
]

/// Bytes with the largest binary unit that leaves a whole number.
func sizeText(_ bytes: Int) -> String {
    for (unit, factor) in sizeUnits.prefix(3) where bytes != 0 && Int64(bytes) % factor == 0 {
        return "\(Int64(bytes) / factor)\(unit)"
    }
    return String(bytes)
}

/// A duration with the largest unit that leaves a whole number; whole milliseconds only.
func durationText(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    if milliseconds == 0 { return "0s" }
    for (unit, factor) in durationUnits where milliseconds % factor == 0 {
        return "\(milliseconds / factor)\(unit)"
    }
    return "\(milliseconds)ms"
}

/// A word's leading digits, as a number unless it is out of range, and the rest.
private func digits(of word: String) -> (number: Int?, unit: String)? {
    let digits = word.utf8.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return nil }
    let text = String(Substring(digits))
    return (Int(text), String(word.utf8.dropFirst(digits.count)) ?? "")
}

/// Refuses `010`, which is eight to one reader of YAML and ten to another.
private func checkLeadingZero(_ word: String) throws(Refusal) {
    let bytes = Array(word.utf8.prefix(2))
    guard bytes.first == 0x30, let next = bytes.last, bytes.count == 2, (0x30...0x39).contains(next)
    else { return }
    throw Refusal("\(quoted(word)) begins with 0; write the number without it")
}

/// The number times its unit; nil when that is beyond all bounds.
private func product(
    _ word: String, _ units: KeyValuePairs<String, Int64>, _ expected: String, example: String
) throws(Refusal) -> Int64? {
    try checkLeadingZero(word)
    guard let parts = digits(of: word) else {
        throw Refusal("expected \(expected), such as \(example), found \(quoted(word))")
    }
    guard let factor = units.first(where: { $0.key == parts.unit })?.value else {
        if parts.unit.isEmpty { throw Refusal("\(quoted(word)) needs a unit, as in \(example)") }
        let names = units.map(\.key).filter { !$0.isEmpty }
        let problem = "unknown unit \(quoted(parts.unit)); "
        if let meant = nearestName(to: parts.unit, among: names) {
            throw Refusal(problem + "did you mean \"\(meant)\"?")
        }
        throw Refusal(problem + "units are " + names.joined(separator: ", ") + ", as in \(example)")
    }
    guard let number = parts.number else { return nil }
    let (value, overflow) = Int64(number).multipliedReportingOverflow(by: factor)
    return overflow ? nil : value
}

/// The value if it lies in the bounds; nil is beyond them.
private func within<Value: Comparable>(
    _ bounds: ClosedRange<Value>, _ value: Value?, _ word: String, _ expected: String
) throws(Refusal) -> Value {
    if let value, bounds.contains(value) { return value }
    let problem = value.map { $0 < bounds.lowerBound } == true ? "small" : "large"
    throw Refusal("\(quoted(word)) is too \(problem); expected \(expected)")
}
