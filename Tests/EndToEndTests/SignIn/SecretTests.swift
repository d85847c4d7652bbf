// D09 and D69: keys that are replaced while the agent runs, and secrets that are nowhere.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Secrets") struct SecretTests {
        /// Refuses every request that does not say this.
        private func only(_ authorization: String) -> Script {
            let others = Choice<LoggedRequest>.matching {
                $0.header("authorization") != authorization
            }
            return Script(
                requests: [RequestRule(others, .refuse(401, type: "security_exception"))])
        }

        @Test("D09: a key that is refused is replaced in its file, and everything arrives")
        func d09() throws {
            let stage = try Stage(only("ApiKey " + Data("id:new".utf8).base64EncodedString()))
            let key = "\(stage.scratch.path)/key"
            try "id:old\n".write(toFile: key, atomically: true, encoding: .utf8)
            stage.settings.signIn = ["auth: {api_key_file: \"\(key)\"}"]
            try stage.writer().write(1000)
            let agent = try stage.start()
            #expect(stage.requestsPass(3))
            #expect(agent.says("output.credentials"))
            // Nor does a file that is no key in between do harm.
            try "".write(toFile: key, atomically: true, encoding: .utf8)
            #expect(agent.says("output.secret_unusable"))
            try "id:new\n".write(toFile: key, atomically: true, encoding: .utf8)
            stage.expectAllOnce(from: agent)
            #expect(try agent.events("output.secret_reloaded").count == 1)
            #expect(try agent.events("output.recovered").count >= 1)
            #expect(stage.server.requests.contains { $0.status == 401 })
        }

        @Test("D09: a key that is replaced before the old one ends is never refused for long")
        func rotation() throws {
            let stage = try Stage(only("Bearer one"))
            let volume = try stage.scratch.directory("volume")
            let manager = FileManager.default
            for name in ["one", "two"] {
                try manager.createDirectory(
                    atPath: "\(volume)/..\(name)", withIntermediateDirectories: false)
                try name.write(
                    toFile: "\(volume)/..\(name)/token", atomically: true, encoding: .utf8)
                try manager.createSymbolicLink(
                    atPath: "\(volume)/to-\(name)", withDestinationPath: "..\(name)")
            }
            #expect(rename("\(volume)/to-one", "\(volume)/..data") == 0)
            try manager.createSymbolicLink(
                atPath: "\(volume)/token", withDestinationPath: "..data/token")
            stage.settings.signIn = ["auth: {bearer_token_file: \"\(volume)/token\"}"]
            let writer = try stage.writer()
            try writer.write(500)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(rename("\(volume)/to-two", "\(volume)/..data") == 0)
            stage.server.play(only("Bearer two"))
            try writer.write(500)
            stage.expectAllOnce(from: agent)
            #expect(try agent.events("output.secret_reloaded").count == 1)
            #expect(try agent.events("output.credentials").isEmpty)
        }

        @Test(
            "D69: a secret is in no log, no core, no command line and no file of ours",
            arguments: [
                "username: u, password: swordfish", "api_key: swordfish", "api_key: 'id:swordfish'",
                "bearer_token: swordfish",
            ])
        func d69(_ keys: String) throws {
            let stage = try Stage(
                Script(requests: [
                    RequestRule(.first(1), .refuse(401)), RequestRule(.first(1), .refuse(403)),
                    RequestRule(.first(1), .reset(storing: 0)),
                    RequestRule(.first(1), .refuse(429)), RequestRule(.first(1), .refuse(500)),
                ]))
            stage.settings.signIn = ["auth: {\(keys)}"]
            stage.settings.logLevel = "debug"
            let writer = try stage.writer()
            try writer.write(500)
            let cores = try stage.scratch.directory("cores")
            let agent = try stage.start(
                under: [
                    "/bin/sh", "-c", "ulimit -c unlimited; cd \"$0\"; exec \"$@\"", cores,
                ])
            #expect(stage.everythingArrives())
            let header = try #require(
                stage.server.requests.first?.header("authorization")?.split(separator: " ").last)
            let forms = ["swordfish", String(header)]
            func expectNone(_ text: String, _ place: String) {
                for form in forms { #expect(!text.contains(form), "\(place)") }
            }
            expectNone(try text("/proc/\(agent.pid)/cmdline"), "command line")
            expectNone(try text("/proc/\(agent.pid)/environ"), "environment")
            let check = try stage.run("check")
            #expect(check.output.contains("****"))
            expectNone(check.output + check.errors, "check")
            agent.signal(SIGABRT)
            #expect(agent.wait(atMost: patience) == .killed(SIGABRT))
            expectNone(agent.log, "log")
            #expect(try FileManager.default.contentsOfDirectory(atPath: cores).isEmpty)
            let state = stage.settings.state
            for name in try FileManager.default.contentsOfDirectory(atPath: state) {
                expectNone(try text("\(state)/\(name)"), name)
            }
        }

        private func text(_ path: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        }

        @Test("D69: what is wrong with a configuration is said without its secrets")
        func refused() throws {
            let stage = try Stage()
            for (hosts, keys) in [
                (["https://u:swordfish@h"], "api_key: k"), (["http://swordfish.h"], "api_key: k"),
                (["http://127.0.0.1"], "api_key: 'swordfish x'"),
                (["http://127.0.0.1"], "username: u, password: \"swordfish\\n\""),
                (["http://127.0.0.1"], "bearer_token: 'swordfish:'"),
                (["http://127.0.0.1"], "api_key: swordfish, password: swordfish"),
                (["http://127.0.0.1"], "api_key: [swordfish]"),
            ] {
                stage.settings.hosts = hosts
                stage.settings.signIn = ["auth: {\(keys)}"]
                let agent = try stage.start()
                #expect(agent.wait(atMost: patience) == .exited(2), "\(keys)")
                #expect(!agent.log.contains("swordfish"), "\(agent.log)")
            }
        }
    }
}
