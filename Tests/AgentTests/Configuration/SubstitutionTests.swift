// Variables in values: what they become, what is refused, and that findings never show them.
import Agent
import Testing

@Suite("Variables in values")
struct SubstitutionTests {
    /// What YAML, a shell, and we ourselves find special.
    static let nasty = [
        "a\nmemory: 1", "a: b", "a # b", "\"", "'", "it's \"so\"", "${OTHER}", "$${OTHER}", "${",
        "- a", "[a", "{a: b}", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "\ta", " a ", "~",
        "null", "---", "é\u{2028}", "\\n", "%{dataset}", "#",
    ]

    @Test(
        "D75: what a variable holds is one text, whatever it looks like, and is not searched again",
        arguments: nasty)
    func oneScalar(value: String) throws {
        let environment = ["VAR": value, "OTHER": "other"]
        for written in ["${VAR}", "\"${VAR}\"", "'${VAR}'", "${VAR:-default}"] {
            let text = "inputs:\n  - fields:\n      note: \(written)\nmemory: 9MiB\n"
            let effective = try decoded(text, environment: environment)
            var expected = Configuration.default
            expected.memory = 9 << 20
            expected.inputs[0].fields = [.init(name: "note", value: .text(value))]
            #expect(effective.configuration == expected, "\(written)")
            let again = try decoded(effective.annotated, environment: environment)
            #expect(again.configuration == expected, "\(effective.annotated)")
        }
    }

    @Test(
        "references, defaults and escapes",
        arguments: [
            ("${A}", "a"), ("x${A}y${A}", "xaya"), ("${UNSET:-d}", "d"), ("${EMPTY:-d}", "d"),
            ("${A:-d}", "a"), ("${UNSET:-}", ""), ("${EMPTY}", ""), ("$${A}", "${A}"),
            ("$$${A}", "$${A}"), ("$A", "$A"), ("$", "$"), ("a$", "a$"), ("$$", "$$"), ("}", "}"),
            ("$(A)", "$(A)"), ("${UNSET:-a:-b}", "a:-b"), ("${UNSET:-$$}", "$$"), ("${a_1}", "low"),
        ])
    func forms(written: String, expected: String) throws {
        let environment = ["A": "a", "EMPTY": "", "a_1": "low"]
        let text = "inputs: [{fields: {note: \"\(written)\"}}]"
        let fields = try decoded(text, environment: environment).configuration.inputs[0].fields
        #expect(fields == [.init(name: "note", value: .text(expected))])
    }

    @Test("numbers, booleans and sizes are read after substitution; quotes keep text")
    func types() throws {
        let text = """
            memory: ${SIZE}
            batch: {lines: "${N}0", age: "${N}s"}
            inputs:
              - paths: ["${DIR}/*.log"]
                fields:
                  n: ${N}
                  text: "${N}"
                  flag: ${FLAG}
                  list:
                    - ${N}
            """
        let environment = ["SIZE": "9MiB", "N": "7", "DIR": "/logs/*", "FLAG": "true"]
        let effective = try decoded(text, environment: environment)
        let configuration = effective.configuration
        #expect(configuration.memory == 9 << 20)
        #expect(configuration.batch.lines == 70)
        #expect(configuration.batch.age == .seconds(7))
        #expect(configuration.inputs[0].paths == ["/logs/*/*.log"])
        let values = configuration.inputs[0].fields.map(\.value)
        #expect(values == [.number("7"), .text("7"), .boolean(true), .list([.number("7")])])
        #expect(effective.origin(of: "memory") == "f:1, environment SIZE")
        #expect(effective.origin(of: "inputs[0].paths") == "f:4, environment DIR")
        #expect(effective.origin(of: "inputs[0].fields.list") == "f:10, environment N")
    }

    @Test("a wrong reference is answered with its place and what to write", arguments: refused)
    func references(broken: Broken) {
        #expect(findings(broken.text, environment: ["A": "a"]) == broken.findings)
    }

    @Test("a finding about a variable's value names the variable alone", arguments: hidden)
    func hiddenValues(broken: Broken) {
        for secret in [
            "S3cr-3t!", "S3cr\n3t", "http://u:S3cr@h", "%{S3cr}", "99999999999999999999",
        ] {
            let told = findings(broken.text, environment: ["SECRET": secret])
            #expect(!told.joined().contains("S3cr") && !told.joined().contains("9999"), "\(told)")
        }
        #expect(findings(broken.text, environment: ["SECRET": "S3cr-3t!"]) == broken.findings)
    }

    @Test("rules between keys do not show a variable's value")
    func hiddenRules() {
        let memory = "memory: ${M}\nmax_line: 3MiB\nbatch: {bytes: \"${B}\"}"
        #expect(
            findings(memory, environment: ["M": "7654KiB", "B": "1234KiB"]) == [
                "1:1: memory: too little with what ${M} and ${B} hold; the least is 13080KiB"
            ])
        #expect(
            findings("park: {bytes: \"${P}\"}", environment: ["P": "1234KiB"]) == [
                "1:8: park.bytes: too little for a line, with what ${P} holds"
            ])
        #expect(
            findings("shutdown: {quiet: \"${Q}\"}", environment: ["Q": "77s"]) == [
                "1:12: shutdown.quiet: quiet must be shorter than deadline; one is what ${Q} holds"
            ])
        let stream =
            "inputs: [{}, {fields: {a: x}}]\n"
            + "output: {elasticsearch: {index: \"i-${I}\"}}"
        #expect(
            findings(stream, environment: ["I": "%{fields.a}"]) == [
                "1:10: inputs[0].fields: no field that output.elasticsearch.index puts into the "
                    + "name, which is what ${I} holds"
            ])
    }

    @Test("variables do not make a large tree of a small file")
    func bomb() {
        let large = String(repeating: "x", count: 100_000)
        let lines = (0..<20).map { "      f\($0): ${BIG}\n" }.joined()
        let told = findings("inputs:\n  - fields:\n" + lines, environment: ["BIG": large])
        #expect(told.count == 10)
        #expect(
            told.first
                == "13:12: inputs[0].fields.f10: with what variables hold, the file is larger than "
                + "1 MiB")
    }

    @Test("the variable that was meant is named, never what it holds")
    func nearest() {
        let environment = ["ES_PASSWORD": "hush", "HOME": "/root"]
        #expect(
            findings("state: ${ES_PASWORD}", environment: environment) == [
                "1:8: state: the variable ES_PASWORD is not set; set it, or write "
                    + "${ES_PASWORD:-default}; did you mean ES_PASSWORD?"
            ])
    }

    @Test("bytes that are no UTF-8 are refused", arguments: ["A", "TAILPROOF_STATE"])
    func encoding(name: String) {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationFile.decode(
                Array("state: ${A:-/a}".utf8), name: "f",
                ConfigurationSources(variable: { $0 == name ? [0x2F, 0xFF] : nil }))
            Issue.record("taken")
        } catch {
            let expected =
                name == "A"
                ? "f:1:8: state: the variable A holds bytes that are no UTF-8"
                : "environment TAILPROOF_STATE: state: holds bytes that are no UTF-8"
            #expect(error.description == expected)
        }
    }
}

private let refused = [
    Broken(
        "state: ${NOPE}",
        "1:8: state: the variable NOPE is not set; set it, or write ${NOPE:-default}"),
    Broken(
        "inputs:\n  - paths:\n    - /a\n    - ${NOPE}/b\n    - ${NEITHER}",
        "4:7: inputs[0].paths[1]: the variable NOPE is not set; set it, or write ${NOPE:-default}",
        "5:7: inputs[0].paths[2]: the variable NEITHER is not set; set it, or write "
            + "${NEITHER:-default}"),
    Broken("state: ${A", "1:8: state: \"${\" without \"}\"; $${ stands for the text itself"),
    Broken(
        "state: ${}",
        "1:8: state: a variable's name is of letters, digits and _, as in ${NAME}; $${ stands for "
            + "the text itself"),
    Broken(
        "state: ${1A}",
        "1:8: state: a variable's name is of letters, digits and _, as in ${NAME}; $${ stands for "
            + "the text itself"),
    Broken(
        "state: ${env:A}",
        "1:8: state: expected ${env} or ${env:-default}; $${ stands for the text itself"),
    Broken(
        "state: ${A:/x}",
        "1:8: state: expected ${A} or ${A:-default}; $${ stands for the text itself"),
    Broken(
        "state: ${A-x}",
        "1:8: state: expected ${A} or ${A:-default}; $${ stands for the text itself"),
    Broken(
        "state: ${B:-${A}}",
        "1:8: state: a default is taken as it stands; there is no ${ in it"),
    Broken("${A}: 1", "1:1: \"${A}\": a key is taken as it stands; ${VAR} is for values"),
    Broken(
        "inputs: [{fields: {\"${A}\": 1}}]",
        "1:20: inputs[0].fields.\"${A}\": a key is taken as it stands; ${VAR} is for values"),
    Broken(
        "log: {level: ${A}}",
        "1:15: not valid YAML: did not find expected ',' or '}' (quote a value with ${VAR} in it)"),
    Broken(
        "log: {level: \"${A}\"}",
        "1:14: log.level: expected error, warn, info or debug, not what "
            + "${A} holds"),
    Broken(
        "state: ${A}", "1:8: state: expected an absolute path, not what ${A} holds"),
    Broken(
        "memory: ${B:-x}",
        "1:9: memory: expected a size from 1MiB to 16GiB, such as 4MiB, "
            + "found \"x\""),
]

private let hidden = [
    Broken("state: ${SECRET}", "1:8: state: expected an absolute path, not what ${SECRET} holds"),
    Broken("state: a${SECRET}", "1:8: state: expected an absolute path, not what ${SECRET} holds"),
    Broken(
        "memory: ${SECRET}",
        "1:9: memory: expected a size from 1MiB to 16GiB, not what ${SECRET} holds"),
    Broken(
        "batch: {lines: \"${SECRET}\", age: \"${SECRET}\"}",
        "1:16: batch.lines: expected a whole number from 1 to 100000, not what ${SECRET} holds",
        "1:34: batch.age: expected a duration from 10ms to 1m, not what ${SECRET} holds"),
    Broken(
        "log: {level: \"${SECRET}\"}",
        "1:14: log.level: expected error, warn, info or debug, not what ${SECRET} holds"),
    Broken(
        "inputs: [{dataset: \"${SECRET}\"}]",
        "1:20: inputs[0].dataset: expected a name in lower case without dashes, not what "
            + "${SECRET} holds"),
    Broken(
        "output: {elasticsearch: {require_data_stream: \"${SECRET}\"}}",
        "1:47: output.elasticsearch.require_data_stream: expected true or false, not what "
            + "${SECRET} holds"),
    Broken(
        "output: {elasticsearch: {hosts: [\"${SECRET}\"]}}",
        "1:34: output.elasticsearch.hosts[0]: expected https://host:port, with \"https://\" or "
            + "\"http://\" in front"),
    Broken(
        "output: {elasticsearch: {index: \"${SECRET}\"}}",
        "1:33: output.elasticsearch.index: expected a name in lower case with %{dataset}, "
            + "%{namespace}, %{fields.NAME} and dates such as %{yyyy.MM.dd}, not what ${SECRET} "
            + "holds"),
    Broken(
        "inputs: [{fields: {a: \"${SECRET}\"}}]\noutput: {elasticsearch: {index: \"%{fields.a}\"}}",
        "1:23: inputs[0].fields.a: ${SECRET} holds what does not do here"),
]
