// What YAML lets people write by mistake, and the exact words that answer it.
import Agent
import Testing

@Suite("Traps of YAML")
struct YAMLTrapTests {
    @Test("a trap of YAML is answered, never walked into", arguments: trapsCases)
    func traps(broken: Broken) { #expect(findings(broken.text) == broken.findings) }
}

private let trapsCases = [
    Broken(
        "output: {elasticsearch: {require_data_stream: on}}",
        "1:47: output.elasticsearch.require_data_stream: expected true or false, found \"on\"; did "
            + "you mean \"true\"?"),
    Broken(
        "output: {elasticsearch: {require_data_stream: No}}",
        "1:47: output.elasticsearch.require_data_stream: expected true or false, found \"No\"; did "
            + "you mean \"false\"?"),
    Broken(
        "output: {elasticsearch: {require_data_stream: 2}}",
        "1:47: output.elasticsearch.require_data_stream: expected true or false, found \"2\""),
    Broken(
        "batch: {lines: 010}",
        "1:16: batch.lines: \"010\" begins with 0; write the number without it"),
    Broken(
        "batch: {lines: 0o10}",
        "1:16: batch.lines: expected a whole number from 1 to 100000, found \"0o10\""),
    Broken(
        "batch: {lines: 1_000}",
        "1:16: batch.lines: expected a whole number from 1 to 100000, found \"1_000\""),
    Broken(
        "batch: {lines: 1e3}",
        "1:16: batch.lines: expected a whole number from 1 to 100000, found \"1e3\""),
    Broken("memory: 08MiB", "1:9: memory: \"08MiB\" begins with 0; write the number without it"),
    Broken(
        "memory: 0x800000",
        "1:9: memory: unknown unit \"x800000\"; units are GiB, MiB, KiB, "
            + "GB, MB, KB, B, as in 4MiB"),
    Broken(
        "batch: {age: 1:30}",
        "1:14: batch.age: unknown unit \":30\"; units are h, m, s, ms, as "
            + "in 500ms"),
    Broken("state: \"/a", "1:11: not valid YAML: found unexpected end of stream"),
    Broken("state: '/a\nmemory: 8MiB", "2:13: not valid YAML: found unexpected end of stream"),
    Broken("state: \"/a\\q\"", "1:11: not valid YAML: found unknown escape character"),
    Broken("log:\n  level: info\n format: json", "3:2: not valid YAML: did not find expected key"),
    Broken("a: &a [x]\nb: &b [*a, *a]", "1:4: anchors (&name) are not supported"),
    Broken("log: {<<: {level: info}}", "1:7: log.\"<<\": unknown key; valid here: level, format"),
    Broken(
        "%YAML 1.2\n---\nlog: {level: x}",
        "3:14: log.level: expected error, warn, info or "
            + "debug, found \"x\""),
    Broken("%YAML 3.0\n---\nlog: {}", "1:1: not valid YAML: found incompatible YAML document"),
    Broken("log: {}\n...\n---\nlog: {}", "3:1: a second document: one file, one document"),
    Broken("log: {level: info, level: warn}", "1:20: \"level\" is given twice, first in line 1"),
    Broken("inputs: [{fields: {a: 1, \"a\": 2}}]", "1:26: \"a\" is given twice, first in line 1"),
    Broken("state:/a", "1:1: expected a mapping, found a single value"),
    Broken("log: {level:info}", "1:7: log.\"level:info\": unknown key; valid here: level, format"),
    Broken("log: ~", "1:6: log: expected a mapping, found a single value"),
    Broken("memory: ~", "1:9: memory: expected a size from 1MiB to 16GiB, found a single value"),
    Broken(
        "held: {bytes: -0}",
        "1:15: held.bytes: expected a size from 0 to 1048576GiB, such as "
            + "4MiB, found \"-0\""),
    Broken(
        "gzip: {bytes: none}",
        "1:15: gzip.bytes: expected a size from 0 to 1048576GiB, such as "
            + "4MiB, found \"none\""),
    Broken(
        "park: {bytes: 2GiB}",
        "1:15: park.bytes: \"2GiB\" is too large; expected a size from "
            + "1MiB to 1GiB"),
    Broken(
        "max_line: 1KB",
        "1:11: max_line: \"1KB\" is too small; expected a size from 1KiB to "
            + "16MiB"),
    Broken(
        "shutdown: {fragments: drop}",
        "1:23: shutdown.fragments: expected keep or ship, found "
            + "\"drop\""),
    Broken(
        "shutdown: {deadline: 0s}",
        "1:22: shutdown.deadline: \"0s\" is too small; expected a "
            + "duration from 1s to 1h"),
    Broken(
        "output: {elasticsearch: {compression: zstd}}",
        "1:39: output.elasticsearch.compression: "
            + "expected gzip or none, found \"zstd\""),
    Broken(
        "output: {elasticsearch: {hosts: []}}",
        "1:33: output.elasticsearch.hosts: expected a "
            + "list of 1 to 32 addresses, found none"),
    Broken(
        "output: {elasticsearch: {hosts: http://a}}",
        "1:33: output.elasticsearch.hosts: "
            + "expected a list of 1 to 32 addresses, found a single value"),
    Broken(
        "output: {elastic: {}}",
        "1:10: output.elastic: unknown key; valid here: elasticsearch, "
            + "stdout"),
    Broken(
        "inputs:\n- paths: [/a]\n- path: [/b]",
        "3:3: inputs[1].path: unknown key; did you mean "
            + "\"paths\"?"),
    Broken(
        "inputs: [{paths: []}]",
        "1:18: inputs[0].paths: expected a list of 1 to 256 patterns, "
            + "found none"),
]
