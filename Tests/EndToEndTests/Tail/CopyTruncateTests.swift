// logrotate(8) with copytruncate: what it destroys, what the agent can miss, what it must not.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Copied and truncated", .enabled(if: Logrotate.isInstalled, Logrotate.absence))
    struct CopyTruncateTests {
        private func stage(_ script: Script = .healthy) throws -> (Stage, Logrotate) {
            let stage = try Stage(script)
            // The copies are not asked for.
            stage.settings.paths = ["\(stage.logs)/access.log"]
            return (stage, try Logrotate(stage, "copytruncate"))
        }

        @Test("D35: read up before each cut, offsets repeat and nothing is lost, twice or mistaken")
        func d35() throws {
            let (stage, logrotate) = try stage()
            let agent = try stage.start()
            let writer = try stage.writer(lineLength: 256)
            for round in 0..<20 * torture {
                try writer.write([50, 50, 60, 40][round % 4])
                #expect(stage.everythingArrives())
                try logrotate.rotate()
                writer.goOnTruncated()
            }
            try writer.write(50)
            stage.expectAllOnce(from: agent)
            #expect(try stage.bytes("abandoned_truncation") == 0)
        }

        /// The lines in one of logrotate's copies, or in the log, in their order.
        private func lines(_ path: String) throws -> [LineKey] {
            Array(try Data(contentsOf: URL(filePath: path))).split(separator: UInt8(ascii: "\n"))
                .compactMap { LineKey(in: $0) }
        }

        /// The content of the copies, each with what was destroyed behind it, and of the log.
        private func generations(_ stage: Stage, _ rotations: Int) throws -> [[LineKey]] {
            let copies = try (1...rotations).reversed().map {
                try lines("\(stage.logs)/access.log.\($0)")
            }
            let log = try lines("\(stage.logs)/access.log")
            let starts = (copies + [log]).map(\.first)
            let all = stage.ledger.places.keys.sorted()
            return starts.enumerated().compactMap { number, start in
                guard let start else { return nil }
                let next = starts[(number + 1)...].compactMap(\.self).first
                return all.filter { key in key >= start && next.map { key < $0 } ?? true }
            }
        }

        /// Of each generation what is lost is its end, and of the last one nothing: what was unread
        /// when it was cut.
        private func expectEndsAlone(_ lost: Set<LineKey>, _ generations: [[LineKey]]) {
            for generation in generations {
                let first = generation.firstIndex { lost.contains($0) } ?? generation.count
                #expect(generation[first...].allSatisfy { lost.contains($0) })
            }
            #expect(generations.last?.contains { lost.contains($0) } == false)
        }

        @Test("D36: under full load only what was unread at a cut is lost, and nothing twice")
        func d36() throws {
            let (stage, logrotate) = try stage()
            let agent = try stage.start()
            let writer = try stage.writer(lineLength: 200)
            let isOver = Background.Flag()
            let writing = Background {
                while !isOver.isSet {
                    // A breath now and then, for the agent to be near.
                    try writer.write(2000)
                    Thread.sleep(forTimeInterval: 0.02)
                }
            }
            let rotations = 10 * torture
            for _ in 0..<rotations {
                Thread.sleep(forTimeInterval: 0.1)
                try logrotate.rotate()
            }
            isOver.set()
            try writing.join()
            // What comes last stands in the log for good.
            let last = stage.ledger.count
            try writer.write(10)
            let keys = stage.ledger.places.keys.filter { $0.sequence >= last }
            #expect(
                stage.server.wait(atMost: patience) { endpoint in
                    Set(endpoint.store.documents.compactMap(\.line)).isSuperset(of: keys)
                })
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.duplicates.isEmpty && verdict.collisions.isEmpty, "\(verdict)")
            #expect(verdict.unexpected.isEmpty, "\(verdict)")
            expectEndsAlone(Set(verdict.lost), try generations(stage, rotations))
            try expectHonesty(agent, stage)
        }

        /// The log, the last line and the state count the same.
        private func expectHonesty(_ agent: AgentProcess, _ stage: Stage) throws {
            let told = try agent.events("file.truncated").reduce(0) {
                $0 + ($1["unread_bytes"] as? Int ?? 0)
            }
            #expect(try stage.bytes("abandoned_truncation") == told)
            let stored = try stage.bytes("stored")
            let lines = stage.server.documents.count
            #expect(stored == lines * 200)
        }

        @Test("D36: what the agent saw and could not read before a cut is counted to the byte")
        func d36Behind() throws {
            let (stage, logrotate) = try stage()
            let agent = try stage.start()
            let writer = try stage.writer(lineLength: 200)
            var rotations = 0
            for _ in 0..<3 {
                try writer.write(500)
                #expect(stage.everythingArrives())
                _ = try stage.settledFiles()
                stage.server.leave()
                try writer.write(12_000)
                let size = try Data(contentsOf: URL(filePath: writer.path)).count
                #expect(
                    try patiently {
                        try StateFiles(directory: stage.settings.state).records
                            .contains { $0.size == UInt64(size) }
                    })
                let before = Set(stage.ledger.places.keys)
                try logrotate.rotate()
                rotations += 1
                writer.goOnTruncated()
                try writer.write(500)
                stage.server.comeBack()
                // What is neither on its way nor in the file is lost.
                let fresh = stage.ledger.places.keys.filter { !before.contains($0) }
                #expect(
                    stage.server.wait(atMost: patience) { endpoint in
                        Set(endpoint.store.documents.compactMap(\.line)).isSuperset(of: fresh)
                    })
                _ = try stage.settledFiles()
                let lost = stage.verdict.lost
                for line in lost { stage.ledger.excuse(line) }
                let places = stage.ledger.places.count - stage.server.documents.count
                #expect(lost.count > 0)
                #expect(try stage.bytes("abandoned_truncation") == places * 200)
            }
            stage.expectAllOnce(from: agent)
            let missing = Set(stage.ledger.places.keys)
                .subtracting(stage.server.documents.compactMap(\.line))
            expectEndsAlone(missing, try generations(stage, rotations))
            try expectHonesty(agent, stage)
        }
    }
}

extension Background {
    /// Something that one thread sets and another sees.
    final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var value = false
        var isSet: Bool { lock.withLock { value } }
        func set() { lock.withLock { value = true } }
    }
}
