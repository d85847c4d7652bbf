// `setup` and `check --connect` against the real servers: documents land by what setup made.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    /// What a mapping says of a field, by its dotted name.
    private func type(of field: String, in properties: [String: Any]) -> String? {
        var members = properties
        for name in field.split(separator: ".").map(String.init) {
            guard let found = members[name] as? [String: Any] else { return nil }
            if let type = found["type"] as? String, found["properties"] == nil { return type }
            members = found["properties"] as? [String: Any] ?? [:]
        }
        return nil
    }

    private func fieldTypes(_ properties: [String: Any]) -> [String] {
        properties.values.flatMap { value -> [String] in
            let field = value as? [String: Any] ?? [:]
            let own = (field["type"] as? String).map { [$0] } ?? []
            let inner = field["properties"] as? [String: Any] ?? [:]
            let multi = field["fields"] as? [String: Any] ?? [:]
            return own + fieldTypes(inner) + fieldTypes(multi)
        }
    }

    @Test(arguments: RealServer.engines, [true, false])
    func `setup alone makes a target with the right mappings, the second time nothing`(
        _ engine: RealServer.Engine, _ stream: Bool
    ) throws {
        let server = try RealServer.shared(engine)
        let stage = try Stage()
        stage.settings.hosts = [server.url]
        let mark = "setup\(UInt32.random(in: 0...UInt32.max))"
        stage.settings.dataset = mark
        stage.settings.fields = "{labels.team: shop}"
        let target = stream ? "logs-\(mark)-default" : "\(mark)-2018.09.20"
        if !stream { stage.settings.target = .index("\(mark)-%{yyyy.MM.dd}") }
        try stage.writeSettings()
        if stream {
            let before = try stage.run("check", "--connect")
            #expect(before.code == 1)
            #expect(before.output.contains("no template would make a data stream of it"))
        }
        let first = try stage.run("setup", "--name", mark, "--pipeline")
        #expect(first.code == 0, "\(first.output)\(first.errors)")
        let name = stream ? "logs-\(mark)" : mark
        #expect(first.output.contains("created    index template \(name)\n"), "\(first.output)")
        let second = try stage.run("setup", "--name", mark, "--pipeline", "--json")
        #expect(second.code == 0, "\(second.output)\(second.errors)")
        let outcomes = Set(try second.objects.compactMap { $0["outcome"] as? String })
        #expect(outcomes.subtracting(["unchanged", "lacking"]).isEmpty, "\(second.output)")
        let check = try stage.run("check", "--connect")
        #expect(check.code == 0, "\(check.output)\(check.errors)")

        try stage.writer().write(300)
        let agent = try stage.start()
        #expect(try server.waitForCount(300, in: target))
        #expect(agent.terminate() == .exited(0))
        let documents = try server.documents(target)
        #expect(documents.allSatisfy { $0.index.hasPrefix(".ds-") == stream })
        let mapping = try server.ask("GET", "/\(target)/_mapping")
        let index = try #require(mapping.values.first as? [String: Any])
        let mappings = try #require(index["mappings"] as? [String: Any])
        let properties = try #require(mappings["properties"] as? [String: Any])
        for (field, wanted) in [
            ("@timestamp", "date"), ("source.ip", "ip"), ("http.response.status_code", "long"),
            ("http.response.body.bytes", "long"), ("log.offset", "long"),
            ("url.path", "keyword"), ("labels.team", "keyword"), ("host.name", "keyword"),
        ] {
            #expect(type(of: field, in: properties) == wanted, "\(field)")
        }
        // message and error.message; nothing became a text by itself.
        #expect(fieldTypes(properties).filter { $0 == "text" }.count == 2)

        let streams = stream ? #","data_stream":{}"# : ""
        try server.ask(
            "PUT", "/_index_template/\(name)",
            #"{"index_patterns":["\#(name)-*"],"priority":7\#(streams)}"#)
        let changed = try stage.run("setup", "--name", mark, "--pipeline")
        #expect(changed.code == 1)
        #expect(changed.output.contains("priority: 7 there, 200 here"), "\(changed.output)")
        #expect(try stage.run("setup", "--name", mark, "--pipeline", "--force").code == 0)
        #expect(try stage.run("setup", "--name", mark, "--pipeline").code == 0)
    }

    @Test(.enabled(if: RealServer.ownEngines.contains(.elasticsearch), RealServer.absence))
    func `with sign-in the key that setup made ships, and can do nothing else`() throws {
        let server = try SecuredServer()
        defer { server.remove() }
        let stage = try Stage()
        stage.settings.hosts = [server.url]
        let mark = "setup\(UInt32.random(in: 0...UInt32.max))"
        let target = "logs-\(mark)-default"
        stage.settings.dataset = mark
        let key = "\(stage.scratch.path)/key"
        func sign(in auth: String) throws {
            stage.settings.signIn = ["tls: {ca_file: \"\(server.ca)\"}", "auth: {\(auth)}"]
            try stage.writeSettings()
        }
        func row(_ run: CommandRun, _ check: String) throws -> [String: Any] {
            try run.objects.first { $0["check"] as? String == check } ?? [:]
        }

        try sign(in: "username: \(server.user), password: wrong")
        let wrong = try stage.run("check", "--connect", "--json")
        #expect(wrong.code == 1)
        #expect(try row(wrong, "sign-in")["result"] as? String == "failed", "\(wrong.output)")
        let refused = try stage.run("setup")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("HTTP 401"), "\(refused.errors)")

        try sign(in: "username: \(server.user), password: \(server.password)")
        let setup = try stage.run("setup", "--name", mark, "--api-key", key)
        #expect(setup.code == 0, "\(setup.output)\(setup.errors)")
        #expect(setup.output.contains("created    role \(mark)\n"), "\(setup.output)")
        #expect(setup.output.contains("created    API key \(mark)\n"), "\(setup.output)")
        let secret = try String(contentsOfFile: key, encoding: .utf8).dropLast()
        #expect(!setup.output.contains(secret) && !setup.errors.contains(secret))
        let again = try stage.run("setup", "--name", mark, "--api-key", key)
        #expect(again.code == 0)
        #expect(!again.output.contains("created"), "\(again.output)")
        #expect(again.output.contains("unchanged  role \(mark)\n"), "\(again.output)")

        try sign(in: "api_key_file: \"\(key)\"")
        let check = try stage.run("check", "--connect", "--json")
        #expect(check.code == 0, "\(check.output)\(check.errors)")
        #expect(try row(check, "privileges")["result"] as? String == "ok", "\(check.output)")
        let other = try stage.run("setup", "--name", "x\(mark)")
        #expect(other.code == 1)
        #expect(other.output.contains("manage_security"), "\(other.output)")
        try stage.writer().write(200)
        let agent = try stage.start()
        #expect(try server.waitForCount(200, in: target))
        #expect(agent.terminate() == .exited(0))
        #expect(try server.ask("GET", "/\(target)/_mapping").contains("\".ds-\(target)"))

        for (privileges, missing) in [
            ("\"auto_configure\"", "create_doc missing"),
            ("\"create_doc\"", "auto_configure missing"),
        ] {
            let made = try server.ask(
                "POST", "/_security/api_key",
                #"{"name":"k","role_descriptors":{"k":{"indices":[{"names":["logs-*"],"#
                    + #""privileges":[\#(privileges)]}]}}}"#)
            let encoded = try #require(
                try StrictJSON.object(Array(made.utf8)[...])["encoded"] as? String)
            try sign(in: "api_key: \"\(encoded)\"")
            let run = try stage.run("check", "--connect", "--json")
            #expect(run.code == 1)
            let detail = try row(run, "privileges")["detail"] as? String ?? ""
            #expect(detail.hasSuffix(missing), "\(run.output)")
        }

        stage.settings.hosts = [server.url.replacing("https", with: "http")]
        stage.settings.signIn = []
        try stage.writeSettings()
        let plain = try stage.run("check", "--connect")
        #expect(plain.code == 1)
        stage.settings.hosts = ["http://127.0.0.1:1"]
        try stage.writeSettings()
        let closed = try stage.run("check", "--connect")
        #expect(closed.code == 1)
        #expect(closed.output.contains("nobody listens there"), "\(closed.output)")
    }
}

extension Stage {
    /// Writes the configuration for commands, where no agent was started yet.
    func writeSettings() throws {
        try settings.yaml.write(
            toFile: "\(scratch.path)/tailproof.yaml", atomically: true, encoding: .utf8)
    }
}

/// An Elasticsearch with TLS and sign-in, for one test.
struct SecuredServer {
    private let name = "e2e-\(ProcessInfo.processInfo.processIdentifier)-secure"
    private let values: [String: String]

    init() throws {
        let script = try #require(RealServer.script)
        let output = try ChildProcess.output(
            of: [
                "/bin/bash", script, "start", name, "--engine", "elasticsearch", "--secure",
                "--fresh",
            ])
        var values: [String: String] = [:]
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        self.values = values
    }

    var url: String { values["URL"] ?? "" }
    var ca: String { values["CA"] ?? "" }
    var user: String { values["ELASTIC_USER"] ?? "" }
    var password: String { values["ELASTIC_PASSWORD"] ?? "" }

    func remove() {
        guard let script = RealServer.script else { return }
        _ = try? ChildProcess.output(of: ["/bin/bash", script, "remove", name])
    }

    /// A request of the administrator's, by curl.
    func ask(_ method: String, _ path: String, _ body: String = "") throws -> String {
        var command = [
            "/usr/bin/curl", "-sS", "--cacert", ca, "-u", "\(user):\(password)", "-X", method,
            "-H", "content-type: application/json", url + path,
        ]
        if !body.isEmpty { command += ["-d", body] }
        return String(decoding: try ChildProcess.output(of: command), as: UTF8.self)
    }

    func waitForCount(_ count: Int, in target: String) throws -> Bool {
        try patiently {
            _ = try ask("POST", "/\(target)/_refresh")
            return try ask("GET", "/\(target)/_count").contains("\"count\":\(count),")
        }
    }
}
