// Lines that do not parse, lines whose end was not seen, and lines that were cut.
import Agent
import Bytes
import Tail
import Testing

@Suite("Document of an odd line")
struct UnparsedTests {
    @Test func `a line that does not parse keeps its text and takes the time before it`() throws {
        var bench = try DocumentBench()
        bench.lastTime = 60
        let source = bench.lines("no \"log\" line \u{1}").source
        #expect(
            source == #"{"@timestamp":"1970-01-01T00:01:00.000Z","#
                + #""message":"no \"log\" line \u0001","#
                + #""error":{"message":"not a combined line: expected a time such as "#
                + #"[17/May/2015:10:05:03 +0000] at byte 14"},"tags":["timestamp_inherited"],"#
                + #""event":{"kind":"pipeline_error","category":["web"],"#
                + #""dataset":"tomcat.access"},"#
                + #""data_stream":{"type":"logs","dataset":"tomcat.access","namespace":"default"},"#
                + #""ecs":{"version":"8.17.0"},"#
                + #""log":{"file":{"path":"/logs/access.log"},"offset":0},"#
                + #""host":{"name":"node-1"},"#
                + #""agent":{"type":"tailproof","version":"1.0.0","id":"a1"}}"#)
        #expect(bench.lastTime == 60)
    }

    @Test func `the time is that of the last line that had one, whatever the order`() throws {
        var bench = try DocumentBench()
        for (line, time) in [
            ("x", "2015-05-17T10:05:03"), (sampleLine, "2015-05-17T10:05:03"),
            ("x", "2015-05-17T10:05:03"),
            (sampleLine.replacing("10:05:03", with: "09:00:00"), "2015-05-17T09:00:00"),
            ("", "2015-05-17T09:00:00"),
        ] {
            #expect(bench.lines(line).source.hasPrefix(#"{"@timestamp":"\#(time).000Z","#))
        }
    }

    @Test(arguments: [(Int64.min, "0000-01-01T00:00:00"), (.max, "9999-12-31T23:59:59")])
    func `a time beyond four digits of year is taken as the nearest`(
        time: Int64, text: String
    ) throws {
        var bench = try DocumentBench()
        bench.lastTime = time
        #expect(bench.lines("x").source.hasPrefix(#"{"@timestamp":"\#(text).000Z","#))
    }

    @Test func `a torn line says so`() throws {
        var bench = try DocumentBench()
        #expect(bench.lines(sampleLine, torn: true).source.contains(#","tags":["torn"],"event":"#))
        #expect(
            bench.lines("x", torn: true).source.contains(
                #","tags":["timestamp_inherited","torn"],"#))
        #expect(!bench.lines(sampleLine).source.contains("tags"))
    }

    @Test func `a cut line says how long it was and what it hashed to`() throws {
        var bench = try DocumentBench()
        let whole = LineEvent.Whole(length: 300_000, hash: 0xabc)
        for line in [sampleLine, "x"] {
            let source = bench.lines(line, offset: 9, whole: whole).source
            #expect(
                source.contains(
                    #","tailproof":{"line":{"bytes":300000,"xxh3":"0000000000000abc"}},"event":"#))
            #expect(source.contains(#""offset":9,"flags":["truncated"]},"host""#))
        }
    }

    @Test func `ill-formed bytes of line and path become U+FFFD`() throws {
        var input = Configuration.Input()
        input.format = .combined
        let template = try DocumentTemplate(
            input, target: .index("a"), origin: DocumentBench.origin)
        var frame = DocumentFrame(
            template, path: .init(bytes: [0x2f, 0xff, 0x22, 0xe2, 0x82]), input: 0)
        var writer = DocumentWriter()
        var id = IDWriter(Incarnation(high: 1, low: 2))
        var body = ByteBuffer(capacity: 0)
        var time: Int64 = 0
        let event = LineEvent(offset: 0, check: 0)
        _ = writer.append(
            ([0xc3, 0x41] as [UInt8]).span, of: event, lastTime: &time, frame: &frame, id: &id,
            into: &body)
        let text = try #require(String(validating: body.array, as: UTF8.self))
        #expect(text.contains(#""path":"/\#u{fffd}\"\#u{fffd}""#))
        #expect(text.contains(#""message":"\#u{fffd}A""#))
    }
}
