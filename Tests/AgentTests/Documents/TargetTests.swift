// Where a document goes, and what it says of its stream.
import Agent
import Elastic
import Testing

@Suite("Target of a document")
struct TargetTests {
    @Test func `a dated index follows the time of each event`() throws {
        var bench = try DocumentBench(target: .index("access-%{yyyy.MM.dd}"))
        let next = sampleLine.replacing("17/May", with: "18/May")
        let targets = [sampleLine, next, sampleLine, "unparsed", next].map { line in
            let (action, _, target) = bench.lines(line)
            let day = target == 0 ? "17" : "18"
            #expect(action.hasPrefix(#"{"create":{"_index":"access-2015.05.\#(day)","_id":""#))
            return target
        }
        #expect(targets == [0, 1, 0, 0, 1])
        #expect(bench.writer.targets.name(of: 1) == "access-2015.05.18")
    }

    @Test func `an index has no data_stream and no dataset`() throws {
        var bench = try DocumentBench(target: .index("access"))
        for line in [sampleLine, "unparsed"] {
            let source = bench.lines(line).source
            #expect(!source.contains("dataset"))
            #expect(!source.contains("data_stream"))
        }
    }

    @Test func `the stream's own name says the dataset, not the configured one`() throws {
        var bench = try DocumentBench(target: .dataStream("logs-shop-prod"))
        let source = bench.lines(sampleLine).source
        #expect(source.contains(#","dataset":"shop","outcome""#))
        #expect(
            source.contains(
                #""data_stream":{"type":"logs","dataset":"shop","namespace":"prod"}"#))
        var other = try DocumentBench(target: .dataStream("access"))
        #expect(!other.lines(sampleLine).source.contains("dataset"))
    }

    @Test(arguments: [(399, "success"), (400, "failure"), (100, "success"), (599, "failure")])
    func `the outcome is failure from 400 on`(status: Int, outcome: String) throws {
        var bench = try DocumentBench()
        let line = sampleLine.replacing("\" 200 ", with: "\" \(status) ")
        #expect(bench.lines(line).source.contains(#""outcome":"\#(outcome)"}"#))
    }

    @Test func `a target that cannot be is refused`() {
        func refusal(_ dataset: String, _ target: Configuration.Target)
            -> DocumentTemplate.Refusal?
        {
            var input = Configuration.Input()
            input.dataset = dataset
            do throws(DocumentTemplate.Refusal) {
                _ = try DocumentTemplate(input, target: target, origin: DocumentBench.origin)
                return nil
            } catch { return error }
        }
        guard case .pattern(.index, _) = refusal("a", .index("A")),
            case .pattern(.dataStream, _) = refusal("a", .dataStream("logs-%{yyyy}")),
            case .value = refusal("A", .dataStream("logs-%{dataset}-default"))
        else {
            Issue.record("taken")
            return
        }
    }
}
