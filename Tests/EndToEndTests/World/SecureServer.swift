// A real Elasticsearch with TLS and sign-in, directed as its superuser.
import Foundation
import Glibc
import ScriptedServer
import Testing

/// One of them, started by the shared script, stopped by `RealServer.stopAll`.
final class SecureServer: @unchecked Sendable {
    let url: String
    /// The authority of its certificate, and that of clients it knows.
    let authority: String
    private let password: String

    init() throws {
        let options = [
            "xpack.license.self_generated.type=trial",
            "xpack.security.authc.realms.pki.pki1.order=0",
            "xpack.security.authc.realms.pki.pki1.certificate_authorities=[\"certs/ca.crt\"]",
        ].flatMap { ["--set", $0] }
        let output = try RealServer.own("secure", ["--secure"] + options)
        var values: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        url = try #require(values["URL"])
        authority = try #require(values["CA"])
        password = try #require(values["ELASTIC_PASSWORD"])
    }

    /// A request with a JSON body; throws where the reply is not a success.
    @discardableResult
    func ask(_ method: String, _ target: String, _ body: String = "{}") throws -> [String: Any] {
        let output = try ChildProcess.output(
            of: ["/usr/bin/curl", "-sS", "--cacert", authority, "-u", "elastic:\(password)"]
                + ["-X", method, "-H", "content-type: application/json", "-d", body]
                + ["-w", "\n%{http_code}", url + target])
        let parts = String(decoding: output, as: UTF8.self).split(separator: "\n")
        let status = parts.last.flatMap { Int($0) } ?? 0
        let text = parts.dropLast().joined(separator: "\n")
        guard (200..<300).contains(status) else {
            throw RealServerRefusal(request: "\(method) \(target)", status: status, text: text)
        }
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// A new key for these privileges on indices of that pattern.
    func makeKey(
        _ pattern: String, _ privileges: [String] = ["create_doc", "auto_configure"]
    ) throws -> Key {
        let reply = try ask(
            "POST", "/_security/api_key",
            #"{"name":"e2e","role_descriptors":{"e2e":\#(role(pattern, privileges))}}"#)
        return Key(
            id: try #require(reply["id"] as? String),
            secret: try #require(reply["api_key"] as? String),
            encoded: try #require(reply["encoded"] as? String))
    }

    struct Key {
        var id: String
        var secret: String
        var encoded: String
    }

    func revoke(_ key: Key) throws {
        try ask("DELETE", "/_security/api_key", #"{"ids":["\#(key.id)"]}"#)
    }

    func makeRole(_ name: String, _ pattern: String, _ privileges: [String]) throws {
        try ask("PUT", "/_security/role/\(name)", role(pattern, privileges))
    }

    private func role(_ pattern: String, _ privileges: [String]) -> String {
        let list = privileges.map { #""\#($0)""# }.joined(separator: ",")
        return #"{"indices":[{"names":["\#(pattern)"],"privileges":[\#(list)]}]}"#
    }

    func makeDataStreams(_ prefix: String) throws {
        try ask(
            "PUT", "/_index_template/\(prefix)",
            #"{"index_patterns":["\#(prefix)*"],"priority":500,"data_stream":{},"#
                + #""template":{"settings":{"number_of_replicas":0,"number_of_shards":1}}}"#)
    }

    /// How many documents there are now; asked again while a shard is on its way.
    func count(_ pattern: String) throws -> Int {
        let options = "ignore_unavailable=true&allow_no_indices=true"
        var count = 0
        let answers = try patiently {
            do {
                try ask("POST", "/\(pattern)/_refresh?\(options)", "")
                count = try ask("GET", "/\(pattern)/_count?\(options)")["count"] as? Int ?? 0
                return true
            } catch let refusal as RealServerRefusal where refusal.status == 503 {
                return false
            }
        }
        #expect(answers)
        return count
    }
}
