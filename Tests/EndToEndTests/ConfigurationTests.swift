// The configuration with the real binary: variables, overrides, `check`, and the guide's commands.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Configuration") struct ConfigurationTests {
        private let scratch: Scratch
        private var file: String { "\(scratch.path)/tailproof.yaml" }

        init() throws { scratch = try Scratch() }

        private func run(
            _ text: String, _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> CommandRun {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let process = try ChildProcess(
                [AgentProcess.binary] + arguments + ["--config", file], environment: environment)
            defer { process.end() }
            guard case .exited(let code)? = process.wait(atMost: patience) else {
                Issue.record("\(arguments) did not end")
                return CommandRun(code: -1, output: "", errors: "")
            }
            return CommandRun(
                code: code, output: process.text(.out), errors: process.text(.error))
        }

        @Test(
            "D75: what a variable holds arrives as one text, and the structure stays",
            arguments: ["a\nmemory: 1", "a: b # c", "\"'{[*&!|>%@`", "${OTHER}", "- a\n- b", " ~ "])
        func oneText(value: String) throws {
            let stage = try Stage()
            stage.settings.fields = "{\"note\": \"${TP_NOTE}\", 'quoted': '<${TP_NOTE}>'}"
            try stage.writer().write(20)
            let variables = ["TP_NOTE": value, "OTHER": "other"]
            let agent = try stage.start(environment: variables)
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let documents = stage.server.documents
            #expect(Set(documents.map { $0.text("note") }) == [value])
            #expect(Set(documents.map { $0.text("quoted") }) == ["<\(value)>"])
            let check = try run(stage.settings.yaml, ["check", "--json"], variables)
            #expect(check.code == 0)
            let inputs = try #require(
                (check.objects.first?["configuration"] as? [String: Any])?["inputs"]
                    as? [[String: Any]])
            #expect((inputs.first?["fields"] as? [String: Any])?["note"] as? String == value)
            let plain = try run(stage.settings.yaml, ["check"], variables)
            #expect(plain.code == 0)
            let again = try run(plain.output, ["check", "--json"], ["OTHER": "other"])
            #expect(again.code == 0, "\(again.errors)")
            #expect(
                try again.objects.first?["configuration"] as? NSDictionary
                    == check.objects.first?["configuration"] as? NSDictionary)
        }

        @Test func `D75: what is broken about a variable is told without its value`() throws {
            let text = "state: ${TP_STATE}\nmemory: ${TP_NOT_SET}\n"
            for command in ["check", "run", "files"] {
                let answer = try run(text, [command], ["TP_STATE": "S3cret"])
                #expect(answer.code == 2)
                #expect(answer.output.isEmpty)
                #expect(
                    answer.errors == """
                        \(file):1:8: state: expected an absolute path, not what ${TP_STATE} holds
                        \(file):2:9: memory: the variable TP_NOT_SET is not set; set it, or write \
                        ${TP_NOT_SET:-default}

                        """)
            }
        }

        @Test func `check prints a good file with origins, and overrides go before it`() throws {
            let answer = try run(
                "state: /s\nlog: {level: warn}\n",
                ["check", "--set", "batch.lines=7", "--set", "log.format=json", "--state", "/o"],
                ["TAILPROOF_LOG_LEVEL": "debug", "TAILPROOF_STATE": "/e"])
            #expect(answer.code == 0)
            #expect(answer.errors.isEmpty)
            for line in [
                "state: /o  # --state", "  lines: 7  # --set", "  format: json  # --set",
                "  level: debug  # environment TAILPROOF_LOG_LEVEL", "memory: 8MiB  # default",
            ] { #expect(answer.output.contains(line + "\n"), "\(answer.output)") }
            let again = try run(answer.output, ["check", "--json"])
            let before = try run(
                "state: /o\nlog: {level: debug, format: json}\nbatch: {lines: 7}",
                ["check", "--json"])
            #expect(
                try again.objects.first?["configuration"] as? NSDictionary
                    == before.objects.first?["configuration"] as? NSDictionary)
        }

        @Test func `check tells everything that is broken, in words and as JSON`() throws {
            let text = "memry: 1MiB\nstate: x\nlog: {level: loud}\n"
            let words = try run(text, ["check", "--set", "log.format=jsn"])
            #expect(words.code == 2)
            #expect(words.output.isEmpty)
            #expect(
                words.errors == """
                    \(file):1:1: memry: unknown key; did you mean "memory"?
                    \(file):2:8: state: "x" is not absolute; a path begins with "/"
                    \(file):3:14: log.level: expected error, warn, info or debug, found "loud"
                    --set: log.format: expected auto, text or json, found "jsn"; did you mean "json"?

                    """)
            let json = try run(text, ["check", "--json"])
            #expect(json.code == 2)
            #expect(json.errors.isEmpty)
            let errors = try #require(json.objects.first?["errors"] as? [[String: Any]])
            #expect(errors.map { $0["key"] as? String } == ["memry", "state", "log.level"])
            #expect(errors.map { $0["line"] as? Int } == [1, 2, 3])
        }

        @Test func `run goes by the environment and --set`() throws {
            let stage = try Stage()
            try stage.writer().write(50)
            let agent = try ChildProcess(
                [
                    AgentProcess.binary, "run", "--set", "batch.age=50ms", "--set",
                    "shutdown.quiet=50ms", "--set", "inputs[0].fields.team=blue",
                    "\(stage.logs)/access.log*",
                ],
                environment: [
                    "TAILPROOF_STATE": stage.settings.state,
                    "TAILPROOF_OUTPUT_ELASTICSEARCH_HOSTS": stage.server.url,
                ])
            defer { agent.end() }
            #expect(stage.everythingArrives())
            agent.signal(SIGTERM)
            #expect(agent.wait(atMost: patience) == .exited(0), "\(agent.text(.error))")
            #expect(Set(stage.server.documents.map { $0.text("team") }) == ["blue"])
        }

        @Test func `the commands of the laptop guide do what the guide says`() throws {
            let stage = try Stage()
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let guide = try String(
                contentsOf: root.appending(path: "docs/guide-laptop.md"), encoding: .utf8)
            let blocks = guide.components(separatedBy: "```sh\n").dropFirst().map {
                $0.components(separatedBy: "```")[0]
            }
            #expect(blocks.count >= 5)
            let home = try scratch.directory("home")
            let programs = try scratch.directory("bin")
            try FileManager.default.createSymbolicLink(
                atPath: "\(programs)/tailproof", withDestinationPath: AgentProcess.binary)
            let script = "set -eu\ncd '\(home)'\n" + blocks.joined()
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let shell = try ChildProcess(
                ["/bin/sh", "-c", script],
                environment: ["PATH": "\(programs):\(path)", "ES_URL": stage.server.url])
            defer { shell.end() }
            #expect(shell.wait(atMost: patience) == .exited(0), "\(shell.text(.error))")
            let output = shell.text(.out)
            // Pretty, one JSON a line, and the configuration.
            #expect(output.contains("\"original\": \"/cart\""), "\(output)")
            #expect(output.contains("\"original\":\"/cart\""), "\(output)")
            #expect(output.contains("environment ES_URL"), "\(output)")
            #expect(stage.server.documents.map { $0.text("url", "original") } == ["/cart", "/pay"])
            #expect(Set(stage.server.documents.map { $0.text("service", "name") }) == ["shop"])
        }
    }
}
