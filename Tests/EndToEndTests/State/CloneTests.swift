// Logs and state copied to another home: two agents that think they are one.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Cloned volumes") struct CloneTests {
        /// Two homes on one server, their logs and states below these directories.
        private struct Homes {
            let stage: Stage
            let first: String
            let second: String
            /// Lines of one length: the same offsets mean different lines in both.
            private let length = 180

            /// The first home has shipped so many lines of two files and rests.
            init(_ stage: Stage, first: String, second: String, lines: Int) throws {
                self.stage = stage
                self.first = first
                self.second = second
                try FileManager.default.createDirectory(
                    atPath: "\(first)/logs", withIntermediateDirectories: true)
                let writer = try writer("a", in: first)
                try writer.write(lines)
                try writer.rotate()
                try writer.write(lines)
                let agent = try start(in: first, home: "node-1")
                #expect(stage.everythingArrives())
                #expect(agent.terminate() == .exited(0))
            }

            func writer(_ stream: String, in home: String) throws -> LogWriter {
                try LogWriter(
                    "\(home)/logs", stream: stream, ledger: stage.ledger, lineLength: length)
            }

            func start(in home: String, home name: String) throws -> AgentProcess {
                stage.settings.paths = ["\(home)/logs/access.log*"]
                stage.settings.state = "\(home)/state"
                return try stage.start(environment: ["NODE_NAME": name])
            }

            /// Both grow side by side, by different lines at the same places.
            func growBoth(by lines: Int) throws -> [AgentProcess] {
                let homes = [(first, "node-1", "b"), (second, "node-2", "c")]
                let agents = try homes.map {
                    let agent = try start(in: $0.0, home: $0.1)
                    // The next one's configuration takes the place of this one's.
                    #expect(agent.says("agent.started"))
                    return agent
                }
                let writers = try homes.map { try writer($0.2, in: $0.0) }
                for _ in 0..<4 {
                    for writer in writers { try writer.write(lines / 4) }
                    for writer in writers { try writer.rotate() }
                }
                return agents
            }

            /// No id stands for two lines: the ids of both homes are different.
            var collisions: [(id: String, lines: [LineKey])] {
                stage.server.read { Judge(stage.ledger).verdict(on: $0).collisions }
            }
        }

        @Test(
            "A volume cloned as it is, inodes and all: both go on, nothing collides, nothing twice",
            .enabled(if: PowerCutVolume.isPossible, PowerCutVolume.absence),
            arguments: PowerCutVolume.Kind.allCases)
        func clonedVolume(_ kind: PowerCutVolume.Kind) throws {
            let stage = try Stage()
            let original = try PowerCutVolume(kind, in: stage.scratch)
            defer { original.unmount() }
            let homes = try Homes(
                stage, first: original.path, second: "\(stage.scratch.path)/clone", lines: 200)
            // Written out, then copied, as a snapshot is.
            try original.restore()
            let copy = "\(stage.scratch.path)/clone.image"
            _ = try ChildProcess.output(
                of: ["/usr/bin/cp", "--sparse=always", original.image, copy])
            let clone = try PowerCutVolume(kind, in: stage.scratch, name: "clone", of: copy)
            defer { clone.unmount() }
            let agents = try homes.growBoth(by: 400)
            #expect(agents[1].says("state.home_changed"))
            #expect(stage.everythingArrives())
            for agent in agents { #expect(agent.terminate() == .exited(0)) }
            let verdict = stage.server.read { Judge(stage.ledger).verdict(on: $0) }
            #expect(verdict.isClean, "\(verdict)")
            let states = try ["\(original.path)/state", "\(clone.path)/state"].map {
                try StateFiles(directory: $0, hash: xxh3)
            }
            #expect(states[0].agentID != states[1].agentID)
            let incarnations = states.map { Set($0.records.map(\.incarnation)) }
            #expect(incarnations[0].isDisjoint(with: incarnations[1]))
        }

        @Test("Logs and state copied file by file: every line of both is stored, nothing collides")
        func copied() throws {
            let stage = try Stage()
            let root = stage.scratch.path
            let homes = try Homes(stage, first: "\(root)/1", second: "\(root)/2", lines: 200)
            _ = try ChildProcess.output(of: ["/usr/bin/cp", "--archive", homes.first, homes.second])
            let agents = try homes.growBoth(by: 400)
            #expect(agents[1].says("state.home_changed"))
            #expect(stage.everythingArrives())
            for agent in agents { #expect(agent.terminate() == .exited(0)) }
            let verdict = stage.server.read { Judge(stage.ledger).verdict(on: $0) }
            #expect(verdict.lost.isEmpty && verdict.collisions.isEmpty, "\(verdict)")
            #expect(verdict.unexpected.isEmpty, "\(verdict)")
            // A copied file is another file: what it had is read again, nothing else.
            #expect(verdict.duplicates.allSatisfy { $0.line.stream == "a" }, "\(verdict)")
        }
    }
}
