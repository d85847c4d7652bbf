// The agent on a state volume that does not answer.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd.StateVolume {
    @Suite("Hanging volume") struct HangingVolumeTests {
        private func arrives(_ count: Int, of stream: String, at stage: Stage) -> Bool {
            stage.server.wait(atMost: patience) { endpoint in
                endpoint.store.documents.count { $0.line?.stream == stream } >= count
            }
        }

        /// A stage whose agent knows one log of which 100 lines are settled.
        private func stage(state: String? = nil) throws -> (Stage, LogWriter) {
            let stage = try Stage()
            if let state { stage.settings.state = state }
            let writer = try stage.writer()
            try writer.write(100)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            return (stage, writer)
        }

        /// The keeper's first write sleeps. A start on a state that is there writes nothing.
        private func start(_ stage: Stage, sleeping time: Duration) throws -> AgentProcess {
            let microseconds = Int(time / .microseconds(1))
            let tampering = Tampering(
                calls: ["pwrite64"], injections: ["pwrite64:delay_enter=\(microseconds):when=1"],
                record: "\(stage.scratch.path)/strace.out")
            return try stage.start(under: tampering.wrapper(state: stage.settings.state))
        }

        /// Known files are shipped, a new one waits, and the log says why.
        private func expectPatience(
            _ agent: AgentProcess, _ writer: LogWriter, at stage: Stage
        ) throws {
            try writer.write(100)
            #expect(arrives(200, of: "a", at: stage))
            try stage.writer("b", name: "access.log.b").write(100)
            #expect(agent.says("access.log.b"))
            #expect(agent.says("state.stalled"))
            try writer.write(100)
            #expect(arrives(300, of: "a", at: stage))
            let isWaiting = !stage.server.documents.contains { $0.line?.stream == "b" }
            #expect(isWaiting, "a file was read before its record was durable")
            #expect(try agent.events("state.recovered").isEmpty)
        }

        @Test(
            "a volume that hangs for some seconds stops new files, and nothing else",
            .enabled(if: Tampering.isPossible, "strace cannot trace here"))
        func hangs() throws {
            let (stage, writer) = try stage()
            let agent = try start(stage, sleeping: .seconds(10))
            try expectPatience(agent, writer, at: stage)
            #expect(agent.says("state.recovered"))
            #expect(arrives(100, of: "b", at: stage))
            stage.expectAllOnce(from: agent)
            #expect(try agent.events("state.stalled").count == 1)
            #expect(try agent.events("state.recovered").count == 1)
            #expect(try agent.events("state.write_failed").isEmpty)
        }

        @Test(
            "a frozen volume stops new files, and nothing else, until it is thawed",
            .enabled(if: Volume.canMountLoop, "mounting a loop device needs root"))
        func frozen() throws {
            let scratch = try Scratch()
            let volume = try Volume(.ext4, over: scratch.directory("volume"), bytes: 4 << 20)
            let (stage, writer) = try stage(state: "\(volume.path)/state")
            let agent = try stage.start()
            #expect(agent.says("agent.started"))
            try volume.frozen { try expectPatience(agent, writer, at: stage) }
            #expect(agent.says("state.recovered"))
            #expect(arrives(100, of: "b", at: stage))
            stage.expectAllOnce(from: agent)
            agent.kill()
        }

        @Test(
            "SIGTERM while the volume hangs ends the agent by its deadline, and nothing is lost",
            .enabled(if: Tampering.isPossible, "strace cannot trace here"))
        func deadline() throws {
            let (stage, writer) = try stage()
            stage.settings.deadline = "2s"
            let agent = try start(stage, sleeping: .seconds(60))
            #expect(agent.says("agent.started"))
            let tracer = try #require(agent.tracer)
            try writer.write(100)
            #expect(arrives(200, of: "a", at: stage))
            agent.signal(SIGTERM)
            #expect(agent.says("shutdown.deadline"))
            // The agent has gone, but for the thread that its tracer holds in the call.
            kill(tracer, SIGKILL)
            #expect(agent.wait(atMost: patience) == .exited(3))
            #expect(agent.lastWords.contains("shutdown.deadline"), "\(agent.log)")
            stage.settings.deadline = "20s"
            try writer.write(100)
            stage.expectNothingLost(from: try stage.start())
        }
    }
}
