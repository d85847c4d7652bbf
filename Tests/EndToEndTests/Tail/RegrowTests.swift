// Files cut and grown again where the agent cannot see it happen.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Lines have one length, so that offsets repeat. Tests are named by their number in the
    /// catalogue of what must hold of a log shipper.
    @Suite("Truncated and grown again") struct RegrowTests {
        @Test(
            "D38: cut while the agent is stopped, and grown to less, as much, or more than it was",
            arguments: [150, 300])
        func d38(length: Int) throws {
            try cutAndGrow(lineLength: length, from: 50, to: [1, 49, 50, 51, 400, 50, 50, 7])
        }

        @Test(
            "D38: the same with lines that end alike over more than 4 KiB",
            arguments: [5000, 20_000, 70_000])
        func d38LongLines(length: Int) throws {
            try cutAndGrow(lineLength: length, from: 4, to: [4, 3, 5, 20])
        }

        /// Again and again from so many lines that were read to others, one number after the other.
        private func cutAndGrow(lineLength: Int, from before: Int, to counts: [Int]) throws {
            let stage = try Stage()
            let writer = try stage.writer(lineLength: lineLength)
            let agent = try stage.start()
            for count in counts {
                try writer.write(before)
                #expect(stage.everythingArrives())
                agent.signal(SIGSTOP)
                try writer.truncate()
                try writer.write(count)
                agent.signal(SIGCONT)
                #expect(stage.everythingArrives())
                try writer.truncate()
            }
            stage.expectAllOnce(from: agent)
        }

        @Test("D39: cut and grown again while no agent runs", arguments: [false, true])
        func d39(isKilled: Bool) throws {
            let stage = try Stage()
            let writer = try stage.writer(lineLength: 256)
            for count in [1, 49, 50, 51, 300] {
                try writer.write(50)
                let agent = try stage.start()
                #expect(stage.everythingArrives())
                if isKilled {
                    agent.kill()
                } else {
                    #expect(agent.terminate() == .exited(0))
                }
                try writer.truncate()
                try writer.write(count)
            }
            expectAll(stage, try stage.start(), afterKill: isKilled)
        }

        /// Each line once. Where an agent was killed, the last one may be in doubt about a file
        /// that was cut before the state knew that all of it was stored.
        private func expectAll(_ stage: Stage, _ agent: AgentProcess, afterKill: Bool) {
            #expect(stage.everythingArrives())
            let ending = agent.terminate()
            #expect(ending == .exited(0) || (afterKill && ending == .exited(3)))
            #expect(stage.verdict.isClean, "\(stage.verdict)")
        }

        @Test("cut between its reading and its commit, what was read stands, and what follows too")
        func inFlight() throws {
            let slow = Script(requests: [
                RequestRule(.always, nil, delay: .milliseconds(300))
            ])
            let stage = try Stage(slow)
            stage.settings.batchAge = "10ms"
            let writer = try stage.writer(lineLength: 256)
            let agent = try stage.start()
            for round in 0..<6 * torture {
                try writer.write(40)
                // Sent, and not answered: the request is noted when it has come whole.
                let owed = stage.ledger.count
                #expect(patiently { self.sent(stage) >= owed })
                try writer.truncate()
                try writer.write([0, 39, 40, 41, 90, 3][round % 6])
                if round.isMultiple(of: 3) { #expect(stage.everythingArrives()) }
                let all = stage.ledger.count
                #expect(patiently { self.sent(stage) >= all })
                try writer.truncate()
            }
            stage.expectAllOnce(from: agent)
        }

        @Test("killed between reading and commit, and the file cut: each line has its own id")
        func killedInFlight() throws {
            let stage = try Stage()
            let writer = try stage.writer(lineLength: 256)
            for count in [39, 40, 41, 90] {
                let agent = try stage.start()
                try writer.write(40)
                // The state knows what the file begins with.
                _ = try stage.settledFiles()
                // As the agent sends the next ones it is killed; the server has them all the same.
                try writer.write(40)
                let owed = stage.ledger.count
                #expect(patiently { self.sent(stage) >= owed })
                agent.kill()
                try writer.truncate()
                try writer.write(count)
                let second = try stage.start()
                #expect(stage.everythingArrives())
                second.kill()
                try writer.truncate()
            }
            let last = try stage.start()
            try writer.write(10)
            expectAll(stage, last, afterKill: true)
        }

        /// Different lines that came to the server, answered or not.
        private func sent(_ stage: Stage) -> Int {
            stage.server.read { Set($0.requests.flatMap(\.items).compactMap(\.line)).count }
        }
    }
}
