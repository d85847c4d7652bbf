// What goes before the file: `--set`, then variables that stand for keys, then the file.
import Agent
import Foundation
import Platform
import Testing

@Suite("Overrides")
struct OverrideTests {
    @Test(
        "--set goes before the environment, the environment before the file, that before defaults")
    func precedence() throws {
        let name = "TAILPROOF_LOG_LEVEL"
        func level(
            _ text: String, _ environment: [String: String] = [:], _ settings: [String] = []
        ) throws -> (LogLevel, String) {
            let effective = try decoded(text, environment: environment, set: settings)
            return (effective.configuration.log.level, effective.origin(of: "log.level"))
        }
        #expect(try level("{}") == (.info, "default"))
        #expect(try level("log: {level: warn}") == (.warn, "f:1"))
        #expect(try level("log: {level: warn}", [name: ""]) == (.warn, "f:1"))
        #expect(
            try level("log: {level: warn}", [name: "debug"]) == (.debug, "environment \(name)"))
        #expect(
            try level("log: {level: warn}", [name: "debug"], ["log.level=error"])
                == (.error, "--set"))
        #expect(try level("{}", [:], ["log.level=warn", "log.level=debug"]) == (.debug, "--set"))
        // What the file says wrongly does not matter once something goes before it.
        #expect(try level("log: {level: loud}", [name: "debug"]).0 == .debug)
    }

    @Test("each variable that stands for a key sets that key, also without a file")
    func variables() throws {
        let environment = [
            "TAILPROOF_STATE": "/s # ${X}", "TAILPROOF_MEMORY": "16MiB",
            "TAILPROOF_OUTPUT_ELASTICSEARCH_HOSTS": "http://a:9200, http://b:9200",
            "TAILPROOF_SHUTDOWN_DEADLINE": "9s", "TAILPROOF_LOG_LEVEL": "debug",
            "TAILPROOF_LOG_FORMAT": "json",
        ]
        let names = ConfigurationVariables.keys.map(ConfigurationVariables.name)
        #expect(Set(names) == Set(environment.keys))
        let effective = try ConfigurationFile.embedded(
            ConfigurationSources(variable: { environment[$0].map { Array($0.utf8) } }))
        var expected = Configuration.default
        expected.state = "/s # ${X}"
        expected.memory = 16 << 20
        var elasticsearch = Configuration.Elasticsearch()
        elasticsearch.hosts = ["http://a:9200", "http://b:9200"]
        expected.output = .elasticsearch(elasticsearch)
        expected.shutdown.deadline = .seconds(9)
        expected.log.level = .debug
        expected.log.format = .json
        #expect(effective.configuration == expected)
        for key in ConfigurationVariables.keys {
            let name = ConfigurationVariables.name(of: key)
            #expect(effective.origin(of: key) == "environment \(name)")
        }
    }

    @Test("--set reaches every key, elements of lists and fields with dots")
    func settings() throws {
        let text = "inputs:\n  - fields: {service.name: shop, n: 1}\n"
        let effective = try decoded(
            text,
            set: [
                "inputs[0].fields.service.name=cart", "inputs[0].fields.n=2",
                "inputs[0].fields.team.id=\"7\"", "inputs[0].paths[0]=/a", "inputs[0].paths[1]=/b",
                "inputs[1]={paths: [/c], format: common}", "batch={bytes: 64KiB}",
                "inputs[0].fields.eq=a=b", "inputs[0].fields.literal=${X}",
                "output.elasticsearch.hosts=[\"http://a\"]",
            ])
        var expected = Configuration.default
        expected.inputs.append(.init())
        expected.inputs[0].fields = [
            .init(name: "service.name", value: .text("cart")),
            .init(name: "n", value: .number("2")),
            .init(name: "team.id", value: .text("7")), .init(name: "eq", value: .text("a=b")),
            .init(name: "literal", value: .text("${X}")),
        ]
        expected.inputs[0].paths = ["/a", "/b"]
        expected.inputs[1].paths = ["/c"]
        expected.inputs[1].format = .common
        expected.batch.bytes = 64 << 10
        var elasticsearch = Configuration.Elasticsearch()
        elasticsearch.hosts = ["http://a"]
        expected.output = .elasticsearch(elasticsearch)
        #expect(effective.configuration == expected)
        #expect(effective.origin(of: "inputs[0].fields.service.name") == "--set")
        #expect(effective.origin(of: "inputs[0].fields.team.id") == "--set")
        #expect(effective.origin(of: "batch.bytes") == "--set")
        #expect(effective.origin(of: "batch.lines") == "default")
    }

    @Test("a wrong --set is answered with the option and the key", arguments: wrongSettings)
    func refusedSettings(broken: Broken) {
        #expect(findings("log: {level: info}", set: [broken.text]) == broken.findings)
    }

    @Test("a wrong variable is answered with its name and without its value")
    func refusedVariables() {
        let environment = [
            "TAILPROOF_STATE": "S3cret", "TAILPROOF_MEMORY": "S3cret",
            "TAILPROOF_OUTPUT_ELASTICSEARCH_HOSTS": "http://u:S3cret@h",
            "TAILPROOF_LOG_LEVEL": "S3cret",
        ]
        #expect(
            findings("log: {format: jsn}", environment: environment) == [
                "1:15: log.format: expected auto, text or json, found \"jsn\"; did you mean "
                    + "\"json\"?",
                "environment TAILPROOF_LOG_LEVEL: log.level: expected error, warn, info or debug, "
                    + "not what TAILPROOF_LOG_LEVEL holds",
                "environment TAILPROOF_STATE: state: expected an absolute path, not what "
                    + "TAILPROOF_STATE holds",
                "environment TAILPROOF_OUTPUT_ELASTICSEARCH_HOSTS: "
                    + "output.elasticsearch.hosts[0]: credentials in a URL are refused: they end "
                    + "up in logs and process lists",
                "environment TAILPROOF_MEMORY: memory: expected a size from 1MiB to 16GiB, not "
                    + "what TAILPROOF_MEMORY holds",
            ])
    }

    @Test("a variable that names servers makes standard output a copy")
    func copy() throws {
        let name = "TAILPROOF_OUTPUT_ELASTICSEARCH_HOSTS"
        let configuration = try decoded(
            "output: {stdout: {style: json}}", environment: [name: "http://h:9200"]
        ).configuration
        guard case .elasticsearch(let settings) = configuration.output else {
            Issue.record("no servers in \(configuration.output)")
            return
        }
        #expect(settings.hosts == ["http://h:9200"] && settings.copy == .json)
    }

    @Test("options of their own go before all others, and check says so")
    func options() throws {
        let environment = ["TAILPROOF_STATE": "/environment"]
        guard
            case .run(_, let arguments) = try CommandTable.tailproof.parse(
                ["run", "--state", "s", "--set", "state=/set", "--output", "json", "/a"].map {
                    Array($0.utf8)
                })
        else { return }
        let effective = try RunOptions(arguments).effective(in: "/w") {
            environment[$0].map { Array($0.utf8) }
        }
        #expect(effective.configuration.state == "/w/s")
        #expect(effective.origin(of: "state") == "--state")
        #expect(effective.origin(of: "output.stdout.style") == "--output")
        #expect(effective.origin(of: "inputs[0].paths") == "PATH")
    }
}

private let wrongSettings = [
    Broken("x", "--set: expected KEY=VALUE, such as log.level=debug, found \"x\""),
    Broken("=x", "--set: expected KEY=VALUE, such as log.level=debug, found \"=x\""),
    Broken("memry=1MiB", "--set: memry: unknown key; did you mean \"memory\"?"),
    Broken(
        "log.level=loud",
        "--set: log.level: expected error, warn, info or debug, found \"loud\""),
    Broken("log.level=", "--set: log.level: expected error, warn, info or debug, found nothing"),
    Broken("log.level=[", "--set: log.level: not valid YAML: did not find expected node content"),
    Broken(
        "log.level.x=1",
        "--set: log.level.x: \"x\" stands in a mapping, and here is a single value"),
    Broken("log[0]=1", "--set: \"log[0]\": [0] stands in a list, and here is a mapping"),
    Broken(
        "inputs[1].format=auto",
        "--set: \"inputs[1].format\": there is none before it; the first "
            + "one is [0]"),
    Broken(
        "inputs[0=1",
        "--set: \"inputs[0\": expected a key such as output.elasticsearch.hosts or "
            + "inputs[0].format"),
    Broken(
        "log..level=1",
        "--set: log..level: expected a key such as output.elasticsearch.hosts or "
            + "inputs[0].format"),
    Broken(
        "shutdown.quiet=1h",
        "--set: shutdown.quiet: \"1h\" is too large; expected a duration from 0s to 10m"),
]
