// The agent with lines to park and no room for them.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Room in the park") struct ParkRoomTests {
        /// A stage with two inputs, of which every other line of the first is refused for good.
        private func stage() throws -> Stage {
            let stage = try Stage(
                Script(items: [
                    ItemRule(
                        .matching {
                            $0.line.map { $0.stream == "a" && $0.sequence % 2 == 1 } ?? false
                        },
                        .refuse(400, type: "mapper_parsing_exception"))
                ]))
            stage.settings.paths = ["\(stage.logs)/access.log"]
            stage.settings.others = [("\(stage.logs)/other.log", "other")]
            return stage
        }

        private func arrives(_ count: Int, of stream: String, at stage: Stage) -> Bool {
            stage.server.wait(atMost: patience) { endpoint in
                endpoint.store.documents.count { $0.line?.stream == stream } >= count
            }
        }

        @Test(
            "D06: a full disk keeps lines from the park, and the agent from nothing else",
            .enabled(if: Volume.canMountMemory, "mounting a small volume needs root"))
        func d06() throws {
            let stage = try stage()
            stage.settings.state = try stage.scratch.directory("disk")
            let disk = try Volume(.tmpfs, over: stage.settings.state, bytes: 16 << 20)
            let writer = try stage.writer()
            try writer.write(1)
            let other = try stage.writer("b", name: "other.log")
            try other.write(100)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            try disk.fill()
            try writer.write(300 * torture)
            #expect(agent.says("park.failed"))
            #expect(agent.says("input.waiting"))
            try other.write(3000)
            #expect(arrives(3100, of: "b", at: stage))
            #expect(agent.isRunning)
            let refused = (0..<1 + 300 * torture).filter { $0 % 2 == 1 }
            #expect(stage.parkedCount < refused.count)
            try disk.free()
            #expect(agent.says("park.recovered"))
            // Alone none of them would be convicted.
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end, stage.parkedCount < refused.count {
                Thread.sleep(forTimeInterval: 0.05)
            }
            stage.expectAllOnce(from: agent, but: refused.count)
            try stage.expectPark(refused, of: writer)
        }

        @Test("a full park goes on when a retry has freed room, without a restart")
        func full() throws {
            let stage = try stage()
            stage.settings.park = "1MiB"
            let writer = try stage.writer(lineLength: 4000)
            try writer.write(600 * torture)
            let other = try stage.writer("b", name: "other.log")
            let agent = try stage.start()
            #expect(agent.says("park.full"))
            try other.write(3000)
            #expect(arrives(3000, of: "b", at: stage))
            #expect(stage.parkedCount > 0)
            stage.server.play(.healthy)
            #expect(try stage.retryParked() == .exited(0))
            #expect(agent.says("park.recovered"))
            // What was refused before the server was mended is parked first.
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end, stage.server.documents.count < stage.ledger.count {
                #expect(try stage.retryParked() == .exited(0))
                Thread.sleep(forTimeInterval: 0.2)
            }
            #expect(agent.terminate() == .exited(0))
            // What a retry has taken may be in the park still.
            let verdict = stage.server.read { Judge(stage.ledger).verdict(on: $0) }
            #expect(verdict.isClean, "\(verdict)")
            #expect(try stage.retryParked() == .exited(0))
        }
    }
}
