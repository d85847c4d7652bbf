// Rules of the documents: links lead somewhere, and the commands they name exist.
import Foundation

enum DocumentRules {
    /// Every relative link leads to a file, and its fragment to a heading of it.
    static let links: Rule = { file in
        outsideFences(file).flatMap { index, line in
            line.matches(of: link).compactMap { match in
                let target = String(match.1)
                guard !target.contains(/^[a-z]+:/) else { return nil }
                return leads(target, from: file)
                    ? nil : Violation(file, index + 1, "the link \(target) leads nowhere")
            }
        }
    }

    /// Every `make` target named in code exists.
    static let targets: Rule = { file in
        let known = makeTargets
        let isProse = Set(outsideFences(file).map(\.index))
        return file.lines.enumerated().flatMap { index, line in
            let code = isProse.contains(index) ? line.matches(of: span).map(\.1) : [line[...]]
            return code.flatMap { $0.matches(of: make) }.map { String($0.1) }
                .filter { !known.contains($0) }
                .map { Violation(file, index + 1, "the Makefile has no target `\($0)`") }
        }
    }

    /// The targets of the Makefile.
    static let makeTargets: Set<String> = {
        let lines = SourceTree.file("Makefile")?.lines ?? []
        return Set(lines.compactMap { $0.firstMatch(of: /^([a-z-]+):/).map { String($0.1) } })
    }()

    private static func leads(_ target: String, from file: SourceFile) -> Bool {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
        let normal = (("/\(folder)/\(parts[0])" as NSString).standardizingPath as String)
            .dropFirst()
        guard parts[0].isEmpty || SourceTree.exists(String(normal)) else { return false }
        guard parts.count == 2, parts[0].isEmpty || normal.hasSuffix(".md") else { return true }
        let document = parts[0].isEmpty ? file : SourceTree.file(String(normal))
        return document.map { anchors(of: $0).contains(String(parts[1])) } ?? false
    }

    /// The anchors that a forge makes of a document's headings.
    private static func anchors(of file: SourceFile) -> Set<String> {
        Set(
            outsideFences(file).map(\.line).filter { $0.hasPrefix("#") }.map { heading in
                heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
                    .filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                    .replacing(" ", with: "-")
            })
    }

    /// The lines that stand in no fenced block.
    private static func outsideFences(_ file: SourceFile) -> [(index: Int, line: String)] {
        var isFenced = false
        return file.lines.enumerated().compactMap { index, line in
            let isFence = line.trimmingCharacters(in: .whitespaces).hasPrefix("```")
            if isFence { isFenced.toggle() }
            return isFence || isFenced ? nil : (index, line)
        }
    }

    private static var link: Regex<(Substring, Substring)> { /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/ }
    private static var span: Regex<(Substring, Substring)> { /`([^`]+)`/ }
    private static var make: Regex<(Substring, Substring)> { /\bmake +([a-z][a-z-]*)/ }
}
