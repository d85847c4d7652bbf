// The action line: index, pipeline, id; and that no value can break out of it.
import Agent
import Elastic
import Foundation
import TestKit
import Testing

@Suite("Action line")
struct ActionTests {
    @Test func `names the pipeline of the output, before the id`() throws {
        var bench = try DocumentBench(pipeline: .named("access-%{dataset}"))
        let (action, _, target) = bench.lines(sampleLine)
        #expect(
            action.hasPrefix(
                #"{"create":{"_index":"logs-tomcat.access-default","#
                    + #""pipeline":"access-tomcat.access","_id":""#))
        #expect(
            bench.writer.targets.name(of: target)
                == "logs-tomcat.access-default, pipeline access-tomcat.access")
    }

    @Test func `an input's own pipeline goes before the output's`() throws {
        let cases: [(Configuration.Pipeline?, Configuration.Pipeline, String?)] = [
            (nil, .ofTarget, nil), (nil, .named("out"), "out"), (.named("in"), .named("out"), "in"),
            (.named("in"), .ofTarget, "in"), (.ofTarget, .named("out"), nil),
            (.named("_none"), .named("out"), "_none"),
        ]
        for (own, output, expected) in cases {
            var bench = try DocumentBench(
                { $0.pipeline = own }, target: .index("a"), pipeline: output)
            let member = expected.map { #","pipeline":"\#($0)""# } ?? ""
            let action = bench.lines(sampleLine).action
            #expect(action.hasPrefix(#"{"create":{"_index":"a"\#(member),"_id":""#))
        }
    }

    @Test func `namespace and fields name stream and pipeline`() throws {
        var bench = try DocumentBench(
            {
                $0.namespace = "prod"
                $0.fields = [.init(name: "service.name", value: .text("shop"))]
            }, target: .dataStream("logs-%{fields.service.name}-%{namespace}"),
            pipeline: .named("%{fields.service.name}@%{namespace}"))
        let (action, source, _) = bench.lines(sampleLine)
        #expect(action.contains(#""_index":"logs-shop-prod","pipeline":"shop@prod","#))
        #expect(
            source.contains(
                #""data_stream":{"type":"logs","dataset":"shop","namespace":"prod"}"#))
    }

    @Test func `a dated index keeps its pipeline, and the writer knows its input`() throws {
        var bench = try DocumentBench(
            target: .index("a-%{yyyy.MM.dd}"), pipeline: .named("p"), input: 7)
        let first = bench.lines(sampleLine)
        let second = bench.lines(sampleLine.replacing("17/May", with: "18/May"))
        #expect(first.action.contains(#""_index":"a-2015.05.17","pipeline":"p","_id""#))
        #expect(second.action.contains(#""_index":"a-2015.05.18","pipeline":"p","_id""#))
        let targets = bench.writer.targets
        #expect(targets.name(of: second.target) == "a-2015.05.18, pipeline p")
        for target in [first.target, second.target] {
            #expect(targets.inputs(of: target) == [7])
        }
    }

    /// Values with what JSON, NDJSON and names find special.
    private func text(_ random: inout SeededGenerator) -> String {
        let parts = [
            "a", "é", "\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{7F}", "}", "{", ":", ",", "-",
            "\u{2028}", "😀", "%{dataset}", #"","_id":"x"#, #""}}"#, "/", " ", "B", ".", "_",
        ]
        return (0..<Int.random(in: 1...4, using: &random)).map { _ in
            parts.randomElement(using: &random) ?? ""
        }.joined()
    }

    @Test func `no field value breaks out of it: it is refused, or it is the name`() throws {
        var random = Seed.generator(2)
        var counts = (taken: 0, refused: 0, quoting: 0)
        for _ in 0..<4000 {
            let (index, pipeline) = (text(&random), text(&random))
            var made: (action: String, source: String, target: UInt16)
            do {
                var bench = try DocumentBench(
                    {
                        $0.fields = [
                            .init(name: "i", value: .text(index)),
                            .init(name: "p", value: .text(pipeline)),
                        ]
                    }, target: .index("x%{fields.i}"), pipeline: .named("y%{fields.p}"))
                made = bench.lines(sampleLine)
            } catch is DocumentTemplate.Refusal {
                counts.refused += 1
                continue
            }
            counts.taken += 1
            if pipeline.contains("\"") { counts.quoting += 1 }
            let object = try JSONSerialization.jsonObject(with: Data(made.action.utf8))
            let action = try #require(object as? [String: [String: String]])
            #expect(Set(action.keys) == ["create"])
            let create = try #require(action["create"])
            #expect(Set(create.keys) == ["_index", "pipeline", "_id"])
            #expect(create["_index"] == "x" + index)
            #expect(create["pipeline"] == "y" + pipeline)
            #expect(create["_id"]?.utf8.count == 32)
            #expect(made.action.hasSuffix(#","_id":"\#(create["_id"] ?? "")"}}"#))
        }
        #expect(counts.taken > 100 && counts.refused > 100 && counts.quoting > 20)
    }

    @Test func `no line changes it, but by its time`() throws {
        var random = Seed.generator(3)
        var bench = try DocumentBench(
            { $0.fields = [.init(name: "f", value: .text("shop"))] },
            target: .dataStream("logs-%{fields.f}-%{namespace}"),
            pipeline: .named("%{dataset}"))
        let start = #"{"create":{"_index":"logs-shop-default","pipeline":"tomcat.access","_id":""#
        for _ in 0..<1000 {
            let hostile = text(&random).replacing("\n", with: "")
            for line in [
                hostile, sampleLine.replacing("frank", with: hostile),
                sampleLine.replacing("/a/b?x=1&y", with: hostile),
                sampleLine.replacing("Mozilla", with: hostile),
            ] {
                let (action, _, target) = bench.lines(line)
                #expect(action.hasPrefix(start) && action.utf8.count == start.utf8.count + 35)
                #expect(target == 0)
            }
        }
    }
}
