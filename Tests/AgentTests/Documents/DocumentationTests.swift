// docs/documents.md says what the code writes.
import Agent
import Bytes
import Foundation
import Tail
import Testing

/// The dotted names of all values of a JSON object.
private func names(_ object: [String: Any], under prefix: String = "") -> Set<String> {
    object.reduce(into: []) { names, member in
        let name = prefix + member.key
        if let inner = member.value as? [String: Any] {
            names.formUnion(AgentTests.names(inner, under: name + "."))
        } else {
            names.insert(name)
        }
    }
}

private func names(of source: String) throws -> Set<String> {
    let json = try JSONSerialization.jsonObject(with: Data(source.utf8))
    return names(try #require(json as? [String: Any]))
}

@Suite("Documentation of documents")
struct DocumentationTests {
    private let page: [String]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "docs/documents.md"), encoding: .utf8)
        page = text.components(separatedBy: "\n")
    }

    /// The lines between a fence that begins with these characters and its end.
    private func block(_ fence: String) throws -> [String] {
        let start = try #require(page.firstIndex(of: fence))
        return Array(page[(start + 1)...].prefix { $0 != "```" })
    }

    /// The names in the first column of the table under a heading.
    private func table(_ heading: String) throws -> Set<String> {
        let start = try #require(page.firstIndex(of: "## " + heading))
        let rows = page[(start + 1)...].prefix { !$0.hasPrefix("## ") }.filter {
            $0.hasPrefix("| `")
        }
        let names = rows.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
        #expect(Set(names).count == names.count)
        return Set(names)
    }

    @Test func `the example is what its line becomes`() throws {
        let line = try #require(try block("```").first)
        var bench = try DocumentBench()
        let source = bench.lines(line, offset: 4711).source
        var out = ByteBuffer(capacity: 0)
        PrettyPrinter(isColoured: false).append(Array(source.utf8).span, to: &out)
        #expect(out.bytes.text == (try block("```json")).joined(separator: "\n"))
    }

    @Test func `a line with everything has all fields of the line and of the file`() throws {
        let expected = try table("Fields that come from the line")
            .union(table("Fields that are the same for a file"))
        var bench = try DocumentBench()
        #expect(try names(of: bench.lines(try #require(try block("```").first)).source) == expected)
    }

    @Test func `odd lines have the fields of odd lines and no other new ones`() throws {
        let odd = try table("Fields of odd lines")
        let known = try odd.union(table("Fields that are the same for a file")).union(["@timestamp"]
        )
        var bench = try DocumentBench()
        let whole = LineEvent.Whole(length: 1, hash: 2)
        let unparsed = try names(of: bench.lines("x", torn: true, whole: whole).source)
        #expect(unparsed == known.subtracting(["event.type"]))
    }

    @Test func `with an index, what is said to be absent is absent`() throws {
        let constant = try table("Fields that are the same for a file")
        let absent = Set(
            page.filter { $0.hasSuffix("absent with `index` |") }.map {
                String($0.dropFirst(3).prefix { $0 != "`" })
            })
        var bench = try DocumentBench(target: .index("access"))
        let found = try names(of: bench.lines(sampleLine).source)
        #expect(!absent.isEmpty)
        #expect(found.intersection(constant) == constant.subtracting(absent))
    }
}
