// `files`, `audit`, `explain` and `replay` beside the running agent.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Commands beside the agent") struct InspectionTests {
        private func events(_ file: [String: Any], _ outcome: String) -> Int {
            let outcomes = file["outcomes"] as? [String: [String: Any]]
            return outcomes?[outcome]?["events"] as? Int ?? -1
        }

        @Test func `while lines are refused and files rotate everything adds up`() throws {
            let poisoned = ItemRule(
                .matching { $0.line.map { $0.sequence % 200 == 7 } ?? false },
                .refuse(400, type: "mapper_parsing_exception"))
            let stage = try Stage(
                Script(items: [poisoned, ItemRule(.chance(0.05), .tooMany)]))
            let writer = try stage.writer()
            let agent = try stage.start()
            for _ in 0..<6 {
                try writer.write(300)
                try writer.rotate()
                #expect(agent.isRunning)
                let audit = try stage.run("audit", "--json")
                // The agent may not have written its first image yet.
                if audit.errors.contains("holds no state") { continue }
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            }
            // A refused line may need a fresh one beside it to be convicted.
            let files = try stage.settledFiles { try writer.write(1) }
            let audit = try stage.run("audit")
            #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            #expect(audit.output.hasSuffix("everything adds up\n"))
            let names = Set(
                try FileManager.default.contentsOfDirectory(atPath: stage.settings.state))
            #expect(names == ["lock", "slot.a", "slot.b", "births", "park"])

            // The first file holds the lines 0 to 299; 7 and 207 are parked.
            let first = try #require(
                files.first { ($0["path"] as? String)?.hasSuffix("access.log.6") == true }
                    ?? files.first)
            let path = try #require(first["path"] as? String)
            #expect(events(first, "parked") == 2)
            #expect(events(first, "stored") + events(first, "duplicate") == 298)
            let stored = stage.server.read { Set($0.store.documents.map(\.id)) }
            for (line, isParked) in [(1, false), (8, true), (208, true), (300, false)] {
                let run = try stage.run("explain", path, "--line", String(line), "--json")
                #expect(run.code == 0, "\(run.errors)")
                let object = try #require(try run.objects.first)
                #expect(object["fate"] as? String == (isParked ? "parked" : "settled"))
                let id = try #require(object["id"] as? String)
                #expect(stored.contains(id) == !isParked)
            }

            stage.server.play(Script(items: [poisoned]))
            let before = stage.server.read { $0.store.count }
            let replay = try stage.run("replay", path, "--lines", "9-207", "--json")
            #expect(replay.code == 0, "\(replay.output)\(replay.errors)")
            #expect(try replay.objects.last?["already_there"] as? Int == 199)
            let refused = try stage.run("replay", path, "--lines", "1-20")
            #expect(refused.code == 1)
            #expect(refused.output.contains("refused: 400 mapper_parsing_exception"))
            #expect(stage.server.read { $0.store.count } == before)
            #expect(try stage.run("replay", path, "--from", "1", "--to", "2").code == 2)

            #expect(agent.isRunning)
            _ = agent.terminate()
            #expect(try stage.run("audit").code == 0)
        }
    }
}
