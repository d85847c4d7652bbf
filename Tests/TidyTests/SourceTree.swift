// The source tree as the rules see it: files by path, and where a rule was broken.
import Foundation
import Testing

/// One text file of the repository.
struct SourceFile: Sendable {
    /// Relative to the root of the repository.
    let path: String
    let text: String
    /// Without line ends. A final newline starts no line of its own.
    let lines: [String]
    /// In the layers of Swift source; of no use for other files.
    let swift: SwiftText

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        swift = SwiftText(path.hasSuffix(".swift") ? text : "")
    }

    /// The name without folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    func isUnder(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }
}

/// A place where a rule is broken.
struct Violation: Hashable, CustomStringConvertible {
    let path: String
    /// From 1.
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// What a rule makes of one file.
typealias Rule = @Sendable (SourceFile) -> [Violation]

enum SourceTree {
    /// The repository: two folders above the one of this file.
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of the product and of the tests.
    static let swift = files(under: ["Sources", "Tests"]).filter { $0.path.hasSuffix(".swift") }
    /// The Swift files of the product.
    static let product = swift.filter { $0.isUnder("Sources") }
    /// What the product and its build are made of, in any language.
    static let build =
        files(under: ["Sources", "Tests/Scripts", "Tests/Fuzz", ".ci", "deploy"])
        + ["Makefile", "Dockerfile", "Package.swift"].compactMap(file)
    /// Every Markdown file.
    static let documents =
        files(under: ["docs", "Config", "deploy", "Tests"]).filter { $0.path.hasSuffix(".md") }
        + entries(of: root).filter { $0.hasSuffix(".md") }.compactMap(file)

    /// A file by its path, nil when there is none or when it is not text.
    static func file(_ path: String) -> SourceFile? {
        guard let data = try? Data(contentsOf: root.appending(path: path)),
            let text = String(validating: data, as: UTF8.self)
        else { return nil }
        return SourceFile(path, text)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    private static func files(under folders: [String]) -> [SourceFile] {
        folders.flatMap { folder in
            let listed = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            return (listed?.compactMap { $0 as? String } ?? []).sorted()
                .compactMap { file(folder + "/" + $0) }
        }
    }

    private static func entries(of folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }
}

/// Fails once for each place in these files where the rule is broken, and when there are no files.
func expectTidy(
    _ files: [SourceFile], _ rule: Rule, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(!files.isEmpty, "no files to check", sourceLocation: sourceLocation)
    for violation in files.flatMap(rule) {
        Issue.record("\(violation)", sourceLocation: sourceLocation)
    }
}

/// The lines of a bad snippet that the rule points at.
func caught(_ rule: Rule, in text: String, at path: String = "Sources/Tail/Sample.swift") -> [Int] {
    rule(SourceFile(path, text)).map(\.line)
}
