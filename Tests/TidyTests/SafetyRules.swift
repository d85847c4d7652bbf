// Rules of memory and thread safety: where unsafe code may stand, and what it must say.

enum SafetyRules {
    /// The files that may hold unsafe code; a trailing `*` stands for the rest of a path.
    static let unsafeFiles = [
        "Sources/Bytes/ByteBuffer*", "Sources/Bytes/Search.swift", "Sources/Bytes/Hash.swift",
        "Sources/Platform/*", "Sources/Elastic/Deflater*", "Sources/Elastic/CurlTransport*",
        "Sources/Elastic/Secret.swift",
        "Sources/Tail/Inflater.swift", "Sources/Agent/Configuration/YAML*",
    ]

    /// The files that may promise to the compiler what it cannot see about threads.
    static let uncheckedFiles = [
        "Sources/Bytes/ByteBuffer.swift", "Sources/Bytes/Hash.swift", "Sources/Platform/*",
        "Sources/Elastic/Deflater*", "Sources/Elastic/Secret.swift",
        "Sources/Elastic/CurlTransport*", "Sources/Tail/Inflater.swift",
        "Sources/Tail/GzipReader.swift", "Sources/Agent/Inspection/UnpackedFiles.swift",
    ]

    /// `unsafe` stands in few files, at most five lines below a `// Safety:` comment, or just above
    /// one that opens the block. Uses at most five lines apart within a function share one.
    static let unsafe: Rule = { file in
        let (code, comments) = (file.swift.code, file.swift.comments)
        let isAllowed = matches(file.path, unsafeFiles)
        var explained = Int.min / 2
        return code.indices.compactMap { index in
            let isComment = code[index].allSatisfy { $0 == " " } && !file.lines[index].isEmpty
            if comments[index].contains("// Safety:") || isComment && explained == index - 1 {
                explained = index
            }
            if explained < index - 1, code[index].contains(/\bfunc\s|\bdeinit\b|\binit\b/) {
                explained = Int.min / 2
            }
            guard code[index].contains(/\bunsafe\b/) else { return nil }
            guard isAllowed else {
                return Violation(file, index + 1, "`unsafe` is not for this file")
            }
            let below = comments[index...].prefix(3).contains { $0.contains("// Safety:") }
            guard below || index <= explained + 5 else {
                return Violation(file, index + 1, "`unsafe` without a `// Safety:` comment")
            }
            explained = index
            return nil
        }
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
