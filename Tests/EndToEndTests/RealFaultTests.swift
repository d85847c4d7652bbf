// The agent against real servers whose indices are closed, full, rolled over, or behind pipelines.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    @Test(arguments: RealServer.engines)
    func `a stream that is blocked in the midst of its load has every line once`(
        _ engine: RealServer.Engine
    ) throws {
        let real = try Real(engine)
        let writer = try real.stage.writer()
        try writer.write(500)
        let agent = try real.stage.start()
        #expect(try real.everythingArrives())
        let settings = "/\(real.target)/_settings"
        try real.server.ask("PUT", settings, #"{"index.blocks.read_only_allow_delete":true}"#)
        try writer.write(2000)
        #expect(agent.says("\"type\":\"cluster_block_exception\""))
        try real.server.ask("PUT", settings, #"{"index.blocks.read_only_allow_delete":null}"#)
        try real.close(agent)
        #expect(!agent.log.contains("line.parked"))
    }

    /// OpenSearch does not close the index that a stream writes to: there it is a dated one.
    @Test(arguments: RealServer.engines)
    func `a closed index waits for being opened, and nothing is parked`(
        _ engine: RealServer.Engine
    ) throws {
        let real = try Real(engine, stream: engine == .elasticsearch)
        let writer = try real.stage.writer()
        try writer.write(500)
        let agent = try real.stage.start()
        #expect(try real.everythingArrives())
        let index = try #require(try real.server.documents(real.target).first).index
        try real.server.ask("POST", "/\(index)/_close")
        let other = try real.stage.writer("b", name: "access.log.b", day: 21)
        try writer.write(500)
        try other.write(500)
        #expect(agent.says("\"type\":\"index_closed_exception\""))
        try real.server.ask("POST", "/\(index)/_open")
        try real.close(agent)
        #expect(!agent.log.contains("line.parked"))
    }

    /// What was stored before a rollover and is sent again after it is stored again: the limit that
    /// docs/promises.md names. Anything else is a fault here as everywhere.
    @Test(
        .enabled(if: !RealServer.ownEngines.isEmpty, RealServer.absence),
        arguments: RealServer.ownEngines)
    func `a stream rolled over between a request and its resend loses nothing`(
        _ engine: RealServer.Engine
    ) throws {
        let real = try Real(engine)
        real.stage.settings.timeout = "2s"
        let writer = try real.stage.writer()
        try writer.write(500)
        let agent = try real.stage.start()
        #expect(try real.everythingArrives())
        try real.server.pause()
        try writer.write(500)
        #expect(agent.says("\"kind\":\"timeout\""))
        try real.server.resume()
        try real.server.ask("POST", "/\(real.target)/_rollover")
        try writer.write(500)
        #expect(try real.everythingArrives())
        #expect(agent.terminate() == .exited(0))
        let findings = try real.server.findings(real.target)
        #expect(Set(findings.map(\.index)).count == 2)
        let verdict = Judge(real.stage.ledger, forgivesRollovers: true).verdict(stored: findings)
        #expect(verdict.isClean, "\(verdict)")
        // Only the server knows which requests of a client that has left it still did.
        let doubled = Judge(real.stage.ledger).verdict(stored: findings).duplicates
        let named = try agent.events("batch.possibly_duplicate")
        #expect(
            doubled.isEmpty
                || named.contains { event in
                    doubled.contains { $0.ids.contains(event["id"] as? String ?? "") }
                })
    }

    /// Elasticsearch's distribution for tests has no such processor.
    @Test(.enabled(if: RealServer.ownEngines.contains(.opensearch), RealServer.absence))
    func `what the index's own pipeline drops is final`() throws {
        let real = try Real(.opensearch, stream: false)
        let mark = real.target.replacing("-*", with: "")
        try real.server.ask("PUT", "/_ingest/pipeline/\(mark)", #"{"processors":[{"drop":{}}]}"#)
        try real.server.ask(
            "PUT", "/\(mark)-2018.09.20", #"{"settings":{"index.default_pipeline":"\#(mark)"}}"#)
        try real.stage.writer("a", name: "access.log.a").write(500)
        for sequence in 0..<500 {
            real.stage.ledger.excuse(LineKey(stream: "a", sequence: sequence))
        }
        try real.stage.writer("b", name: "access.log.b", day: 21).write(500)
        let agent = try real.stage.start()
        try real.close(agent)
        let tallies = try StateFiles(directory: real.stage.settings.state).records.map(\.tally)
        #expect(tallies.reduce(0) { $0 + ($1[1]?.events ?? 0) } == 500)
    }

    @Test(arguments: RealServer.engines)
    func `of three inputs the one whose pipeline is missing waits, and nothing is parked`(
        _ engine: RealServer.Engine
    ) throws {
        let real = try Real(engine)
        let mark = real.stage.settings.dataset
        real.stage.settings.pipeline = "%{dataset}"
        real.stage.settings.paths = ["\(real.stage.logs)/a.log"]
        for name in ["b", "c"] {
            real.stage.settings.others.append(("\(real.stage.logs)/\(name).log", mark + name))
            try real.server.makeDataStreams("logs-\(mark)\(name)-")
        }
        for name in ["", "b"] {
            try real.server.ask("PUT", "/_ingest/pipeline/\(mark)\(name)", #"{"processors":[]}"#)
        }
        for name in ["a", "b", "c"] { try real.stage.writer(name, name: "\(name).log").write(500) }
        let agent = try real.stage.start()
        let all = "logs-\(mark)*"
        #expect(try real.server.waitForCount(1000, in: all))
        #expect(agent.says("\"type\":\"illegal_argument_exception\""))
        #expect(try real.server.count(all) == 1000)
        try real.server.ask("PUT", "/_ingest/pipeline/\(mark)c", #"{"processors":[]}"#)
        #expect(try real.server.waitForCount(1500, in: all))
        #expect(agent.terminate() == .exited(0))
        let verdict = Judge(real.stage.ledger).verdict(stored: try real.server.findings(all))
        #expect(verdict.isClean, "\(verdict)")
        #expect(!agent.log.contains("line.parked"))
    }
}
