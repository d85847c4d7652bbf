// Paths, patterns, hosts and the names of data: words with rules.
import Bytes
import Platform

extension ValueKind where Value == Path {
    /// A directory of our own.
    static var directory: ValueKind {
        .word("an absolute path", write: { .text($0.bytes.span.text) }) { word throws(Refusal) in
            let path = try absolute(word)
            guard word.utf8.contains(where: { $0 != UInt8(ascii: "/") }) else {
                throw Refusal("the root directory is no place for state")
            }
            return path
        }
    }

    /// A pattern of files to read.
    static var pattern: ValueKind {
        .word("an absolute pattern", write: { .text($0.bytes.span.text) }) { word throws(Refusal) in
            if word.hasSuffix("/") {
                throw Refusal("names a directory; add a pattern of file names, such as \"*.log\"")
            }
            return try glob(absolute(word), word)
        }
    }

    /// A pattern of files to leave alone: of names, or with a slash of whole paths.
    static var exclusion: ValueKind {
        let expected = "a pattern of names or an absolute pattern"
        return .word(expected, write: { .text($0.bytes.span.text) }) { word throws(Refusal) in
            try glob(word.contains("/") ? absolute(word) : bounded(word), word)
        }
    }
}

private func bounded(_ word: String) throws(Refusal) -> Path {
    if word.isEmpty { throw Refusal("a path must not be empty") }
    if word.utf8.contains(0) { throw Refusal("a path holds no NUL byte") }
    if word.utf8.count > 4095 { throw Refusal("longer than the 4095 bytes of a path") }
    return Path(word)
}

private func absolute(_ word: String) throws(Refusal) -> Path {
    let path = try bounded(word)
    guard word.hasPrefix("/") else {
        throw Refusal("\(quoted(word)) is not absolute; a path begins with \"/\"")
    }
    if word.split(separator: "/").contains(where: { $0 == ".." || $0 == "." }) {
        throw Refusal("\".\" and \"..\" are not supported in a path")
    }
    return path
}

private func glob(_ path: Path, _ word: String) throws(Refusal) -> Path {
    if word.contains("**") {
        throw Refusal("\"**\" is not supported; a pattern matches within one directory level")
    }
    return path
}

extension ValueKind where Value == String {
    /// The address of a server. Nothing of it is ever printed: it may hold a password by mistake.
    static var host: ValueKind {
        .word("http://host:port", write: { .text($0) }) { word throws(Refusal) in
            try HostAddress.checked(word)
        }
    }

    /// The middle part of a data stream's name.
    static var dataset: ValueKind {
        let expected = "a name in lower case without dashes"
        return .word(expected, write: { .text($0) }) { word throws(Refusal) in
            if let problem = problemOfName(word) { throw Refusal(problem) }
            if word.contains("-") {
                throw Refusal(
                    "a dataset has no \"-\": it separates the parts of a data stream's name")
            }
            if word.utf8.count > 100 { throw Refusal("longer than the 100 bytes of a dataset") }
            return word
        }
    }

    /// The name of a data stream (`dated` false) or an index, with its placeholders.
    static func target(dated: Bool) -> ValueKind {
        let dates = dated ? ", %{dataset} and dates such as %{yyyy.MM.dd}" : " and %{dataset}"
        return .word("a name in lower case" + dates, write: { .text($0) }) { word throws(Refusal) in
            if let problem = validateTarget(word, dated: dated) { throw Refusal(problem) }
            return word
        }
    }
}

/// What is wrong with the name of a data stream or, `dated`, an index; nil: nothing. Checks the
/// characters and placeholders; what they expand to is for the encoder.
func validateTarget(_ pattern: String, dated: Bool) -> String? {
    if pattern.utf8.count > 128 { return "longer than 128 bytes" }
    var literal = ""
    var rest = Substring(pattern)
    while let start = rest.firstIndex(of: "%") {
        literal += rest[..<start]
        guard rest[start...].hasPrefix("%{"), let end = rest[start...].firstIndex(of: "}") else {
            return "\"%\" begins a placeholder such as %{dataset}"
        }
        let name = rest[rest.index(start, offsetBy: 2)..<end]
        if let problem = problemOfPlaceholder(String(name), dated: dated) { return problem }
        literal += "x"
        rest = rest[rest.index(after: end)...]
    }
    return problemOfName(literal + rest)
}

private func problemOfPlaceholder(_ name: String, dated: Bool) -> String? {
    if name == "dataset" { return nil }
    let parts = name.split(omittingEmptySubsequences: false) { ".-_".contains($0) }
    let isDate = parts.allSatisfy { ["yyyy", "MM", "dd", "HH"].contains($0) }
    if isDate { return dated ? nil : "a data stream has no date in its name; the server adds one" }
    let known = dated ? "%{dataset} and parts of a date: yyyy, MM, dd, HH" : "%{dataset}"
    return "unknown placeholder \(quoted(name)); known: \(known)"
}

/// What Elasticsearch would not take in the name of an index.
private func problemOfName(_ name: String) -> String? {
    guard let first = name.first else { return "a name must not be empty" }
    if "-_+.".contains(first) { return "a name must not begin with \"\(first)\"" }
    for scalar in name.unicodeScalars {
        if "\\/*?\"<>| ,#:".unicodeScalars.contains(scalar) || scalar.value < 0x20
            || scalar == "\u{7F}"
        {
            return "a name must not contain \(quoted(String(scalar)))"
        }
        if scalar.properties.isUppercase { return "a name must be in lower case" }
    }
    return nil
}
