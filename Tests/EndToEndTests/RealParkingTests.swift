// The agent against real servers whose mapping does not fit some of the lines.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    /// A client's name where the mapping wants its address.
    private static let misfit = "client.example"
    private static let addresses = #"{"source":{"properties":{"address":{"type":"ip"}}}}"#
    private static let words = #"{"source":{"properties":{"address":{"type":"keyword"}}}}"#

    private func mapped(_ engine: RealServer.Engine) throws -> Real {
        let real = try Real(engine)
        try real.server.makeDataStreams(
            "logs-\(real.stage.settings.dataset)-", properties: Self.addresses)
        return real
    }

    /// New indices of the stream take every line.
    private func mend(_ real: Real) throws {
        try real.server.makeDataStreams(
            "logs-\(real.stage.settings.dataset)-", properties: Self.words)
        try real.server.ask("POST", "/\(real.target)/_rollover")
    }

    private func expectMisfits(
        _ count: Int, of real: Real, place: SourceLocation = #_sourceLocation
    ) throws {
        let parked = try ParkFiles.read(real.stage.settings.state)
        #expect(Set(parked.compactMap(\.finding.line)).count == count, sourceLocation: place)
        #expect(parked.count == count, sourceLocation: place)
        for line in parked {
            let raw = String(decoding: line.raw ?? [], as: UTF8.self)
            #expect(raw.hasPrefix("\(Self.misfit) - - ["), sourceLocation: place)
            #expect(raw.hasSuffix("\n"), sourceLocation: place)
            #expect(line.status == 400, sourceLocation: place)
            #expect(
                ["document_parsing_exception", "mapper_parsing_exception"].contains(
                    String(decoding: line.type, as: UTF8.self)), sourceLocation: place)
            let reason = String(decoding: line.reason, as: UTF8.self)
            #expect(reason.contains("source.address"), "\(reason)", sourceLocation: place)
        }
    }

    @Test(arguments: RealServer.engines)
    func `lines that do not fit the mapping are parked, and stored once it is mended`(
        _ engine: RealServer.Engine
    ) throws {
        let real = try mapped(engine)
        real.stage.settings.connections = 1
        let writer = try real.stage.writer()
        try writer.write(100)
        let agent = try real.stage.start()
        #expect(try real.everythingArrives())

        // Alone in a quiet log there is no evidence against the line: the next one brings it.
        try writer.write(1, from: Self.misfit)
        #expect(agent.says("\"fault\":\"target\""))
        #expect(real.stage.parkedCount == 0)
        try writer.write(1)
        #expect(agent.says("line.parked"))
        #expect(try real.server.waitForCount(101, in: real.target))

        for _ in 0..<10 * torture {
            try writer.write(99)
            try writer.write(1, from: Self.misfit)
        }
        let misfits = 1 + 10 * torture
        try real.stage.waitForPark(misfits, writer)
        #expect(try real.server.waitForCount(real.stage.ledger.count - misfits, in: real.target))
        try mend(real)
        #expect(try real.stage.retryParked() == .exited(0))
        try writer.write(100)
        try writer.write(1, from: Self.misfit)
        try real.close(agent)
        try expectMisfits(misfits, of: real)
        let ids = Set(try real.server.findings(real.target).map(\.id))
        #expect(ids.count == real.stage.ledger.count)
    }

    @Test(arguments: RealServer.engines)
    func `killed again and again, each line is stored or parked once`(
        _ engine: RealServer.Engine
    ) throws {
        let seed = freshSeed()
        var random = SeededRandom(seed: seed)
        let real = try mapped(engine)
        let writer = try real.stage.writer(buffering: .blocks(8192))
        let rounds = 6 * torture
        for round in 0..<rounds {
            let agent = try real.stage.start()
            let load = Background {
                for _ in 0..<4 {
                    try writer.write(99)
                    try writer.write(1, from: Self.misfit)
                    if round % 2 == 0 { try writer.rotate() }
                }
            }
            Thread.sleep(forTimeInterval: Double.random(in: 0...0.8, using: &random))
            agent.kill()
            try load.join()
        }
        try writer.flush()
        let misfits = rounds * 4
        let last = try real.stage.start()
        try real.stage.waitForPark(misfits, writer)
        try real.stage.waitUntilSettled(writer)
        #expect(try real.server.waitForCount(real.stage.ledger.count - misfits, in: real.target))
        #expect(last.terminate() == .exited(0))
        try expectMisfits(misfits, of: real)
        let parked = try ParkFiles.read(real.stage.settings.state).map(\.finding)
        let verdict = Judge(real.stage.ledger).verdict(
            stored: try real.server.findings(real.target) + parked)
        #expect(verdict.isClean, "seed \(seed)\n\(verdict)")
    }
}
