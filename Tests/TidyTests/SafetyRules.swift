// Rules of memory and thread safety: where unsafe code may stand, and what it must say.

enum SafetyRules {
    /// The files that may hold unsafe code; a trailing `*` stands for the rest of a path.
    static let unsafeFiles = [
        "Sources/Bytes/ByteBuffer*", "Sources/Bytes/Search.swift", "Sources/Bytes/Hash.swift",
        "Sources/Platform/*", "Sources/Elastic/Deflater*", "Sources/Elastic/CurlTransport*",
        "Sources/Agent/Configuration/YAML*",
    ]

    /// The files that may promise to the compiler what it cannot see about threads.
    static let uncheckedFiles = [
        "Sources/Bytes/ByteBuffer.swift", "Sources/Platform/*", "Sources/Elastic/Deflater*",
        "Sources/Elastic/CurlTransport*",
    ]

    /// `unsafe` stands in few files, and close below a `// Safety:` line. Uses at most three lines
    /// apart share one.
    static let unsafe: Rule = { file in
        let text = file.swift
        let isAllowed = matches(file.path, unsafeFiles)
        var covered = Int.min / 2
        var violations: [Violation] = []
        for (index, line) in text.code.enumerated() {
            if text.comments[index].contains("// Safety:") { covered = index + 2 }
            guard line.contains(/\bunsafe\b/) else { continue }
            if !isAllowed {
                violations.append(Violation(file, index + 1, "`unsafe` is not for this file"))
            } else if index > covered + 3 {
                violations.append(
                    Violation(file, index + 1, "`unsafe` without a `// Safety:` line"))
            }
            if index <= covered + 3 { covered = max(covered, index) }
        }
        return violations
    }

    static let unchecked: Rule = { file in
        guard !matches(file.path, uncheckedFiles) else { return [] }
        return file.swift.code.enumerated().compactMap { index, line in
            line.contains(/@unchecked\s+Sendable/)
                ? Violation(file, index + 1, "`@unchecked Sendable` is not for this file") : nil
        }
    }

    private static func matches(_ path: String, _ patterns: [String]) -> Bool {
        patterns.contains { pattern in
            pattern.hasSuffix("*") ? path.hasPrefix(pattern.dropLast()) : path == pattern
        }
    }
}
