// The agent killed, stopped, starved of its server, and told to go.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Crashes and outages") struct CrashTests {
        /// What may go on while agents are killed.
        static let weather: [(String, Script)] = [
            ("fair", .healthy),
            (
                "foul",
                Script(
                    requests: [
                        RequestRule(.every(7), .reset(storing: 0.5)),
                        RequestRule(.every(11), .truncate(.noLength)),
                    ], items: [ItemRule(.chance(0.05), .tooMany)])
            ),
        ]

        @Test(arguments: weather)
        func `killed again and again under load and rotation, each line arrives once`(
            _ name: String, _ script: Script
        ) throws {
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let stage = try Stage(script)
            let writer = try stage.writer(buffering: .blocks(8192))
            let lines = 12_000 * torture
            let writing = Background {
                try writer.write(lines, following: stage.server, ahead: 3000, rotating: 700)
                try writer.flush()
            }
            for _ in 0..<10 * torture {
                let agent = try stage.start()
                let moment = Duration.milliseconds(Int.random(in: 0...400, using: &random))
                _ = stage.server.wait(atMost: moment) { _ in false }
                agent.kill()
            }
            stage.server.play(.healthy)
            let last = try stage.start()
            try writing.join()
            #expect(stage.everythingArrives())
            #expect(last.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "seed \(seed)\n\(verdict)")
        }

        @Test func `an outage costs neither a line nor memory`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(1000)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            stage.server.leave()
            try writer.write(60_000 * torture)
            try writer.rotate()
            try writer.write(20_000 * torture)
            #expect(agent.isRunning)
            stage.server.comeBack()
            #expect(stage.everythingArrives())
            let peak = agent.peakMemory
            #expect(peak > 0)
            #expect(peak < 40 << 10, "\(peak) KiB resident")
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `an agent that was stopped for a while goes on`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            let agent = try stage.start()
            for _ in 0..<5 {
                try writer.write(1000)
                agent.signal(SIGSTOP)
                try writer.rotate()
                try writer.write(1000)
                agent.signal(SIGCONT)
            }
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `SIGTERM drains what was written and says so in the last line`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            let agent = try stage.start()
            try writer.write(100)
            #expect(stage.everythingArrives())
            try writer.write(20_000)
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(agent.lastWords.contains("agent.stopped"), "\(agent.lastWords)")
        }

        @Test func `SIGTERM without a server leaves the rest to the next agent`() throws {
            let stage = try Stage()
            stage.settings.deadline = "2s"
            let writer = try stage.writer()
            try writer.write(500)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            stage.server.leave()
            try writer.write(3000)
            #expect(first.terminate() == .exited(3))
            #expect(first.lastWords.contains("agent.stopped"), "\(first.lastWords)")
            stage.server.comeBack()
            let second = try stage.start()
            #expect(stage.everythingArrives())
            #expect(second.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a second SIGTERM ends it at once, and nothing is lost`() throws {
            let stage = try Stage()
            stage.settings.deadline = "3600s"
            let writer = try stage.writer()
            try writer.write(500)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            stage.server.leave()
            try writer.write(500)
            first.signal(SIGTERM)
            #expect(first.says("agent.stopping"))
            #expect(first.terminate() == .exited(3))
            stage.server.comeBack()
            let second = try stage.start()
            #expect(stage.everythingArrives())
            #expect(second.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a second agent on the same state refuses to run`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(100)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            let second = try stage.start()
            #expect(second.wait(atMost: patience) == .exited(1))
            try writer.write(100)
            #expect(stage.everythingArrives())
            first.kill()
            try writer.write(100)
            let third = try stage.start()
            #expect(stage.everythingArrives())
            #expect(third.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}
