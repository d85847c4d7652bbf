// The tree obeys the rules, and each rule catches what it is there for.
import Testing

@Suite struct LayoutTests {
    @Test func `every file begins with what it is for`() {
        expectTidy(SourceTree.swift, LayoutRules.purpose)
        #expect(caught(LayoutRules.purpose, in: "import Bytes\n") == [1])
        #expect(caught(LayoutRules.purpose, in: "// placeholder\n") == [1])
        #expect(caught(LayoutRules.purpose, in: "// One line here.\n// And another.\n") == [1])
        #expect(caught(LayoutRules.purpose, in: "// What it is for.\nimport Bytes\n") == [])
    }

    @Test func `no file has more than 400 lines`() {
        expectTidy(SourceTree.swift, LayoutRules.fileLength)
        #expect(caught(LayoutRules.fileLength, in: text(lines: 401)) == [401])
        #expect(caught(LayoutRules.fileLength, in: text(lines: 400)) == [])
    }

    @Test func `no line has more than 100 columns`() {
        expectTidy(SourceTree.swift, LayoutRules.columns)
        let comment = "// " + String(repeating: "ä", count: 98)
        let literal = "let line = \"" + String(repeating: "x", count: 98) + "\""
        #expect(caught(LayoutRules.columns, in: comment) == [1])
        #expect(caught(LayoutRules.columns, in: comment, at: "Tests/A/A.swift") == [1])
        #expect(caught(LayoutRules.columns, in: literal) == [1])
        #expect(caught(LayoutRules.columns, in: literal, at: "Tests/A/A.swift") == [])
    }

    @Test func `no function of the product has more than 60 lines`() {
        expectTidy(SourceTree.product, LayoutRules.functionLength)
        for head in ["func f()", "init(a: Int)", "init?()", "deinit"] {
            let long = "\(head) {\n" + text(lines: 59) + "}\n"
            let longest = "\(head) {\n" + text(lines: 58) + "}\n"
            #expect(caught(LayoutRules.functionLength, in: "// A.\n" + long) == [2])
            #expect(caught(LayoutRules.functionLength, in: "// A.\n" + longest) == [])
        }
        let requirement = "protocol A {\nfunc f()\n}\n" + text(lines: 70) + "enum B {}\n"
        #expect(caught(LayoutRules.functionLength, in: requirement) == [])
    }

    @Test func `nothing is marked as unfinished`() {
        expectTidy(SourceTree.swift, LayoutRules.words)
        for word in ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"] {
            #expect(caught(LayoutRules.words, in: "let a = 1\n// \(word): more\n") == [2])
        }
        #expect(caught(LayoutRules.words, in: "mkdtemp(\"/tmp/aXXXXXX\")") == [])
    }

    @Test func `names say what a thing is`() {
        expectTidy(SourceTree.swift, LayoutRules.names)
        #expect(caught(LayoutRules.names, in: "// A.\nstruct FileManager {}\n") == [2])
        #expect(caught(LayoutRules.names, in: "func openHelper() {}\n") == [1])
        #expect(caught(LayoutRules.names, in: "", at: "Sources/Tail/PathUtils.swift") == [1])
        #expect(caught(LayoutRules.names, in: "FileManager.default.currentDirectoryPath") == [])
    }

    @Test func `what other modules see at the top level is documented`() {
        expectTidy(SourceTree.product, LayoutRules.documentation)
        #expect(caught(LayoutRules.documentation, in: "// A.\npackage struct A {}\n") == [2])
        #expect(caught(LayoutRules.documentation, in: "/// A.\n\npackage func f() {}\n") == [3])
        let attributed = "/// A.\n@frozen\n@safe package struct A: ~Copyable {}\n"
        #expect(caught(LayoutRules.documentation, in: attributed) == [])
        #expect(caught(LayoutRules.documentation, in: "@safe package final class A {}\n") == [1])
    }

    private func text(lines: Int) -> String { String(repeating: "a()\n", count: lines) }
}

@Suite struct SafetyTests {
    private let path = "Sources/Platform/Sample.swift"

    @Test func `unsafe code stands in few files and says why it is right`() {
        expectTidy(SourceTree.product, SafetyRules.unsafe)
        let explained = "// Safety: it is.\nlet a = unsafe f()\n"
        #expect(caught(SafetyRules.unsafe, in: explained, at: "Sources/Tail/A.swift") == [2])
        #expect(caught(SafetyRules.unsafe, in: explained, at: path) == [])
        #expect(caught(SafetyRules.unsafe, in: "let a = unsafe f()\n", at: path) == [1])
        #expect(caught(SafetyRules.unsafe, in: "let a = \"unsafe\"  // unsafe\n", at: path) == [])
        let global = "nonisolated(unsafe) var a = 1\n"
        #expect(caught(SafetyRules.unsafe, in: global, at: path) == [1])
    }

    @Test func `one safety comment holds for the uses that follow at once in the function`() {
        let block = "// Safety: it is,\n// for two lines.\n" + lines("a()\nunsafe f()\n", 5)
        #expect(caught(SafetyRules.unsafe, in: block, at: path) == [])
        let far = block + lines("a()\n", 5) + "unsafe f()\n"
        #expect(caught(SafetyRules.unsafe, in: far, at: path) == [18])
        let other = block + "}\n\nfunc g() {\nunsafe f()\n"
        #expect(caught(SafetyRules.unsafe, in: other, at: path) == [16])
        let inside = "unsafe f {\n// Safety: it is.\nunsafe g()\n}\n"
        #expect(caught(SafetyRules.unsafe, in: inside, at: path) == [])
    }

    private func lines(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    @Test func `the compiler is overruled about threads in few files`() {
        expectTidy(SourceTree.product, SafetyRules.unchecked)
        let promise = "final class A: @unchecked Sendable {}\n"
        #expect(caught(SafetyRules.unchecked, in: promise) == [1])
        #expect(caught(SafetyRules.unchecked, in: promise, at: path) == [])
    }
}

@Suite struct DependencyTests {
    @Test func `each target imports what the table says`() {
        expectTidy(SourceTree.product, ImportRules.imports)
        #expect(caught(ImportRules.imports, in: "// A.\nimport Elastic\n") == [2])
        #expect(caught(ImportRules.imports, in: "import Platform\nimport Bytes\n") == [])
        let elastic = "Sources/Elastic/A.swift"
        #expect(caught(ImportRules.imports, in: "import Tail\n", at: elastic) == [1])
        let line = "Sources/AccessLog/A.swift"
        #expect(caught(ImportRules.imports, in: "import Platform\n", at: line) == [1])
        for target in ImportRules.allowed.keys {
            let path = "Sources/\(target)/A.swift"
            for module in ["Foundation", "FoundationEssentials", "Dispatch"] {
                #expect(caught(ImportRules.imports, in: "import \(module)\n", at: path) == [1])
            }
        }
        #expect(caught(ImportRules.imports, in: "", at: "Sources/New/A.swift") == [1])
    }

    @Test(arguments: [
        "@preconcurrency import Elastic", "import struct Elastic.Batch", "internal import Elastic",
        "@_spi(A) package import Elastic", "  import Elastic",
    ])
    func `an import in any dress is seen`(line: String) {
        #expect(caught(ImportRules.imports, in: line) == [1])
    }

    @Test func `the scripted server shares no code with the agent`() {
        expectTidy(
            SourceTree.swift.filter { $0.isUnder("Tests/ScriptedServer") }, ImportRules.stranger)
        let path = "Tests/ScriptedServer/A.swift"
        for module in ["Bytes", "Elastic", "CCurl", "TestKit", "tailproof"] {
            #expect(caught(ImportRules.stranger, in: "import \(module)\n", at: path) == [1])
        }
        #expect(caught(ImportRules.stranger, in: "import Foundation\nimport CZlib\n") == [])
    }

    @Test func `what is built names no machine and no architecture`() {
        expectTidy(SourceTree.build, ImportRules.places)
        for text in ["cd /work/a", "-I/root/b", "-march=native", "lib/x86_64-linux", "if ARM64"] {
            #expect(caught(ImportRules.places, in: text, at: "Makefile") == [1])
        }
        #expect(caught(ImportRules.places, in: "frameworks/root", at: "Makefile") == [])
    }
}

@Suite struct DocumentTests {
    @Test func `every link in a document leads somewhere`() {
        expectTidy(SourceTree.documents, DocumentRules.links)
        #expect(links("[a](Tests/TidyTests/Nothing.swift)") == [1])
        #expect(links("see [a](CONTRIBUTING.md#nothing-at-all) there") == [1])
        #expect(links("[a](LICENSE) [b](https://example.org/) [c](#a-heading)\n# A heading") == [])
        #expect(links("[a](../LICENSE)", at: "docs/a.md") == [])
        #expect(links("[a](LICENSE)", at: "docs/a.md") == [1])
        #expect(links("```\n[a](nothing)\n```\n[b](nothing)") == [4])
    }

    @Test func `every command of the documents is in the Makefile`() {
        expectTidy(SourceTree.documents, DocumentRules.targets)
        #expect(caught(DocumentRules.targets, in: "run `make everything`\n", at: "a.md") == [1])
        #expect(caught(DocumentRules.targets, in: "```sh\nmake nothing\n```\n", at: "a.md") == [2])
        #expect(caught(DocumentRules.targets, in: "make sure, `make test`\n", at: "a.md") == [])
        #expect(DocumentRules.makeTargets.isSuperset(of: ["demo", "test", "build", "help"]))
    }

    private func links(_ text: String, at path: String = "a.md") -> [Int] {
        caught(DocumentRules.links, in: text, at: path)
    }
}
