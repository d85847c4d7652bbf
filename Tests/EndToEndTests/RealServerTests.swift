// The agent against the real Elasticsearch and OpenSearch.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite(
        "Real servers", .serialized, StopsRealServers(),
        .enabled(if: !RealServer.engines.isEmpty, RealServer.absence))
    struct RealServerTests {
        /// A stage whose agent ships to a real server, into a target of the test's own.
        struct Real {
            let server: RealServer
            let stage: Stage
            /// The data stream, or the pattern of the indices.
            let target: String

            init(_ engine: RealServer.Engine, stream: Bool = true, settings: [String] = []) throws {
                server = try RealServer.shared(engine, settings: settings)
                stage = try Stage()
                stage.settings.hosts = [server.url]
                let mark = "e2e\(UInt32.random(in: 0...UInt32.max))"
                if stream {
                    target = "logs-\(mark)-default"
                    stage.settings.dataset = mark
                    try server.makeDataStreams("logs-\(mark)-")
                } else {
                    target = "\(mark)-*"
                    stage.settings.target = .index("\(mark)-%{yyyy.MM.dd}")
                }
            }

            func everythingArrives() throws -> Bool {
                try server.waitForCount(stage.ledger.count, in: target)
            }

            /// Ends the agent in peace and judges.
            func close(_ agent: AgentProcess) throws {
                #expect(try everythingArrives())
                #expect(agent.terminate() == .exited(0))
                #expect(try server.count(target) == stage.ledger.count)
                let verdict = Judge(stage.ledger).verdict(stored: try server.findings(target))
                #expect(verdict.isClean, "\(verdict)")
            }
        }

        @Test(arguments: RealServer.engines, [true, false])
        func `every line arrives once`(_ engine: RealServer.Engine, _ stream: Bool) throws {
            let real = try Real(engine, stream: stream)
            let writer = try real.stage.writer()
            try writer.write(2000 * torture)
            let agent = try real.stage.start()
            try writer.rotate()
            try writer.write(1000)
            try real.close(agent)
        }

        @Test(arguments: RealServer.engines, ["gzip", "none"])
        func `killed again and again under load and rotation, each line arrives once`(
            _ engine: RealServer.Engine, _ compression: String
        ) throws {
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let real = try Real(engine)
            real.stage.settings.compression = compression
            let writer = try real.stage.writer(buffering: .blocks(8192))
            let rounds = 6 * torture
            for round in 0..<rounds {
                let agent = try real.stage.start()
                let load = Background {
                    for _ in 0..<4 {
                        try writer.write(150)
                        if round % 2 == 0 { try writer.rotate() }
                    }
                }
                Thread.sleep(forTimeInterval: Double.random(in: 0...0.5, using: &random))
                agent.kill()
                try load.join()
            }
            try writer.flush()
            let last = try real.stage.start()
            try real.close(last)
            print("killed \(rounds) times with seed \(seed)")
        }

        @Test(
            .enabled(if: !RealServer.ownEngines.isEmpty, RealServer.absence),
            arguments: RealServer.ownEngines)
        func `a server that is killed and started again has every line once`(
            _ engine: RealServer.Engine
        ) throws {
            let real = try Real(engine)
            let writer = try real.stage.writer()
            let agent = try real.stage.start()
            try writer.write(2000)
            #expect(try real.everythingArrives())
            try writer.write(3000)
            try real.server.kill()
            try writer.rotate()
            try writer.write(3000)
            #expect(agent.isRunning)
            try real.server.start()
            try real.close(agent)
        }

        @Test(
            .enabled(if: !RealServer.ownEngines.isEmpty, RealServer.absence),
            arguments: RealServer.ownEngines)
        func `a server that hangs for a while has every line once`(_ engine: RealServer.Engine)
            throws
        {
            let real = try Real(engine)
            real.stage.settings.timeout = "2s"
            let writer = try real.stage.writer()
            let agent = try real.stage.start()
            try writer.write(2000)
            try real.server.pause()
            try writer.write(3000)
            #expect(agent.says("\"kind\":\"timeout\""))
            try writer.rotate()
            try writer.write(3000)
            let peak = agent.peakMemory
            try real.server.resume()
            #expect(peak < 40 << 10, "\(peak) KiB resident")
            try real.close(agent)
        }

        @Test(arguments: RealServer.engines)
        func `items that a full disk refuses wait, the others are stored`(
            _ engine: RealServer.Engine
        ) throws {
            let real = try Real(engine, stream: false)
            let full = real.target.replacing("*", with: "2018.09.20")
            try real.server.ask(
                "PUT", "/\(full)", #"{"settings":{"index.blocks.read_only_allow_delete":true}}"#)
            let refused = try real.stage.writer("a", name: "access.log.a")
            let welcome = try real.stage.writer("b", name: "access.log.b", day: 21)
            try refused.write(50)
            try welcome.write(50)
            let agent = try real.stage.start()
            #expect(
                try real.server.waitForCount(
                    50, in: real.target.replacing("*", with: "2018.09.21")))
            #expect(try real.server.count(full) == 0)
            try real.server.ask(
                "PUT", "/\(full)/_settings", #"{"index.blocks.read_only_allow_delete":null}"#)
            try real.close(agent)
        }

        @Test(arguments: RealServer.engines, [true, false])
        func `lines wait for the pipeline that they name`(
            _ engine: RealServer.Engine, _ stream: Bool
        ) throws {
            let real = try Real(engine, stream: stream)
            let pipeline = "p \(real.stage.settings.dataset) \(UInt32.random(in: 0 ... .max))"
            real.stage.settings.pipeline = pipeline
            try real.stage.writer().write(50)
            let agent = try real.stage.start()
            #expect(agent.says("\"batch.refused\""))
            #expect(agent.says("\"type\":\"illegal_argument_exception\""))
            #expect(agent.says(", pipeline \(pipeline)\""))
            #expect(try real.server.count(real.target) == 0)
            let path = pipeline.replacing(" ", with: "%20")
            try real.server.ask("PUT", "/_ingest/pipeline/\(path)", #"{"processors":[]}"#)
            try real.close(agent)
        }

        @Test(arguments: RealServer.engines)
        func `_none is no pipeline's name`(_ engine: RealServer.Engine) throws {
            let real = try Real(engine, stream: false)
            real.stage.settings.pipeline = "_none"
            try real.stage.writer().write(50)
            try real.close(try real.stage.start())
        }

        @Test(
            .enabled(if: RealServer.ownEngines.contains(.elasticsearch), RealServer.absence))
        func `lines that must go to a data stream wait for its template`() throws {
            let real = try Real(.elasticsearch)
            real.stage.settings.requireDataStream = true
            let other = "other-\(real.stage.settings.dataset)"
            real.stage.settings.target = .dataStream(other)
            try real.stage.writer().write(50)
            let agent = try real.stage.start()
            #expect(agent.says("\"type\":\"index_not_found_exception\""))
            #expect(try real.server.count(other) == 0)
            try real.server.makeDataStreams(other)
            #expect(try real.server.waitForCount(50, in: other))
            #expect(agent.terminate() == .exited(0))
            #expect(try real.server.documents(other).allSatisfy { $0.index.hasPrefix(".ds-") })
            let verdict = Judge(real.stage.ledger).verdict(stored: try real.server.findings(other))
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test(.enabled(if: RealServer.ownEngines.contains(.opensearch), RealServer.absence))
        func `a server that does not know require_data_stream takes nothing, and nothing is lost`()
            throws
        {
            let real = try Real(.opensearch)
            real.stage.settings.requireDataStream = true
            try real.stage.writer().write(20)
            let first = try real.stage.start()
            #expect(first.says("\"batch.refused\""))
            #expect(first.says("\"type\":\"illegal_argument_exception\""))
            #expect(first.isRunning)
            #expect(try real.server.count(real.target) == 0)
            first.kill()
            real.stage.settings.requireDataStream = false
            try real.close(try real.stage.start())
        }

        @Test(
            .enabled(if: !RealServer.ownEngines.isEmpty, RealServer.absence),
            arguments: torture > 1 ? RealServer.ownEngines : RealServer.ownEngines.dropLast())
        func `a server with room for one small request at a time gets them in turn`(
            _ engine: RealServer.Engine
        ) throws {
            let real = try Real(
                engine,
                settings: ["indexing_pressure.memory.limit=100kb", "http.max_content_length=100kb"])
            real.stage.settings.connections = 4
            real.stage.settings.memory = "16MiB"
            let writer = try real.stage.writer()
            try writer.write(4000)
            let agent = try real.stage.start()
            try real.close(agent)
            #expect(agent.log.contains("\"output.too_large\",\"status\":413"))
            #expect(agent.log.contains("\"status\":429"))
        }
    }
}
