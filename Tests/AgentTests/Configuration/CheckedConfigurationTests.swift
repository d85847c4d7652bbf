// What passed the check starts: the pump's settings can be made of it.
import Agent
import Bytes
import Foundation
import Testing

@Suite("Checked configurations")
struct CheckedConfigurationTests {
    @Test("whatever is decoded without a finding, the pump's settings can be made of")
    func starts() throws {
        var seed = RandomConfigurations()
        var counts = (valid: 0, broken: 0)
        for _ in 0..<2000 {
            let text = seed.daringText()
            do throws(ConfigurationErrors) {
                let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "f")
                start(configuration, seed, text)
                start(printed(configuration), seed, text)
                counts.valid += 1
            } catch {
                counts.broken += 1
            }
        }
        #expect(counts.valid > 100 && counts.broken > 100, "\(seed)")
    }

    /// As `run --output bulk` has it.
    private func printed(
        _ configuration: Configuration
    ) -> Configuration {
        var printed = configuration
        printed.printedTarget = configuration.target
        printed.printedPipeline = configuration.pipeline
        printed.output = .stdout(.bulk)
        return printed
    }

    private func start(
        _ configuration: Configuration, _ seed: RandomConfigurations, _ text: String
    ) {
        do throws(DocumentTemplate.Refusal) {
            _ = try PumpSettings(configuration, origin: DocumentBench.origin)
        } catch {
            Issue.record("\(seed): \(error) in \(text)")
        }
    }

    @Test(
        "a document in colours is at most three times itself, as the printer's memory has it",
        arguments: [sampleLine, "-", "- - - [17/May/2015:10:05:03 +0000] \"-\" 200 -"])
    func coloured(line: String) throws {
        var bench = try DocumentBench({ $0.format = .auto })
        let source = bench.lines(line).source
        var out = ByteBuffer(capacity: 0)
        PrettyPrinter(isColoured: true).append(Array(source.utf8).span, to: &out)
        #expect(out.count <= 3 * bench.body.count)
    }

    @Test("the defaults fit into the memory they are given, in either output")
    func defaults() {
        var configuration = Configuration.default
        #expect(configuration.leastMemory < configuration.memory)
        configuration.output = .elasticsearch(Configuration.Elasticsearch())
        #expect(configuration.leastMemory == 7696 << 10)
        #expect(configuration.leastMemory < configuration.memory)
    }
}

extension RandomConfigurations {
    /// Texts with names, values and targets that documents can have or only nearly can.
    fileprivate mutating func daringText() -> String {
        let names = [
            "host.name", "host", "agent.id", "event.category", "event.dataset", "event",
            "log.file.path", "log.offset", "log.level", "labels.a", "labels", "service.name", "_a",
            "a._b", "data_stream.x", "ecs.version", "a..b", "' '", "tags", "\"é\\t\"", "é",
        ]
        let values = ["x", "1", "true", "[a, b]", "[]", "[1]", "{x: y}", "''"]
        let inputs = (0...below(2)).map { _ in
            let fields = (0..<below(4)).map { _ in "\(pick(names)): \(pick(values))" }
            let dataset = pick(["a", "tomcat.access", "a", "a b", "É", "_a", ".", "é", "\"\\t\""])
            let namespace = pick(["default", "default", "default", "default", "prod", "_a"])
            let pipeline = pick([
                "", "", "pipeline: none, ", "pipeline: '%{dataset}', ",
                "pipeline: '%{fields.labels}', ",
            ])
            return "{dataset: \(dataset), namespace: \(namespace), \(pipeline)"
                + "fields: {\(fields.joined(separator: ", "))}}"
        }
        let target = pick([
            "data_stream: 'logs-%{dataset}-x'", "index: '%{dataset}'", "index: literal",
            "data_stream: 'a-b'", "index: '%{yyyy}%{dataset}'", "index: '.%{dataset}'", "index: .",
            "index: \(String(repeating: "a", count: 243))%{dataset}", "data_stream: '%{dataset}é'",
            "data_stream: '%{dataset}-%{namespace}'", "index: '%{namespace}%{fields.labels}'",
            "index: a, pipeline: '%{fields.labels.a}%{namespace}'", "require_data_stream: true",
        ])
        let output = boolean() ? "output: {elasticsearch: {\(target)}}\n" : ""
        return "inputs: [\(inputs.joined(separator: ", "))]\n" + output
    }
}
