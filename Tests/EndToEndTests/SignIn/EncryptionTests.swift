// D70: servers that must be refused before a byte of a body is sent, and certificates of our own.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite(
        "Encryption", .enabled(if: Authority.isUsable, Authority.absence)) struct EncryptionTests
    {
        /// A stage whose server stands behind TLS, with an authority that the agent trusts.
        struct Encrypted {
            let stage: Stage
            let authority: Authority
            let front: TLSFront
            let directory: String

            init() throws {
                stage = try Stage()
                directory = try stage.scratch.directory("tls")
                authority = try Authority(directory)
                front = try TLSFront(directory, before: stage.server)
                try authority.sign("IP:127.0.0.1", to: "\(directory)/good")
                try mend()
                stage.settings.hosts = [front.url]
                stage.settings.signIn = ["tls: {ca_file: \"\(authority.certificate)\"}"]
            }

            /// Gives the server the certificate that it should have.
            func mend() throws {
                for ending in ["crt", "key"] {
                    try Data(contentsOf: URL(filePath: "\(directory)/good.\(ending)")).write(
                        to: URL(filePath: "\(directory)/server.\(ending)"))
                }
            }
        }

        enum Fault: String, CaseIterable, Sendable {
            case unknownAuthority, expired, otherHost, oldProtocol
        }

        @Test(
            "D70: a server that proves nothing gets nothing; once it does, everything",
            arguments: Fault.allCases)
        func d70(_ fault: Fault) throws {
            let world = try Encrypted()
            let stage = world.stage
            let server = "\(world.directory)/server"
            let old = "\(world.directory)/old"
            var environment: [String: String] = [:]
            switch fault {
            case .unknownAuthority:
                let other = try Authority(try stage.scratch.directory("other"))
                try other.sign("IP:127.0.0.1", to: server)
            case .expired: try world.authority.sign("IP:127.0.0.1", days: -1, to: server)
            case .otherHost:
                try world.authority.sign("DNS:other.example,IP:127.0.0.2", to: server)
            case .oldProtocol:
                // The distribution's OpenSSL refuses TLS 1.1 by itself; this one would not.
                environment["OPENSSL_CONF"] = try permissiveOpenSSL(stage)
                try "".write(toFile: old, atomically: true, encoding: .utf8)
            }
            stage.settings.signIn.append("auth: {bearer_token: swordfish}")
            try stage.writer().write(500)
            let agent = try stage.start(environment: environment)
            #expect(agent.says("output.unreachable"))
            let told = try #require(try agent.events("output.unreachable").first)
            #expect(told["kind"] as? String == "tls", "\(told)")
            #expect(stage.server.connections == 0)
            try? FileManager.default.removeItem(atPath: old)
            try world.mend()
            stage.expectAllOnce(from: agent)
            #expect(!agent.log.contains("swordfish"))
            #expect(try agent.events("output.insecure").isEmpty)
        }

        /// A configuration of OpenSSL under which a client that does not say otherwise speaks
        /// TLS 1.1.
        private func permissiveOpenSSL(_ stage: Stage) throws -> String {
            let path = "\(stage.scratch.path)/openssl.cnf"
            let text = """
                openssl_conf = init
                [init]
                ssl_conf = ssl
                [ssl]
                system_default = default
                [default]
                MinProtocol = TLSv1.1
                CipherString = DEFAULT@SECLEVEL=0

                """
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        @Test("D70: insecure alone takes any server, with a warning at every start")
        func insecure() throws {
            let world = try Encrypted()
            let stage = world.stage
            let other = try Authority(try stage.scratch.directory("other"))
            try other.sign("DNS:other.example", days: -1, to: "\(world.directory)/server")
            stage.settings.signIn = ["tls: {insecure: true}"]
            try stage.writer().write(300)
            for _ in 0..<2 {
                let agent = try stage.start()
                #expect(agent.says("output.insecure"))
                stage.expectAllOnce(from: agent)
            }
        }

        @Test("D70: files that hold no certificates end the start, with a word on which")
        func unusable() throws {
            let world = try Encrypted()
            let stage = world.stage
            let garbage = "\(stage.scratch.path)/garbage"
            try "garbage\n".write(toFile: garbage, atomically: true, encoding: .utf8)
            let certificate = "certificate: \"\(world.directory)/server.crt\""
            for (keys, message) in [
                (
                    "ca_file: /absent.crt",
                    "tls.ca_file: no certificate can be read from /absent.crt"
                ),
                ("ca_file: \"\(garbage)\"", "tls.ca_file: no certificate can be read from"),
                ("certificate: /absent.crt", "tls.certificate, tls.key: no certificate with its"),
                (certificate, "tls.certificate, tls.key: no certificate with its key"),
                (certificate + ", key: \"\(garbage)\"", "tls.certificate, tls.key: no certificate"),
                (
                    certificate + ", key: \"\(world.directory)/ca.key\"",
                    "tls.certificate, tls.key: no certificate with its key"
                ),
                (
                    certificate + ", key_passphrase_file: /absent",
                    "/absent cannot be read: No such file or directory"
                ),
            ] {
                stage.settings.signIn = ["tls: {\(keys)}"]
                let agent = try stage.start()
                #expect(agent.wait(atMost: patience) == .exited(1), "\(keys)")
                #expect(agent.log.contains(message), "\(keys): \(agent.log)")
            }
            #expect(stage.server.connections == 0)
        }

        @Test func `authorities, certificate and key are read again for new connections`() throws {
            let world = try Encrypted()
            let stage = world.stage
            let client = "\(world.directory)/client"
            let clients = "\(world.directory)/clients.crt"
            let trusted = "\(stage.scratch.path)/trusted.crt"
            let manager = FileManager.default
            try manager.copyItem(atPath: world.authority.certificate, toPath: clients)
            try manager.copyItem(atPath: world.authority.certificate, toPath: trusted)
            try world.authority.sign("DNS:agent", to: client)
            let passphrase = "\(stage.scratch.path)/passphrase"
            try "open, please\n".write(toFile: passphrase, atomically: true, encoding: .utf8)
            try Authority.openssl(
                ["pkey", "-aes256", "-passout", "file:\(passphrase)"]
                    + ["-in", client + ".key", "-out", client + ".locked"])
            stage.settings.signIn = [
                "tls: {ca_file: \"\(trusted)\", certificate: \"\(client).crt\", "
                    + "key: \"\(client).locked\", key_passphrase_file: \"\(passphrase)\"}"
            ]
            let writer = try stage.writer()
            try writer.write(300)
            let agent = try stage.start()
            #expect(stage.everythingArrives())

            // Everything is new: both authorities, the server's certificate and ours.
            stage.server.leave()
            let other = try Authority(try stage.scratch.directory("other"))
            try other.sign("IP:127.0.0.1", to: "\(world.directory)/server")
            try other.sign("DNS:agent", to: client)
            try Authority.openssl(
                ["pkey", "-aes256", "-passout", "file:\(passphrase)"]
                    + ["-in", client + ".key", "-out", client + ".locked"])
            for path in [clients, trusted] {
                try Data(contentsOf: URL(filePath: other.certificate)).write(
                    to: URL(filePath: path))
            }
            try writer.write(300)
            stage.server.comeBack()
            stage.expectAllOnce(from: agent)
            #expect(!agent.log.contains("open, please"))
        }
    }
}
