// The agent told to go, with much or little left to do.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Shutdown") struct ShutdownTests {
        /// Waits until so many requests have been open at once.
        private func requestsHang(_ count: Int, at stage: Stage) -> Bool {
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end {
                if stage.server.openRequests.most >= count { return true }
                Thread.sleep(forTimeInterval: 0.01)
            }
            return false
        }

        /// Ships the rest with another agent, and expects each line once.
        private func expectTheRest(of stage: Stage, place: SourceLocation = #_sourceLocation)
            throws
        {
            stage.settings.drain = "files"
            stage.settings.deadline = "20s"
            let next = try stage.start()
            #expect(stage.everythingArrives(), sourceLocation: place)
            #expect(next.terminate() == .exited(0), sourceLocation: place)
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)", sourceLocation: place)
        }

        @Test func `drain batches reads no further, and the next agent goes on`() throws {
            let stage = try Stage()
            stage.settings.drain = "batches"
            stage.settings.deadline = "60s"
            try stage.writer().write(60_000 * torture)
            stage.server.pause()
            let agent = try stage.start()
            #expect(requestsHang(stage.settings.connections, at: stage))
            agent.signal(SIGTERM)
            #expect(agent.says("agent.stopping"))
            stage.server.resume()
            #expect(agent.wait(atMost: .seconds(60)) == .exited(3))
            let settled = stage.server.documents.count
            #expect(settled > 0)
            #expect(settled < stage.ledger.count)
            #expect(agent.lastWords.contains("\"stored\":\(settled),"), "\(agent.lastWords)")
            #expect(agent.lastWords.contains("\"pending_files\":1"), "\(agent.lastWords)")
            #expect(stage.verdict.ahead.isEmpty)
            try expectTheRest(of: stage)
            #expect(stage.server.requests.idsSentAfterAcknowledgement.isEmpty)
        }

        @Test func `drain files ships what is flushed while it is quiet`() throws {
            let stage = try Stage()
            stage.settings.quiet = "4s"
            let writer = try stage.writer(buffering: .blocks(128 << 10))
            try writer.write(3000)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            let before = stage.ledger.count
            agent.signal(SIGTERM)
            #expect(agent.says("agent.stopping"))
            Thread.sleep(forTimeInterval: 0.5)
            try writer.flush()
            #expect(stage.ledger.count > before)
            #expect(stage.everythingArrives())
            try writer.write(100)
            try writer.flush()
            #expect(agent.wait(atMost: .seconds(60)) == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(agent.lastWords.contains("\"pending_files\":0"), "\(agent.lastWords)")
        }

        @Test func `the deadline does not wait for a request that hangs`() throws {
            let stage = try Stage()
            stage.settings.deadline = "2s"
            // Longer than anybody here waits.
            stage.settings.timeout = "600s"
            try stage.writer().write(3000)
            stage.server.pause()
            let agent = try stage.start()
            #expect(requestsHang(1, at: stage))
            #expect(agent.terminate() == .exited(3))
            let isNamed = ["shutdown.deadline", "agent.stopped"].contains {
                agent.lastWords.contains($0)
            }
            #expect(isNamed, "\(agent.lastWords)")
            // What it had sent is still done by the server, and answered to nobody.
            stage.server.resume()
            try expectTheRest(of: stage)
        }

        /// A stage where everything is stored but one line, which is answered 503.
        private func stageWithStraggler(
            deadline: String
        ) throws -> (stage: Stage, agent: AgentProcess) {
            let straggler = LineKey(stream: "a", sequence: 5)
            let stage = try Stage(
                Script(items: [
                    ItemRule(
                        .matching { $0.line == straggler },
                        .refuse(503, type: "unavailable_shards_exception"))
                ]))
            stage.settings.deadline = deadline
            try stage.writer().write(2000)
            let agent = try stage.start()
            #expect(stage.server.wait(atMost: patience) { $0.store.count == 1999 })
            return (stage, agent)
        }

        @Test func `a line that the server takes after all is waited for`() throws {
            let (stage, agent) = try stageWithStraggler(deadline: "3600s")
            agent.signal(SIGTERM)
            #expect(agent.says("agent.stopping"))
            #expect(stage.requestsPass(1))
            stage.server.play(.healthy)
            #expect(agent.wait(atMost: patience) == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a line that the server does not take is left at the deadline`() throws {
            let (stage, agent) = try stageWithStraggler(deadline: "3s")
            #expect(agent.terminate() == .exited(3))
            #expect(stage.server.documents.count == 1999)
            #expect(stage.verdict.ahead.isEmpty)
            #expect(agent.lastWords.contains("\"pending_files\":1"), "\(agent.lastWords)")
            stage.server.play(.healthy)
            try expectTheRest(of: stage)
        }

        /// As timeout(1) sends them: to the process, and at once to the process and its group.
        @Test(arguments: [SIGTERM, SIGINT])
        func `two signals together are one`(_ second: Int32) throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(500)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            agent.signal(SIGSTOP)
            try writer.write(5000)
            agent.signal(SIGTERM)
            agent.signal(second)
            agent.signal(SIGCONT)
            #expect(agent.wait(atMost: .seconds(60)) == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}
