// What `tailproof status` says of agents that live, hang, begin and are not there.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Status") struct StatusTests {
        /// Waits until a probe ends with this code; what it said last.
        private func probe(
            _ stage: Stage, _ what: String..., gives code: Int32, limit: String = "60s"
        ) throws -> String? {
            var last = ""
            let holds = try patiently {
                let run = try stage.command(
                    ["status"] + what + ["--limit", limit, "--state", stage.settings.state])
                last = run.output
                return run.code == code
            }
            return holds ? last : nil
        }

        @Test func `a server that is away is no matter of life, nor of readiness`() throws {
            let stage = try Stage()
            try stage.writer().write(100)
            stage.server.pause()
            let agent = try stage.start()
            #expect(try probe(stage, "--ready", gives: 0)?.hasPrefix("ready: ") == true)
            #expect(try probe(stage, "--live", gives: 0)?.hasPrefix("live: ") == true)
            let both = try stage.command(["status", "--state", stage.settings.state])
            #expect(both.output.hasPrefix("agent: process \(agent.pid)\nlive: "), "\(both)")
            let object = try #require(
                stage.command(["status", "--json", "--state", stage.settings.state]).objects.first)
            #expect(object["live"] as? Bool == true)
            #expect(object["ready"] as? Bool == true)
            #expect(object["process"] as? Int == Int(agent.pid))
            stage.server.resume()
            stage.expectAllOnce(from: agent)
            #expect(
                try probe(stage, "--live", gives: 1)
                    == "not live: no agent runs here with the state \(stage.settings.state)\n")
        }

        @Test func `an agent that is stopped dies of its own promise, and lives when it goes on`()
            throws
        {
            let stage = try Stage()
            let agent = try stage.start()
            #expect(try probe(stage, "--ready", gives: 0) != nil)
            agent.signal(SIGSTOP)
            let text = try #require(try probe(stage, "--live", gives: 1, limit: "1ms"))
            #expect(text.hasPrefix("not live: the pump has been overdue for"), "\(text)")
            #expect(try probe(stage, "--live", gives: 0, limit: "24h") != nil)
            #expect(try probe(stage, "--ready", gives: 0) != nil)
            agent.signal(SIGCONT)
            #expect(try probe(stage, "--live", gives: 0, limit: "1ms") != nil)
        }

        @Test(.enabled(if: Trace.isThere, "strace is not installed"))
        func `before the first sweep is over the agent is live and not ready`() throws {
            let stage = try Stage()
            let agent = try stage.start(under: [
                "/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=getdents64",
                "-e", "inject=getdents64:delay_enter=3600s:when=1", "-P", stage.logs,
            ])
            #expect(agent.says("agent.started"))
            #expect(
                try probe(stage, "--ready", gives: 1)
                    == "not ready: the inputs have not been looked through yet\n")
            #expect(try probe(stage, "--live", gives: 0) != nil)
            kill(try #require(agent.tracer), SIGKILL)
            #expect(try probe(stage, "--ready", gives: 0) != nil)
        }

        @Test func `two agents are told apart by their states, and nobody waits in a queue`() throws
        {
            let stage = try Stage()
            let other = try Stage()
            _ = try stage.start()
            _ = try other.start()
            #expect(try probe(stage, "--ready", gives: 0) != nil)
            #expect(try probe(other, "--ready", gives: 0) != nil)
            let nameless = try stage.command(["status", "--live"])
            #expect(nameless.code == 1)
            #expect(nameless.output.hasPrefix("not live: several agents run here (processes "))
            // One that waits for the state, or has given up, changes nothing.
            let second = try stage.start()
            #expect(second.says("state.locked"))
            #expect(try probe(stage, "--live", gives: 0) != nil)
        }

        private let nobody = [
            "/usr/bin/setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups",
            "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs",
        ]

        @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
        func `an agent with secrets, which nobody may look into, is live and ready all the same`()
            throws
        {
            let stage = try Stage()
            chmod(stage.scratch.path, 0o777)
            let path = "\(stage.scratch.path)/tailproof.yaml"
            try stage.settings.yaml.replacing(
                "    compression:",
                with: "    auth: {username: tailproof, password: secret}\n    compression:"
            ).write(toFile: path, atomically: true, encoding: .utf8)
            let agent = try ChildProcess(
                nobody + [AgentProcess.binary, "run", "--config", path])
            defer { agent.end() }
            #expect(agent.wait(for: "agent.started", on: .error, atMost: patience))
            let ready = try patiently {
                try stage.command(
                    ["status", "--state", stage.settings.state, "--json"], under: nobody
                ).code == 0
            }
            #expect(ready)
        }

        @Test(.enabled(if: Volume.canMountLoop, "mounting a loop device needs root"))
        func `a state volume that hangs does not kill`() throws {
            let scratch = try Scratch()
            let volume = try Volume(.ext4, over: scratch.directory("volume"), bytes: 4 << 20)
            let stage = try Stage()
            stage.settings.state = "\(volume.path)/state"
            let agent = try stage.start()
            #expect(try probe(stage, "--ready", gives: 0) != nil)
            try volume.frozen {
                // A line settled: there is something to be made durable, and it cannot be.
                try stage.writer().write(10)
                #expect(agent.says("state.stalled"))
                #expect(try probe(stage, "--live", gives: 0, limit: "5s") != nil)
            }
            stage.expectAllOnce(from: agent)
        }

        @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
        func `D77 a user without any right ships, and anybody may ask after it`() throws {
            let stage = try Stage()
            chmod(stage.scratch.path, 0o777)
            chmod(try stage.scratch.directory("state"), 0o777)
            let mine = try stage.writer()
            try mine.write(100)
            let closed = "\(stage.logs)/access.log.closed"
            try "x\n".write(toFile: closed, atomically: false, encoding: .utf8)
            chmod(closed, 0o600)
            let agent = try stage.start(under: nobody)
            #expect(agent.says("file.unreadable"))
            #expect(agent.log.contains("Permission denied"))
            let question = ["status", "--live", "--state", stage.settings.state]
            #expect(try stage.command(question, under: nobody).code == 0)
            stage.expectAllOnce(from: agent)
        }
    }
}

extension Stage {
    /// Runs the program with these arguments alone.
    fileprivate func command(
        _ arguments: [String], under wrapper: [String] = []
    ) throws -> CommandRun {
        let process = try ChildProcess(wrapper + [AgentProcess.binary] + arguments)
        defer { process.end() }
        let ending = process.wait(atMost: patience)
        guard case .exited(let code)? = ending else {
            Issue.record("\(arguments): \(String(describing: ending))")
            return CommandRun(code: -1, output: "", errors: "")
        }
        return CommandRun(code: code, output: process.text(.out), errors: process.text(.error))
    }
}
