// The document of a line, member by member.
import Agent
import Bytes
import Elastic
import Foundation
import Tail
import Testing

/// Writes documents of one file into a body of its own.
struct DocumentBench: ~Copyable {
    var writer = DocumentWriter()
    var frame: DocumentFrame
    var id = IDWriter(Incarnation(high: 0x014d_6083_f3d8_0001, low: 2))
    var body = ByteBuffer(capacity: 4096)
    var lastTime: Int64 = 1_431_857_103

    static let origin = DocumentTemplate.Origin(host: "node-1", version: "1.0.0", id: "a1")

    init(
        _ change: (inout Configuration.Input) -> Void = { _ in },
        target: Configuration.Target = .dataStream("logs-%{dataset}-default"),
        pipeline: Configuration.Pipeline = .ofTarget, path: String = "/logs/access.log",
        input: Int = 0
    ) throws {
        var settings = Configuration.Input()
        settings.format = .combined
        change(&settings)
        let template = try DocumentTemplate(
            settings, target: target, pipeline: pipeline, origin: DocumentBench.origin)
        frame = DocumentFrame(template, path: .init(path), input: input)
    }

    /// The two lines of one event.
    mutating func lines(
        _ line: String, offset: UInt64 = 0, torn: Bool = false, whole: LineEvent.Whole? = nil
    ) -> (action: String, source: String, target: UInt16) {
        body.clear()
        let bytes = Array(line.utf8)
        let check = EventID.check(of: bytes.span, torn: torn)
        let event = LineEvent(offset: offset, check: check, whole: whole)
        let target = writer.append(
            bytes.span, of: event, lastTime: &lastTime, frame: &frame, id: &id, into: &body)
        let lines = body.bytes.text.split(separator: "\n", omittingEmptySubsequences: false)
        precondition(lines.count == 3 && lines[2].isEmpty)
        return (String(lines[0]), String(lines[1]), target)
    }
}

let sampleLine =
    #"83.149.9.216 - frank [17/May/2015:10:05:03 +0000] "GET /a/b?x=1&y HTTP/1.1" 200 203023 "#
    + #""http://example.org/" "Mozilla/5.0 (X11)""#

@Suite("Document")
struct DocumentWriterTests {
    @Test func `a combined line becomes this action and this source`() throws {
        var bench = try DocumentBench()
        let (action, source, target) = bench.lines(sampleLine, offset: 1234)
        let check = EventID.check(of: Array(sampleLine.utf8).span, torn: false)
        let id = EventID(incarnation: bench.id.incarnation, offset: 1234, check: check)
        #expect(
            action
                == #"{"create":{"_index":"logs-tomcat.access-default","_id":"\#(id.text)"}}"#)
        #expect(target == 0)
        #expect(bench.writer.targets.name(of: 0) == "logs-tomcat.access-default")
        #expect(
            source == #"{"@timestamp":"2015-05-17T10:05:03.000Z","#
                + #""source":{"address":"83.149.9.216","ip":"83.149.9.216"},"#
                + #""user":{"name":"frank"},"#
                + #""url":{"original":"/a/b?x=1&y","path":"/a/b","query":"x=1&y"},"#
                + #""http":{"response":{"status_code":200,"body":{"bytes":203023}},"#
                + #""version":"1.1","request":{"method":"GET","referrer":"http://example.org/"}},"#
                + #""user_agent":{"original":"Mozilla/5.0 (X11)"},"#
                + #""event":{"kind":"event","category":["web"],"type":["access"],"#
                + #""dataset":"tomcat.access","outcome":"success"},"#
                + #""data_stream":{"type":"logs","dataset":"tomcat.access","namespace":"default"},"#
                + #""ecs":{"version":"8.17.0"},"#
                + #""log":{"file":{"path":"/logs/access.log"},"offset":1234},"#
                + #""host":{"name":"node-1"},"#
                + #""agent":{"type":"tailproof","version":"1.0.0","id":"a1"}}"#)
    }
}
