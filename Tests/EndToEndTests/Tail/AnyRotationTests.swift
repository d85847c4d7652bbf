// All that can happen to a log without loss, in an order drawn from a seed.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// The agent's clocks run fast: it waits a minute with what may be a copy.
    @Suite(
        "Any rotation at any moment", .enabled(if: FakeTime.isInstalled, FakeTime.absence))
    struct AnyRotationTests {
        private func start(_ stage: Stage) throws -> AgentProcess {
            try stage.start(environment: FakeTime.faster(by: 20), under: FakeTime.wrapper)
        }

        /// What happens to the log, or to the agent, between some lines and the next.
        private enum Act: CaseIterable {
            case rotate, reopenLate, renameBack, archive, replace, truncate, truncateUnseen, dated
            case stop, kill, tear, wait
        }

        @Test("renamed, moved, replaced, cut, stopped and killed: each line arrives once")
        func anything() throws {
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let stage = try Stage(
                Script(requests: [
                    RequestRule(.every(7), .reset(storing: 0.5)),
                    RequestRule(.every(5), nil, delay: .milliseconds(50)),
                ]))
            stage.settings.deadline = "600s"
            let archive = try stage.scratch.directory("archive")
            stage.settings.paths.append("\(archive)/*")
            let writer = try stage.writer()
            var agent = try start(stage)
            var acts: [Act] = []
            for number in 0..<60 * torture {
                let act = Act.allCases.randomElement(using: &random) ?? .wait
                acts.append(act)
                try writer.write(Int.random(in: 0...60, using: &random))
                try perform(act, number, stage, writer, archive, &agent, &random)
            }
            try writer.write(10)
            let trace = "seed \(seed): \(acts)"
            #expect(stage.everythingArrives(), "\(trace)")
            let ending = agent.terminate()
            // Of a file that was cut while no agent ran, the next is in doubt for half a minute.
            #expect(ending == .exited(0) || ending == .exited(3), "\(trace)")
            #expect(stage.verdict.isClean, "\(trace)\n\(stage.verdict)")
        }

        private func perform(
            _ act: Act, _ number: Int, _ stage: Stage, _ writer: LogWriter, _ archive: String,
            _ agent: inout AgentProcess, _ random: inout SeededRandom
        ) throws {
            let lines = Int.random(in: 0...40, using: &random)
            switch act {
            case .rotate: try writer.rotate()
            case .reopenLate:
                try check("rename", rename(writer.path, "\(writer.path).late\(number)"))
                try writer.write(lines)
                try writer.reopen()
            case .renameBack:
                let other = "\(writer.path).back"
                try check("rename", rename(writer.path, other))
                try writer.write(lines)
                try check("rename", rename(other, writer.path))
            case .archive:
                try check("rename", rename(writer.path, "\(archive)/\(number)"))
                try writer.write(lines)
                try writer.reopen()
            case .replace:
                // What is renamed over is gone: all of it must have arrived.
                #expect(stage.everythingArrives())
                let next = try stage.writer("s\(number)", name: "next")
                try next.write(lines)
                try check("rename", rename(next.path, writer.path))
                try writer.reopen()
            case .truncate:
                #expect(stage.everythingArrives())
                try writer.truncate()
                try writer.write(lines)
            case .truncateUnseen:
                #expect(stage.everythingArrives())
                agent.signal(SIGSTOP)
                try writer.truncate()
                try writer.write(lines)
                agent.signal(SIGCONT)
            case .dated:
                let other = try stage.writer("d\(number)", name: "access.log.2018-09-\(number)")
                try other.write(lines)
            case .stop:
                agent.signal(SIGSTOP)
                try writer.write(lines)
                try writer.rotate()
                try writer.write(lines)
                agent.signal(SIGCONT)
            case .kill:
                agent.kill()
                try writer.write(lines)
                if lines.isMultiple(of: 2) { try writer.rotate() }
                agent = try start(stage)
            case .tear:
                let finish = try writer.writeTorn()
                if lines.isMultiple(of: 2) { #expect(stage.everythingArrives()) }
                try finish()
            case .wait: #expect(stage.everythingArrives())
            }
        }
    }
}
