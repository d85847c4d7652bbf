// Rules of dependency: what each target may import, and what no source may name.

enum ImportRules {
    /// Which modules each target may import, those of the toolchain included. No others.
    static let allowed: [String: Set<String>] = [
        "Bytes": ["CLinux", "CXXHash", "Glibc"],
        "Platform": ["Bytes", "CLinux", "Glibc", "Synchronization"],
        "AccessLog": ["Bytes"],
        "Tail": ["Bytes", "CZlib", "Glibc", "Platform"],
        "Elastic": ["Bytes", "CCurl", "CISAL", "CZlib", "Glibc", "Platform", "Synchronization"],
        "Agent": [
            "AccessLog", "Bytes", "CYAML", "Elastic", "Glibc", "Platform", "Synchronization",
            "Tail",
        ],
        "tailproof": ["Agent", "CLinux", "Glibc"],
    ]

    /// A target of the product imports what the table says.
    static let imports: Rule = { file in
        let folders = file.path.split(separator: "/")
        guard folders.count > 2, folders[0] == "Sources" else { return [] }
        guard let allowed = allowed[String(folders[1])] else {
            return [Violation(file, 1, "the target \(folders[1]) is not in the table")]
        }
        return modules(of: file).compactMap { line, module in
            allowed.contains(module)
                ? nil : Violation(file, line, "\(folders[1]) must not import \(module)")
        }
    }

    /// The scripted server judges the agent, so it shares no code with it but zlib's.
    static let stranger: Rule = { file in
        let product = Set(allowed.keys).union(allowed.values.joined()).union(["TestKit"])
            .subtracting(["CZlib", "Glibc", "Synchronization"])
        return modules(of: file).compactMap { line, module in
            product.contains(module)
                ? Violation(file, line, "a judge must not import \(module)") : nil
        }
    }

    /// What is built is the same everywhere: no path of one machine, no architecture.
    static let places: Rule = { file in
        file.lines.enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: place) else { return nil }
            return Violation(file, index + 1, "`\(match.0)` is not the same everywhere")
        }
    }

    private static func modules(of file: SourceFile) -> [(line: Int, module: String)] {
        file.swift.code.enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: importLine) else { return nil }
            return (index + 1, String(match.1))
        }
    }

    private static var importLine: Regex<(Substring, Substring)> {
        #/
        ^\s* (?: @\w+ (?: \( [^)]* \) )? \s+ | \w+ \s+ )*?  # attributes, access
        import \s+ (?: (?: struct|class|enum|protocol|func|var|let|typealias ) \s+ )? (\w+)
        /#
    }
    private static var place: Regex<Substring> {
        /\/work\/|\/root\/|-march\b|\b(?:x86|amd64|arm64|aarch64)(?:\b|_)/.ignoresCase()
    }
}
