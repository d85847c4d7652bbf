// Every way to sign in, and every way to be refused, with a real Elasticsearch.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite(
        "Real sign-in", .serialized, StopsRealServers(),
        .enabled(if: RealServer.hasSecureOnes, RealServer.secureAbsence))
    struct RealSignInTests {
        /// A stage whose agent ships to the secure server, into a data stream of the test's own.
        struct Secure {
            let server: SecureServer
            let stage: Stage
            let target: String
            let writer: LogWriter

            init() throws {
                server = try SecureServer()
                stage = try Stage()
                let mark = "e2e\(UInt32.random(in: 0...UInt32.max))"
                target = "logs-\(mark)-default"
                stage.settings.hosts = [server.url]
                stage.settings.dataset = mark
                try server.makeDataStreams("logs-\(mark)-")
                writer = try stage.writer()
                try writer.write(300)
                signIn("")
            }

            /// Signs in by these keys; always with the server's authority.
            func signIn(_ auth: String, tls: String = "") {
                stage.settings.signIn = ["tls: {ca_file: \"\(server.authority)\"\(tls)}"]
                if !auth.isEmpty { stage.settings.signIn.append("auth: {\(auth)}") }
            }

            func file(_ name: String, _ content: String) throws -> String {
                let path = "\(stage.scratch.path)/\(name)"
                try content.write(toFile: path, atomically: true, encoding: .utf8)
                return path
            }

            /// Expects that all that was written arrives, once.
            func expectAll(_ agent: AgentProcess, _ place: SourceLocation = #_sourceLocation) throws
            {
                let arrived = try patiently { try server.count(target) >= stage.ledger.count }
                #expect(arrived, "\(agent.log)", sourceLocation: place)
                #expect(agent.terminate() == .exited(0), sourceLocation: place)
                #expect(try server.count(target) == stage.ledger.count, sourceLocation: place)
                #expect(try ParkFiles.read(stage.settings.state).isEmpty, sourceLocation: place)
            }
        }

        @Test func `a user with a password, in the agent and in the commands beside it`() throws {
            let secure = try Secure()
            let user = secure.target
            try secure.server.makeRole(user, "logs-*", ["create_doc", "auto_configure", "read"])
            try secure.server.ask(
                "PUT", "/_security/user/\(user)", #"{"password":"pä:ss wörd","roles":["\#(user)"]}"#
            )
            let file = try secure.file("password", "pä:ss wörd\n")
            secure.signIn("username: \(user), password_file: \"\(file)\"")
            let agent = try secure.stage.start()
            #expect(
                try patiently { try secure.server.count(secure.target) == 300 }, "\(agent.log)")
            let files = try secure.stage.settledFiles()
            let audit = try secure.stage.run("audit", "--server")
            #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            let path = try #require(files.first?["path"] as? String)
            let replay = try secure.stage.run("replay", path, "--lines", "1-10", "--json")
            #expect(try replay.objects.last?["already_there"] as? Int == 10, "\(replay.output)")
            try secure.expectAll(agent)
        }

        @Test(arguments: [true, false])
        func `an API key in either spelling; revoked and replaced while the agent runs`(
            _ encoded: Bool
        ) throws {
            let secure = try Secure()
            let first = try secure.server.makeKey("logs-*")
            let file = try secure.file(
                "key", encoded ? first.encoded : first.id + ":" + first.secret)
            secure.signIn("api_key_file: \"\(file)\"")
            let agent = try secure.stage.start()
            #expect(
                try patiently { try secure.server.count(secure.target) == 300 }, "\(agent.log)")
            try secure.server.revoke(first)
            try secure.writer.write(300)
            #expect(agent.says("output.credentials"))
            #expect(try agent.events("output.credentials").first?["status"] as? Int == 401)
            let second = try secure.server.makeKey("logs-*")
            _ = try secure.file("key", encoded ? second.id + ":" + second.secret : second.encoded)
            try secure.expectAll(agent)
            for key in [first, second] {
                #expect(!agent.log.contains(key.secret) && !agent.log.contains(key.encoded))
            }
        }

        @Test func `the token of a service account`() throws {
            let secure = try Secure()
            let reply = try secure.server.ask(
                "POST", "/_security/service/elastic/fleet-server/credential/token/e2e", "")
            let token = try #require((reply["token"] as? [String: Any])?["value"] as? String)
            let file = try secure.file("token", token + "\n")
            secure.signIn("bearer_token_file: \"\(file)\"")
            let agent = try secure.stage.start()
            try secure.expectAll(agent)
        }

        @Test func `a client certificate alone`() throws {
            let secure = try Secure()
            let name = secure.target
            try secure.server.makeRole(name, "logs-*", ["create_doc", "auto_configure"])
            try secure.server.ask(
                "PUT", "/_security/role_mapping/\(name)",
                #"{"enabled":true,"roles":["\#(name)"],"rules":{"field":{"dn":"CN=\#(name)"}}}"#)
            // The server's script keeps the authority's key beside its certificate.
            let certificates = try secure.stage.scratch.directory("certificates")
            for ending in ["crt", "key"] {
                let source = secure.server.authority.dropLast(3) + ending
                try Data(contentsOf: URL(filePath: String(source))).write(
                    to: URL(filePath: "\(certificates)/ca.\(ending)"))
            }
            let client = "\(certificates)/client"
            try Authority(at: certificates).sign("DNS:agent", subject: name, to: client)
            secure.signIn("", tls: ", certificate: \"\(client).crt\", key: \"\(client).key\"")
            let agent = try secure.stage.start()
            try secure.expectAll(agent)
        }

        @Test(
            "a right that is missing drops nothing, and is heeded when it is granted",
            arguments: [
                // Without the right to any bulk request the whole of it is refused.
                ("create_doc", "output.credentials"), ("auto_configure", "batch.refused"),
            ])
        func rights(_ missing: String, _ event: String) throws {
            let secure = try Secure()
            let user = secure.target
            let all = ["create_doc", "auto_configure"]
            try secure.server.makeRole(user, "logs-*", all.filter { $0 != missing })
            try secure.server.ask(
                "PUT", "/_security/user/\(user)", #"{"password":"password","roles":["\#(user)"]}"#)
            secure.signIn("username: \(user), password: password")
            let agent = try secure.stage.start()
            #expect(agent.says(event), "\(agent.log)")
            let refused = try #require(try agent.events(event).first)
            #expect(refused["status"] as? Int == 403, "\(refused)")
            try secure.writer.write(100)
            #expect(try secure.server.count(secure.target) == 0)
            try secure.server.makeRole(user, "logs-*", all)
            try secure.expectAll(agent)
        }
    }
}
