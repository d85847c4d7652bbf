// The agent against a server that can never take some of the lines.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Parking") struct ParkingTests {
        /// Ships lines of which the server refuses every n-th for good, and expects these parked,
        /// byte for byte, and the others stored.
        func expectParked(
            every interval: Int, and script: Script, lines: Int = 3000 * torture,
            place: SourceLocation = #_sourceLocation
        ) throws -> Stage {
            let sequences = (0..<lines).filter { $0 % interval == 7 }
            let keys = Set(sequences.map { LineKey(stream: "a", sequence: $0) })
            let stage = try Stage(Script(items: [Stage.poison(keys)]).and(script))
            let writer = try stage.writer()
            try writer.write(lines)
            let agent = try stage.start()
            try stage.waitForPark(keys.count, writer)
            stage.expectAllOnce(from: agent, but: keys.count, place)
            try stage.expectPark(sequences, of: writer, place)
            return stage
        }

        @Test("D04: of one reply some are stored, some known, some refused, some sent again")
        func d04() throws {
            let stage = try expectParked(
                every: 100,
                and: Script(
                    requests: [RequestRule(.every(5), .reset(storing: 1))],
                    items: [
                        ItemRule(.chance(0.1), .tooMany),
                        ItemRule(.chance(0.05), .refuse(503, type: "unavailable_shards_exception")),
                    ]))
            let statuses = Set(stage.server.requests.flatMap(\.items).map(\.status))
            #expect(statuses.isSuperset(of: [201, 400, 409, 429, 503]))
        }

        @Test("D05: what the server can never take is parked, the rest is stored")
        func d05() throws { _ = try expectParked(every: 200, and: .healthy) }

        @Test("D12: a line that alone is too large is parked")
        func d12() throws {
            let stage = try Stage(Script(bodyLimit: 50_000))
            let writer = try stage.writer()
            try writer.write(100)
            try writer.writeLine { Array("/s/\($0) \(String(repeating: "x", count: 60_000))".utf8) }
            let agent = try stage.start()
            try stage.waitForPark(1, writer)
            stage.expectAllOnce(from: agent, but: 1)
            try stage.expectPark([100], of: writer, status: 413, type: "unknown", reason: "")
        }

        /// With one connection the very next line must do. With two the other one may take it,
        /// while the first is asking once more.
        @Test("a refused line in a quiet log is parked with the next good line", arguments: [1, 2])
        func quiet(_ connections: Int) throws {
            let stage = try Stage(
                Script(items: [Stage.poison([LineKey(stream: "a", sequence: 100)])]))
            stage.settings.connections = connections
            let writer = try stage.writer()
            try writer.write(100)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            try writer.write(1)
            #expect(stage.requestsPass(3))
            #expect(stage.parkedCount == 0)
            try writer.write(1)
            #expect(stage.everythingArrives(but: 1))
            if connections == 1 {
                #expect(agent.says("line.parked"))
            } else {
                try stage.waitForPark(1, writer)
            }
            stage.expectAllOnce(from: agent, but: 1)
            try stage.expectPark([100], of: writer)
        }
    }
}
