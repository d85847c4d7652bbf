// Rules of layout: the first line, lengths of files, lines and functions, words that are not used.

enum LayoutRules {
    /// Every file begins with one line that says what it is for.
    static let purpose: Rule = { file in
        let first = file.lines.first ?? ""
        let isPurpose = first.hasPrefix("// ") && first.hasSuffix(".") && first.count > 10
        let goesOn = file.lines.count > 1 && file.lines[1].hasPrefix("//")
        return isPurpose && !goesOn
            ? [] : [Violation(file, 1, "the first line must be `// What this file is for.`, alone")]
    }

    /// At most 400 lines.
    static let fileLength: Rule = { file in
        file.lines.count <= 400
            ? [] : [Violation(file, 401, "\(file.lines.count) lines, at most 400")]
    }

    /// At most 100 columns. In tests the text of literals does not count: bytes of a log line and
    /// of a server's reply stand as they are.
    static let columns: Rule = { file in
        let lines = file.isUnder("Tests") ? file.swift.bare : file.lines
        return lines.indices.compactMap { index in
            let columns = lines[index].count
            return columns <= 100
                ? nil : Violation(file, index + 1, "\(columns) columns, at most 100")
        }
    }

    /// At most 60 lines from the line of the `func` or `init` to its closing brace.
    static let functionLength: Rule = { file in
        let code = file.swift.code
        return code.indices.compactMap { start in
            guard code[start].contains(declaresFunction),
                let end = closingBrace(of: start, in: code), end - start >= 60
            else { return nil }
            return Violation(file, start + 1, "a function of \(end - start + 1) lines, at most 60")
        }
    }

    /// Work is done, or an issue; it is not a comment.
    static let words: Rule = { file in
        file.lines.indices.compactMap { index in
            guard let match = file.lines[index].firstMatch(of: unfinished) else { return nil }
            return Violation(file, index + 1, "`\(match.0)`")
        }
    }

    /// Names say what a thing is.
    static let names: Rule = { file in
        var violations: [Violation] = []
        if file.name.contains(vague) {
            violations.append(Violation(file, 1, "the file's name says nothing"))
        }
        for (index, line) in file.swift.code.enumerated() {
            guard let match = line.firstMatch(of: declaration), match.1.contains(vague) else {
                continue
            }
            violations.append(Violation(file, index + 1, "the name `\(match.1)` says nothing"))
        }
        return violations
    }

    /// What is visible to other modules at the top level of a file is documented.
    static let documentation: Rule = { file in
        file.lines.indices.compactMap { index in
            let line = file.lines[index]
            guard line.contains(packageDeclaration) else { return nil }
            var above = index - 1
            while above >= 0, file.lines[above].hasPrefix("@") { above -= 1 }
            if above >= 0, file.lines[above].hasPrefix("///") { return nil }
            return Violation(file, index + 1, "`package` without a `///` above")
        }
    }

    private static func closingBrace(of start: Int, in code: [String]) -> Int? {
        var depth = 0
        for index in start..<code.count {
            for character in code[index] {
                if character == "{" { depth += 1 }
                if character == "}" { depth -= 1 }
                if character == "}", depth == 0 { return index }
                if depth < 0 { return nil }
            }
        }
        return nil
    }

    private static var declaresFunction: Regex<Substring> { /\bfunc\s|\bdeinit\b|\binit[?!]?[(<]/ }
    private static var unfinished: Regex<Substring> { /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/ }
    private static var vague: Regex<Substring> { /(?:Manager|Helper|Util)/ }
    private static var declaration: Regex<(Substring, Substring)> {
        /\b(?:struct|class|enum|protocol|actor|func|typealias)\s+(\w+)/
    }
    private static var packageDeclaration: Regex<Substring> {
        #/
        ^(?: @\w+ (?: \( [^)]* \) )? \s+ )*  # attributes
        package \s+ (?: \w+ \s+ )* (?: struct|class|enum|protocol|func|var|let|typealias ) \s
        /#
    }
}

extension Violation {
    init(_ file: SourceFile, _ line: Int, _ message: String) {
        self.init(path: file.path, line: line, message: message)
    }
}
