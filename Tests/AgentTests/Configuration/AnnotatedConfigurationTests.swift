// What `check` prints: values with their origins, users masked, as YAML and as JSON.
import Agent
import Foundation
import Testing

@Suite("The annotated configuration")
struct AnnotatedConfigurationTests {
    @Test("any configuration is printed so that it reads back, every value with its origin")
    func roundTrip() throws {
        var seed = RandomConfigurations()
        for round in 0..<300 {
            let configuration = seed.configuration()
            let effective = try decoded(configuration.yaml)
            #expect(effective.configuration == configuration, "\(seed) round \(round)")
            let text = effective.annotated
            if try decoded(text).configuration != configuration {
                Issue.record("\(seed) round \(round): \(text)")
            }
            let lines = text.split(separator: "\n")
            let leaves = lines.filter { !$0.hasSuffix(":") }
            #expect(leaves.allSatisfy { $0.contains("  # f:") || $0.hasSuffix("  # default") })
        }
    }

    @Test("text that looks like a reference is printed so that it reads back")
    func references() throws {
        for text in ["${A}", "$${A}", "$$${A}", "a${", "${${", "$", "$$"] {
            var configuration = Configuration.default
            configuration.inputs[0].fields = [.init(name: "note", value: .text(text))]
            #expect(try decoded(configuration.yaml).configuration == configuration, "\(text)")
        }
    }

    @Test("each value is printed with where it comes from")
    func origins() throws {
        let text = """
            state: /s
            inputs:
              - paths: ["${LOGS}/a", /b]
                fields: {service: {name: shop}, labels.x: [1, "${T}"]}
            output:
              elasticsearch: {hosts: ["http://h"]}
            """
        let environment = ["LOGS": "/l", "T": "t", "TAILPROOF_LOG_LEVEL": "debug"]
        let printed = try decoded(
            text, environment: environment, set: ["batch.lines=7"]
        ).annotated
        for line in [
            "state: /s  # f:1", "  - paths: [/l/a, /b]  # f:3, environment LOGS",
            "    exclude: []  # default", "      service.name: shop  # f:4",
            "      labels.x: [1, t]  # f:4, environment T", "    hosts: [\"http://h\"]  # f:6",
            "    compression: gzip  # default", "  lines: 7  # --set",
            "  level: debug  # environment TAILPROOF_LOG_LEVEL", "  format: auto  # default",
        ] {
            #expect(printed.split(separator: "\n").contains(Substring(line)), "\(line)\n\(printed)")
        }
    }

    @Test("user and password of a URL are masked, and nothing else")
    func masks() throws {
        let text = """
            inputs:
              - fields: {a: "see http://me:S3cret@h/x", b: "https://S3cret@h", c: "me@h", \
            d: "http://h/x", e: ["ftp://u:S3/cret@h x@y"]}
            """
        let effective = try decoded(text)
        for printed in [effective.annotated, effective.json] {
            #expect(!printed.contains("S3"), "\(printed)")
            for part in [
                "see http://****@h/x", "https://****@h", "me@h", "http://h/x", "****@h x@y",
            ] { #expect(printed.contains(part), "\(part)") }
        }
    }

    @Test("JSON has the same values and origins")
    func json() throws {
        let effective = try decoded(
            "memory: 9000000\ninputs: [{fields: {\"a.b\": \"\\\"\\n\", n: -1.5, t: true, q: \"1\"}}]"
        )
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(effective.json.utf8)) as? [String: Any])
        let configuration = try #require(object["configuration"] as? [String: Any])
        #expect(configuration["memory"] as? Int == 9_000_000)
        #expect(configuration["max_line"] as? String == "256KiB")
        let inputs = try #require(configuration["inputs"] as? [[String: Any]])
        let fields = try #require(inputs[0]["fields"] as? [String: Any])
        #expect(fields["a.b"] as? String == "\"\n")
        #expect(fields["n"] as? Double == -1.5)
        #expect(fields["t"] as? Bool == true)
        #expect(fields["q"] as? String == "1")
        let origins = try #require(object["origins"] as? [String: String])
        #expect(origins["memory"] == "f:1")
        #expect(origins["inputs[0].fields.a.b"] == "f:2")
        #expect(origins["inputs[0].paths"] == "default")
        let leaves = effective.annotated.split(separator: "\n").filter { !$0.hasSuffix(":") }
        #expect(origins.count == leaves.count)
    }

    @Test("findings as JSON have the parts of their lines")
    func jsonFindings() throws {
        do throws(ConfigurationErrors) {
            _ = try decoded("\nmemry: 1", set: ["x"])
            Issue.record("taken")
        } catch {
            let object = try JSONSerialization.jsonObject(with: Data(error.json.utf8))
            let errors = try #require((object as? [String: Any])?["errors"] as? [[String: Any]])
            #expect(errors.count == 2)
            #expect(errors[0]["file"] as? String == "f")
            #expect(errors[0]["line"] as? Int == 2)
            #expect(errors[0]["column"] as? Int == 1)
            #expect(errors[0]["key"] as? String == "memry")
            #expect(errors[1]["file"] as? String == "--set")
            #expect(errors[1]["line"] == nil)
        }
    }
}
