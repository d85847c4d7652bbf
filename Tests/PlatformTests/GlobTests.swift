// Which names a pattern takes, against a table.
import Platform
import Testing

@Suite("Glob") struct GlobTests {
    private static let table: [(pattern: Path, path: Path, isMatch: Bool)] = [
        ("/logs/*.log", "/logs/a.log", true),
        ("/logs/*.log", "/logs/.log", false),
        ("/logs/*.log", "/logs/.a.log", false),
        ("/logs/.*.log", "/logs/.a.log", true),
        ("/logs/?.log", "/logs/.log", false),
        ("/logs/[.]a", "/logs/.a", false),
        ("/logs/*.log", "/logs/a/b.log", false),
        ("/logs/*.log", "/logs/a.log.1", false),
        ("/logs/*", "/logs/a.log.1", true),
        ("/logs/*/a.log", "/logs/x/a.log", true),
        ("/logs/*/a.log", "/logs/.x/a.log", false),
        ("/logs/*/a.log", "/logs/a.log", false),
        // Two stars are one: they do not go down the tree.
        ("/logs/**/a.log", "/logs/x/a.log", true),
        ("/logs/**/a.log", "/logs/x/y/a.log", false),
        ("/logs/**/a.log", "/logs/a.log", false),
        ("/logs/**.log", "/logs/a.log", true),
        ("/logs/a?.log", "/logs/ab.log", true),
        ("/logs/a?.log", "/logs/a.log", false),
        ("/logs/a?b", "/logs/a/b", false),
        ("/logs/[ab].log", "/logs/b.log", true),
        ("/logs/[!ab].log", "/logs/b.log", false),
        ("/logs/[!ab].log", "/logs/c.log", true),
        ("/logs/[a-c]*", "/logs/bx", true),
        ("/logs/[a-c]*", "/logs/d", false),
        ("/logs/[[:digit:]].log", "/logs/7.log", true),
        ("/logs/[", "/logs/[", true),
        ("/logs/[a", "/logs/[a", true),
        ("/logs/a\\*", "/logs/a\\b", true),
        ("/logs/a\\*", "/logs/a*", false),
        ("/logs/access.log", "/logs/access.log", true),
        ("/logs/access.log", "/logs/accessXlog", false),
        ("/logs//*.log", "/logs/a.log", true),
        ("/logs/./a.log", "/logs/a.log", false),
        // Without a slash it is the name that counts, in whatever directory.
        ("*.tmp", "/logs/deep/a.tmp", true),
        ("*.tmp", "a.tmp", true),
        ("*.tmp", "/logs/.a.tmp", false),
        ("a.log", "/logs/a.log", true),
        ("logs/*.log", "logs/a.log", true),
        ("logs/*.log", "/logs/a.log", false),
        ("/logs/ä*", "/logs/äöü.log", true),
        ("/*", "/a", true),
        ("/*", "/a/b", false),
    ]

    @Test("whole paths", arguments: table)
    func paths(pattern: Path, path: Path, isMatch: Bool) {
        #expect(Glob(pattern).matches(path) == isMatch)
    }

    @Test("names that are no text")
    func bytes() {
        #expect(
            Glob("/logs/*.log").matches(
                Path(bytes: Array("/logs/\u{7}".utf8) + [0xff] + Array(".log".utf8))))
        #expect(!Glob("/logs/a.log").matches(Path(bytes: Array("/logs/a".utf8) + [0xff])))
    }

    @Test("the fixed part and the components behind it")
    func parts() {
        let table: [(Path, root: Path, components: [Path])] = [
            ("/logs/*.log", "/logs", ["*.log"]),
            ("/logs/a.log", "/logs", ["a.log"]),
            ("/var/*/x/*.log", "/var", ["*", "x", "*.log"]),
            ("/*.log", "/", ["*.log"]),
            ("/a.log", "/", ["a.log"]),
            ("logs/*.log", "logs", ["*.log"]),
            ("*.log", "", ["*.log"]),
            ("/logs//x/*.log", "/logs/x", ["*.log"]),
            ("/", "/", []),
        ]
        for (pattern, root, components) in table {
            let glob = Glob(pattern)
            #expect(glob.root == root, "\(pattern)")
            #expect(glob.components == components, "\(pattern)")
        }
    }

    @Test("a component is magic when it holds one of three characters")
    func magic() {
        for component in ["*", "a?", "[a]", "x["] as [Path] { #expect(Glob.isMagic(component)) }
        for component in ["", "a.log", "]", "\\"] as [Path] { #expect(!Glob.isMagic(component)) }
    }
}
