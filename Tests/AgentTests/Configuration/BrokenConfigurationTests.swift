// Broken configurations and the exact words that answer them.
import Agent
import Testing

/// A text and all that is said about it, without the file's name.
struct Broken: Sendable, CustomTestStringConvertible {
    let text: String
    let findings: [String]

    init(_ text: String, _ findings: String...) {
        self.text = text
        self.findings = findings
    }

    var testDescription: String { String(text.prefix(60)) }
}

/// The findings of a text, or none when it is valid. Those of the file come without its name.
func findings(
    _ text: String, environment: [String: String] = [:], set settings: [String] = []
) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try decoded(text, environment: environment, set: settings)
        return []
    } catch {
        return error.errors.map {
            $0.description.hasPrefix("f:")
                ? String($0.description.dropFirst(2)) : $0.description
        }
    }
}

/// A text with variables and `--set` as its surroundings.
func decoded(
    _ text: String, environment: [String: String] = [:], set settings: [String] = []
) throws(ConfigurationErrors) -> EffectiveConfiguration {
    try ConfigurationFile.decode(
        Array(text.utf8), name: "f",
        ConfigurationSources(
            variable: { environment[$0].map { Array($0.utf8) } },
            names: { environment.keys.sorted() }, settings: settings))
}

@Suite("Broken configurations")
struct BrokenConfigurationTests {
    @Test(
        "a broken text is answered with its place, its key and what was expected",
        arguments: syntaxCases)
    func syntax(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test(
        "an unknown key is answered with the nearest one or its right place", arguments: keysCases)
    func keys(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test("a wrong value is answered with what was expected", arguments: valuesCases)
    func values(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test("each key answers a mapping or a list in its place", arguments: ConfigurationSchema.keys)
    func shapes(documented: DocumentedKey) {
        let isFields = documented.key.hasSuffix(".fields")
        let key = documented.key.replacing("[]", with: "[0]")
        // A list of lists, and fields, take a mapping; all others take none.
        let value = isFields ? "[]" : "{a: b}"
        let element = key.hasSuffix("]")
        let found = findings("{}", set: ["\(key)=\(element ? "[\(value)]" : value)"])
        let kind = isFields ? "a list" : "a mapping"
        // A key that goes with others may be told to want those as well.
        let told = found.filter { $0.hasPrefix("--set: \(key): expected ") }
        #expect(told.count == 1, "\(found)")
        #expect(told.first?.hasSuffix(", found \(kind)") == true, "\(found)")
    }

    @Test("a wrong address is answered without a letter of it", arguments: hostsCases)
    func hosts(broken: Broken) {
        let text = "output: {elasticsearch: {hosts: [\(broken.text)]}}"
        let prefix = "1:34: output.elasticsearch.hosts[0]: "
        #expect(findings(text) == broken.findings.map { prefix + $0 })
    }

    @Test("rules between keys are checked", arguments: rulesCases)
    func rules(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test("all findings are told, in the order of the text")
    func all() {
        let text = "memry: 1\nstate: x\nlog: {level: loud, format: jsn}\nmax_line: big\n"
        #expect(
            findings(text) == [
                "1:1: memry: unknown key; did you mean \"memory\"?",
                "2:8: state: \"x\" is not absolute; a path begins with \"/\"",
                "3:14: log.level: expected error, warn, info or debug, found \"loud\"",
                "3:28: log.format: expected auto, text or json, found \"jsn\"; did you mean "
                    + "\"json\"?",
                "4:11: max_line: expected a size from 1KiB to 16MiB, such as 4MiB, found \"big\"",
            ])
    }

    @Test("of very many findings the first hundred are told and the rest is counted")
    func many() {
        let text = (0..<300).map { "nonsense_\($0): 1\n" }.joined()
        let told = findings(text)
        #expect(told.count == 101)
        #expect(told.last == " and 200 more; mend these first")
    }

    @Test("a megabyte of nonsense is answered like a little of it")
    func nonsense() {
        #expect(findings(String(repeating: "- a\n", count: 200_000)).count == 1)
        #expect(findings((0..<100_000).map { "k\($0): 1\n" }.joined()).count == 101)
        #expect(
            findings("inputs: [" + String(repeating: "{a: 1},", count: 100_000) + "]").count == 1)
        #expect(
            findings("inputs: [{fields: {a: [" + String(repeating: "1,", count: 400_000)).count == 1
        )
    }

    @Test("bytes that are no UTF-8 are refused at their place")
    func encoding() {
        for bytes: [UInt8] in [[0x61, 0x3A, 0x0A, 0xFF], [0x61, 0x3A, 0x0A, 0xC3, 0x28]] {
            #expect(throws: ConfigurationErrors.self) {
                try ConfigurationFile.decode(bytes, name: "f")
            }
        }
        do throws(ConfigurationErrors) {
            _ = try ConfigurationFile.decode([0x61, 0x3A, 0x0A, 0x62, 0xFF], name: "f")
            Issue.record("valid")
        } catch {
            #expect(error.description == "f:2:2: not valid YAML: invalid leading UTF-8 octet")
        }
    }

    @Test("a file that cannot be read says why")
    func unreadable() {
        func answer(_ path: String) -> String {
            do throws(ConfigurationErrors) {
                _ = try ConfigurationFile.load(.init(path))
                return "valid"
            } catch {
                return error.description
            }
        }
        #expect(
            answer("/nowhere/f.yaml")
                == "/nowhere/f.yaml: cannot be read: No such file or directory")
        #expect(answer("/tmp") == "/tmp: cannot be read: Is a directory")
        #expect(answer("/dev/null") == "/dev/null: is empty: nothing but space and comments")
        #expect(answer("/dev/zero") == "/dev/zero:1:1: the file is larger than 1 MiB")
    }
}

private let syntaxCases = [
    Broken("", " is empty: nothing but space and comments"),
    Broken("# only this\n\n", " is empty: nothing but space and comments"),
    Broken("---\n", "2:1: expected a mapping, found nothing"),
    Broken("just words", "1:1: expected a mapping, found a single value"),
    Broken("- state", "1:1: expected a mapping, found a list"),
    Broken("a: [1", "2:1: not valid YAML: did not find expected ',' or ']'"),
    Broken("a: 'b", "1:6: not valid YAML: found unexpected end of stream"),
    Broken("a: b: c", "1:5: not valid YAML: mapping values are not allowed in this context"),
    Broken(
        "a:\n\tb: c",
        "2:1: not valid YAML: found character that cannot start any token (a tab? indent with "
            + "spaces; quote what begins with @, ` or %)"),
    Broken(
        "memory: 8MiB\nstate: /a\nmemory: 8MiB", "3:1: \"memory\" is given twice, first in line 1"),
    Broken("state: &s /a", "1:8: anchors (&name) are not supported"),
    Broken("state: *s", "1:8: aliases (*name) are not supported; quote a pattern"),
    Broken("state: !!str /a", "1:8: tags (!name) are not supported"),
    Broken("state: /a\n---\nstate: /b", "2:1: a second document: one file, one document"),
    Broken("[a]: b", "1:1: a key is a single word here, not a list"),
    Broken("? {a: b}\n: c", "1:3: a key is a single word here, not a mapping"),
    Broken(
        String(repeating: "[", count: 20), "1:18: nested deeper than 16 levels"),
    Broken(
        "\u{FEFF}memory: 1\r\n",
        "1:10: memory: \"1\" is too small; expected a size from 1MiB to 16GiB"),
    Broken("é: \u{1}", "1:4: not valid YAML: control characters are not allowed"),
    Broken(String(repeating: "#", count: 1 << 20) + "\n", "1:1: the file is larger than 1 MiB"),
]

private let keysCases = [
    Broken(
        "output: {elasticsearch: {compresion: gzip}}",
        "1:26: output.elasticsearch.compresion: unknown key; did you mean \"compression\"?"),
    Broken("input: []", "1:1: input: unknown key; did you mean \"inputs\"?"),
    Broken("Memory: 8MiB", "1:1: Memory: unknown key; did you mean \"memory\"?"),
    Broken(
        "compression: gzip",
        "1:1: compression: unknown key here; it belongs to output.elasticsearch.compression"),
    Broken(
        "elasticsearch: {}",
        "1:1: elasticsearch: unknown key here; it belongs to output.elasticsearch"),
    Broken(
        "format: json", "1:1: format: unknown key here; it belongs to inputs[].format or log.format"
    ),
    Broken(
        "admin: {listen: x}",
        "1:1: admin: unknown key; valid here: state, inputs, output, batch, memory, max_line, "
            + "held, gzip, park, shutdown, log"),
    Broken(
        "batch: {size: 1MiB}", "1:9: batch.size: unknown key; valid here: bytes, lines, age"),
    Broken(
        "\"http://u:secret@h\": 1",
        "1:1: (a URL): unknown key; valid here: state, inputs, output, batch, memory, max_line, "
            + "held, gzip, park, shutdown, log"),
    Broken(
        "log: {\"a\\nb\": 1}", "1:7: log.\"a\\u{a}b\": unknown key; valid here: level, format"),
]

private let valuesCases = [
    Broken("state:", "1:7: state: expected an absolute path, found nothing"),
    Broken("state: [/a]", "1:8: state: expected an absolute path, found a list"),
    Broken("state: /", "1:8: state: the root directory is no place for state"),
    Broken("state: /a/../b", "1:8: state: \".\" and \"..\" are not supported in a path"),
    Broken("state: \"/a\\0b\"", "1:8: state: a path holds no NUL byte"),
    Broken("state: ''", "1:8: state: a path must not be empty"),
    Broken("inputs: []", "1:9: inputs: expected a list of 1 to 64 inputs, found none"),
    Broken("inputs: {}", "1:9: inputs: expected a list of 1 to 64 inputs, found a mapping"),
    Broken("inputs: [x]", "1:10: inputs[0]: expected a mapping, found a single value"),
    Broken(
        "inputs: [{paths: /a}]",
        "1:18: inputs[0].paths: expected a list of 1 to 256 patterns, found a single value"),
    Broken(
        "inputs: [{paths: [a.log]}]",
        "1:19: inputs[0].paths[0]: \"a.log\" is not absolute; a path begins with \"/\""),
    Broken(
        "inputs: [{paths: [/var/log/]}]",
        "1:19: inputs[0].paths[0]: names a directory; add a pattern of file names, such as "
            + "\"*.log\""
    ),
    Broken(
        "inputs: [{paths: [/var/**/a.log]}]",
        "1:19: inputs[0].paths[0]: \"**\" is not supported; a pattern matches within one directory "
            + "level"),
    Broken(
        "inputs: [{roots: [pods]}]",
        "1:19: inputs[0].roots[0]: \"pods\" is not absolute; a path begins with \"/\""),
    Broken(
        "inputs: [{roots: [/var/*/pods]}]",
        "1:19: inputs[0].roots[0]: a root is a directory, not a pattern"
    ),
    Broken(
        "inputs: [{exclude: [a/b]}]",
        "1:21: inputs[0].exclude[0]: \"a/b\" is not absolute; a path begins with \"/\""
    ),
    Broken(
        "inputs: [{format: combind}]",
        "1:19: inputs[0].format: expected common, combined or auto, found \"combind\"; did you "
            + "mean "
            + "\"combined\"?"),
    Broken(
        "inputs: [{dataset: tomcat-access}]",
        "1:20: inputs[0].dataset: a dataset has no \"-\": it separates the parts of a data "
            + "stream's "
            + "name"),
    Broken(
        "inputs: [{dataset: Tomcat}]",
        "1:20: inputs[0].dataset: the target's name with this dataset: T at byte 5: a name is "
            + "lower case and has none of \\ / * ? \" < > | , # : or space"),
    Broken("inputs: [{dataset: ''}]", "1:20: inputs[0].dataset: a name must not be empty"),
    Broken(
        "inputs: [{start: now}]",
        "1:18: inputs[0].start: expected beginning or end, found \"now\""),
    Broken("batch: 1MiB", "1:8: batch: expected a mapping, found a single value"),
    Broken(
        "batch: {bytes: 1KiB}",
        "1:16: batch.bytes: \"1KiB\" is too small; expected a size from 64KiB to 64MiB"),
    Broken(
        "batch: {bytes: 1Mib}", "1:16: batch.bytes: unknown unit \"Mib\"; did you mean \"MiB\"?"),
    Broken(
        "batch: {bytes: 1 megabyte}",
        "1:16: batch.bytes: unknown unit \" megabyte\"; units are GiB, MiB, KiB, GB, MB, KB, "
            + "B, as in "
            + "4MiB"),
    Broken(
        "batch: {bytes: 1.5MiB}",
        "1:16: batch.bytes: unknown unit \".5MiB\"; units are GiB, MiB, KiB, GB, MB, KB, B, as in "
            + "4MiB"),
    Broken(
        "batch: {bytes: -1}",
        "1:16: batch.bytes: expected a size from 64KiB to 64MiB, such as 4MiB, found \"-1\""),
    Broken(
        "batch: {bytes: 99999999999GiB}",
        "1:16: batch.bytes: \"99999999999GiB\" is too large; expected a size from 64KiB to 64MiB"),
    Broken(
        "batch: {lines: 0}",
        "1:16: batch.lines: \"0\" is too small; expected a whole number from 1 to 100000"),
    Broken(
        "batch: {lines: 5k}",
        "1:16: batch.lines: expected a whole number from 1 to 100000, found \"5k\""),
    Broken(
        "batch: {lines: 99999999999999999999}",
        "1:16: batch.lines: \"99999999999999999999\" is too large; expected a whole number "
            + "from 1 to "
            + "100000"),
    Broken("batch: {age: 1}", "1:14: batch.age: \"1\" needs a unit, as in 500ms"),
    Broken(
        "batch: {age: 2h}",
        "1:14: batch.age: \"2h\" is too large; expected a duration from 10ms to 1m"),
    Broken(
        "batch: {age: 1 s}",
        "1:14: batch.age: unknown unit \" s\"; did you mean \"s\"?"),
    Broken(
        "shutdown: {drain: none}",
        "1:19: shutdown.drain: expected files or batches, found \"none\""),
    Broken(
        "output: {elasticsearch: {connections: 0}}",
        "1:39: output.elasticsearch.connections: \"0\" is too small; expected a whole number "
            + "from 1 to "
            + "16"),
    Broken(
        "output: {elasticsearch: {timeout: 11m}}",
        "1:35: output.elasticsearch.timeout: \"11m\" is too large; expected a duration from 1s to "
            + "10m"),
    Broken(
        "output: {stdout: {style: prety}}",
        "1:26: output.stdout.style: expected pretty, json or bulk, found \"prety\"; did you mean "
            + "\"pretty\"?"),
]

private let hostsCases = [
    Broken(
        "http://u:secret@h:9200",
        "credentials in a URL are refused: they end up in logs and process lists"),
    Broken("u:secret@h", "credentials in a URL are refused: they end up in logs and process lists"),
    Broken(
        "https://u:secret@h",
        "credentials in a URL are refused: they end up in logs and process lists"),
    Broken(
        "h:9200", "expected https://host:port, with \"https://\" or \"http://\" in front"),
    Broken(
        "ftp://h", "expected https://host:port, with \"https://\" or \"http://\" in front"),
    Broken("\"http://h h\"", "expected https://host:port in plain ASCII without spaces"),
    Broken("https://", "the name of the host is missing"),
    Broken("http://", "the name of the host is missing"),
    Broken("http:///path", "the name of the host is missing"),
    Broken("\"http://h:\"", "a port is a number from 1 to 65535"),
    Broken("http://h:65536", "a port is a number from 1 to 65535"),
    Broken("http://h:+1", "a port is a number from 1 to 65535"),
    Broken("http://h!x", "a host's name has letters, digits, dots and dashes only"),
    Broken("\"http://[::1\"", "an IPv6 address ends in \"]\""),
    Broken("\"http://[host]\"", "expected an IPv6 address between \"[\" and \"]\""),
    Broken("\"http://[::1]9200\"", "expected a port after \"]\""),
    Broken("\"http://h/?q\"", "a host has no query or fragment: expected https://host:port"),
    Broken("{a: b}", "expected https://host:port, found a mapping"),
]

private let rulesCases = [
    Broken("output: {}", "1:1: output: expected elasticsearch or stdout"),
    Broken(
        "output: {elasticsearch: {data_stream: logs-a-b, index: a}}",
        "1:49: output.elasticsearch.index: data_stream and index exclude each other"),
    Broken(
        "output: {elasticsearch: {data_stream: 'a-%{yyyy}'}}",
        "1:39: output.elasticsearch.data_stream: a date at byte 2: a data stream is dated by its "
            + "backing indices; use index"),
    Broken(
        "output: {elasticsearch: {hosts: ['http://a', 'http://A/']}}",
        "1:26: output.elasticsearch.hosts: an address is given twice"),
    Broken(
        "shutdown: {quiet: 30s}",
        "1:12: shutdown.quiet: quiet must be shorter than deadline, not 30s and 25s"),
    Broken(
        "memory: 6MiB\noutput: {elasticsearch: {}}",
        "1:1: memory: 6MiB cannot hold 4 batches of 1MiB and 5000 lines, their output, and a line "
            + "of 256KiB; the least is 7696KiB"),
    Broken(
        "batch: {bytes: 4MiB}",
        "1:9: memory: 8MiB cannot hold 3 batches of 4MiB and 5000 lines, their output, and a line "
            + "of 256KiB; the least is 13336KiB"),
    Broken(
        "batch: {lines: 100000}",
        "1:9: memory: 8MiB cannot hold 3 batches of 1MiB and 100000 lines, their output, and a "
            + "line of 256KiB; the least is 13304KiB"),
    Broken(
        "memory: 1GiB\nmax_line: 5MiB",
        "2:1: park.bytes: 64MiB may not hold one line of 5MiB and its document; the least is "
            + "80MiB"),
    Broken(
        "park: {bytes: 3MiB}",
        "1:8: park.bytes: 3MiB may not hold one line of 256KiB and its document; the least is "
            + "4MiB"),
]
