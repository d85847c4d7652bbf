// The agent on a state volume that becomes read-only while it runs.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd.StateVolume {
    @Suite("Read-only volume") struct ReadOnlyVolumeTests {
        private func arrives(_ count: Int, of stream: String, at stage: Stage) -> Bool {
            stage.server.wait(atMost: patience) { endpoint in
                endpoint.store.documents.count { $0.line?.stream == stream } >= count
            }
        }

        /// While the state cannot be written known files are shipped, and new ones wait.
        private func expectDegraded(
            _ agent: AgentProcess, _ writer: LogWriter, at stage: Stage
        ) throws -> LogWriter {
            try writer.write(100)
            #expect(arrives(200, of: "a", at: stage))
            #expect(agent.says("state.write_failed"))
            let other = try stage.writer("b", name: "access.log.b")
            try other.write(100)
            #expect(agent.says("access.log.b"))
            try writer.write(100)
            #expect(arrives(300, of: "a", at: stage))
            let failures = try agent.events("state.write_failed")
            #expect(failures.count == 1)
            #expect((failures.first?["path"] as? String)?.hasPrefix(stage.settings.state) == true)
            #expect(failures.first?["error"] != nil)
            return other
        }

        /// Remounting is refused while the agent has its files open, so the calls fail instead.
        @Test(
            "D53: read-only for a while, the agent ships on and is durable again by itself",
            .enabled(if: Tampering.isPossible, "strace cannot trace here"))
        func d53() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(100)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            // The first five writes fail: of images and births, one a second of each.
            let tampering = Tampering(
                calls: ["pwrite64"], injections: ["pwrite64:error=EROFS:when=1..5"],
                record: "\(stage.scratch.path)/strace.out")
            let agent = try stage.start(under: tampering.wrapper(state: stage.settings.state))
            let other = try expectDegraded(agent, writer, at: stage)
            #expect(agent.says("state.recovered"))
            try other.write(100)
            #expect(arrives(200, of: "b", at: stage))
            stage.expectAllOnce(from: agent)
            #expect(try agent.events("state.write_failed").count == 1)
            let recoveries = try agent.events("state.recovered")
            #expect(recoveries.count == 1)
            #expect(recoveries.first?["failed_writes"] as? Int == 5)
            #expect(recoveries.first?["lasted_ms"] as? Int ?? 0 > 0)
            // The end says that there was something, and that it is over.
            let end = try #require(agent.events("agent.stopped").first)
            #expect(end["state_failed_writes"] as? Int == 5)
            #expect(end["state_degraded"] == nil)
        }

        @Test(
            "D53: a volume that the kernel makes read-only degrades the agent, and its end says so",
            .enabled(if: Volume.canMountLoop, "mounting a loop device needs root"))
        func breakdown() throws {
            let stage = try Stage()
            let volume = try Volume(
                .ext4, over: stage.scratch.directory("volume"), bytes: 4 << 20)
            stage.settings.state = "\(volume.path)/state"
            stage.settings.deadline = "2s"
            let writer = try stage.writer()
            try writer.write(100)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            try waitUntilSettled(stage)
            try volume.breakDown()
            _ = try expectDegraded(agent, writer, at: stage)
            #expect(agent.terminate() == .exited(3))
            #expect(agent.lastWords.contains("\"state_degraded\""), "\(agent.lastWords)")
            // Not before it can be written again.
            let refused = try stage.start()
            #expect(refused.wait(atMost: patience) == .exited(1))
            #expect(refused.lastWords.contains("Read-only file system"), "\(refused.lastWords)")
            try volume.mend()
            stage.settings.deadline = "20s"
            stage.expectNothingLost(from: try stage.start())
        }

        private func waitUntilSettled(_ stage: Stage) throws {
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end, try !stage.isSettled {
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }
}
