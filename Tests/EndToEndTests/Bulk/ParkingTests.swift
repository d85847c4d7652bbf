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
            let isPoisoned = Set(sequences)
            let poisoned = ItemRule(
                .matching { $0.line.map { isPoisoned.contains($0.sequence) } ?? false },
                .refuse(400, type: "mapper_parsing_exception"))
            let stage = try Stage(Script(items: [poisoned]).and(script))
            let writer = try stage.writer()
            try writer.write(lines)
            let keys = sequences.map { LineKey(stream: "a", sequence: $0) }
            for key in keys { stage.ledger.excuse(key) }
            let agent = try stage.start()
            // Each refused line may need a fresh one beside it to be convicted.
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end {
                if try stage.parkedLines() >= keys.count { break }
                try writer.write(1)
                Thread.sleep(forTimeInterval: 0.05)
            }
            stage.expectAllOnce(from: agent, place)
            let parked = try StateFiles(directory: stage.settings.state).records
                .reduce(0) { $0 + ($1.tally[4]?.events ?? 0) }
            #expect(parked == UInt64(keys.count), sourceLocation: place)
            let file = try Data(contentsOf: URL(filePath: writer.path)).split(separator: 10)
            let park = try stage.park()
            let missing = keys.filter { park.range(of: file[$0.sequence]) == nil }
            #expect(missing.isEmpty, "\(missing.prefix(3))", sourceLocation: place)
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
            stage.ledger.excuse(LineKey(stream: "a", sequence: 100))
            let agent = try stage.start()
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end, try stage.parkedLines() == 0 {
                try writer.write(1)
                Thread.sleep(forTimeInterval: 0.05)
            }
            stage.expectAllOnce(from: agent)
            let line = try Data(contentsOf: URL(filePath: writer.path)).split(separator: 10)[100]
            #expect(try stage.park().range(of: line) != nil)
        }
    }
}

extension Stage {
    /// How many lines the state counts as parked; may lag behind.
    fileprivate func parkedLines() throws -> Int {
        let records = (try? StateFiles(directory: settings.state).records) ?? []
        return records.reduce(0) { $0 + Int($1.tally[4]?.events ?? 0) }
    }

    /// All bytes of the state directory but the offsets.
    fileprivate func park() throws -> Data {
        let files = FileManager.default.enumerator(atPath: settings.state)
        var bytes = Data()
        while let name = files?.nextObject() as? String {
            if name.hasPrefix("slot.") || name == "births" { continue }
            bytes += (try? Data(contentsOf: URL(filePath: "\(settings.state)/\(name)"))) ?? Data()
        }
        return bytes
    }
}
