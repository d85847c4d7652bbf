// The keys of sign-in: what they mean, what contradicts, and that no secret is printed.
import Agent
import Elastic
import Foundation
import Testing

@Suite("Sign-in by configuration")
struct SignInConfigurationTests {
    private func output(_ keys: String) throws -> Configuration.Elasticsearch {
        let text = "output: {elasticsearch: {\(keys)}}"
        let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "f")
        guard case .elasticsearch(let output) = configuration.output else {
            throw CocoaError(.coderInvalidValue)
        }
        return output
    }

    @Test func `each way to sign in is read`() throws {
        func method(_ keys: String) throws -> SignInMethod? {
            try output("auth: {\(keys)}").auth?.method
        }
        #expect(try method("username: u, password: p") == .basic(user: "u", .given(Secret("p"))))
        #expect(try method("username: u, password_file: /p") == .basic(user: "u", .file("/p")))
        #expect(try method("api_key: 'i:k'") == .apiKey(.given(Secret("i:k"))))
        #expect(try method("api_key: aWQ6a2V5") == .apiKey(.given(Secret("aWQ6a2V5"))))
        #expect(try method("api_key_file: /k") == .apiKey(.file("/k")))
        #expect(try method("bearer_token: t") == .bearer(.given(Secret("t"))))
        #expect(try method("bearer_token_file: /t") == .bearer(.file("/t")))
        #expect(try output("connections: 1").auth == nil)
    }

    @Test func `encryption is read`() throws {
        let keys =
            "hosts: ['HTTPS://Es:9200/x/'], tls: {ca_file: /ca, certificate: /c, key: /k, "
            + "key_passphrase_file: /p}"
        let output = try output(keys)
        #expect(output.hosts == ["https://es:9200/x"])
        #expect(output.tls.caFile == "/ca" && output.tls.certificate == "/c")
        #expect(output.tls.key == "/k" && output.tls.keyPassphraseFile == "/p")
        #expect(!output.tls.isInsecure)
        #expect(try self.output("hosts: ['https://h'], tls: {insecure: true}").tls.isInsecure)
    }

    @Test(
        "contradictions are errors that say what to do",
        arguments: [
            ("auth: {}", "auth: expected username and password, api_key or bearer_token"),
            ("auth: {username: u}", "auth: password or password_file is missing"),
            ("auth: {password: p}", "auth: username is missing"),
            (
                "auth: {username: u, password: p, password_file: /p}",
                "auth.password_file: password and password_file exclude each other"
            ),
            (
                "auth: {api_key: k, username: u, password: p}",
                "auth: one way to sign in: username and api_key exclude each other"
            ),
            (
                "auth: {api_key: k, bearer_token: t}",
                "auth: one way to sign in: api_key and bearer_token exclude each other"
            ),
            (
                "auth: {username: 'a:b', password: p}",
                "auth.username: a user's name has no \":\" and no control characters"
            ),
            (
                "auth: {api_key: 'swordfish one'}",
                "auth.api_key: the secret has a character that an API key never has"
            ),
            ("auth: {bearer_token: ''}", "auth.bearer_token: the secret is empty"),
            (
                "auth: {api_key: '****'}",
                "auth.api_key: **** is how secrets are printed; put the secret itself"
            ),
            (
                "auth: {api_key_file: key}",
                "auth.api_key_file: \"key\" is not absolute; a path begins with \"/\""
            ),
            (
                "hosts: ['http://es:9200'], auth: {api_key: k}",
                "hosts[0]: credentials over plain http can be read by anyone on the way; use https"
            ),
            (
                "hosts: ['https://es:9200', 'http://127.evil.example'], auth: {api_key: k}",
                "hosts[1]: credentials over plain http can be read by anyone on the way; use https"
            ),
            (
                "tls: {insecure: true}",
                "tls: nothing is encrypted: no address begins with https://"
            ),
            (
                "hosts: ['https://h'], tls: {key: /k}", "tls.key: certificate is missing"
            ),
            (
                "hosts: ['https://h'], tls: {ca_file: /c, insecure: true}",
                "tls.insecure: ca_file says whom to trust, insecure trusts anyone: leave one out"
            ),
            (
                "hosts: ['https://h'], cloud_id: 'x:ZXhhbXBsZS5jb20kZXMk'",
                "cloud_id: hosts and cloud_id exclude each other"
            ),
        ])
    func contradictions(_ keys: String, _ expected: String) {
        let told = findings("output: {elasticsearch: {\(keys)}}")
        #expect(told.count == 1)
        #expect(told.first?.hasSuffix(" output.elasticsearch." + expected) == true, "\(told)")
    }

    @Test(arguments: [
        "http://localhost", "http://127.0.0.1:9200", "http://127.1.2.3/x", "http://[::1]:9200",
    ])
    func `loopback takes credentials over plain http`(_ host: String) throws {
        #expect(try output("hosts: ['\(host)'], auth: {api_key: k}").hosts == [host])
    }

    // MARK: - Elastic Cloud

    private func cloudID(_ name: String, _ content: String) -> String {
        name + ":" + Data(content.utf8).base64EncodedString()
    }

    @Test(
        "a cloud id is an address",
        arguments: [
            ("eu.aws.found.io$abc$def", "https://abc.eu.aws.found.io:443"),
            ("eu.aws.found.io$abc", "https://abc.eu.aws.found.io:443"),
            ("eu.aws.found.io$abc$", "https://abc.eu.aws.found.io:443"),
            ("eu.found.io:9243$abc$def", "https://abc.eu.found.io:9243"),
            ("eu.found.io:9243$abc:9300$def:1", "https://abc.eu.found.io:9300"),
        ])
    func cloud(_ content: String, _ host: String) throws {
        for name in ["shop", "", "shop:of:many"] {
            let id = cloudID(name, content)
            let output = try output("cloud_id: '\(id)'")
            #expect(output.hosts == [host])
            var configuration = Configuration()
            configuration.output = .elasticsearch(output)
            let again = try ConfigurationFile.decode(Array(configuration.yaml.utf8), name: "again")
            #expect(again == configuration)
            #expect(!configuration.yaml.contains("hosts:"))
        }
    }

    @Test func `a broken cloud id is refused`() {
        let ids = [
            ("shop", "expected a cloud id"), ("shop:", "expected a cloud id"),
            ("shop:???", "not base64"), ("shop:/w==", "not base64"),
            (cloudID("s", "host"), "names no Elasticsearch"),
            (cloudID("s", "$abc"), "names no Elasticsearch"),
            (cloudID("s", "host$"), "names no Elasticsearch"),
            (cloudID("s", "host$undefined$k"), "names no Elasticsearch"),
            (cloudID("s", "host:x$abc"), "is none"), (cloudID("s", "host$a/b"), "is none"),
            (cloudID("s", "ho@st$abc"), "is none"), (cloudID("s", "host$:1"), "is none"),
        ]
        for (id, message) in ids {
            let told = findings("output: {elasticsearch: {cloud_id: '\(id)'}}")
            #expect(told.count == 1 && told[0].contains(message), "\(id): \(told)")
        }
    }

    // MARK: - Masks

    @Test func `no printed form of a configuration holds a secret`() throws {
        for keys in [
            "username: u, password: swordfish", "api_key: swordfish", "bearer_token: swordfish",
        ] {
            let text = "output: {elasticsearch: {auth: {\(keys)}}}"
            let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "f")
            var dumped = ""
            dump(configuration, to: &dumped)
            for form in [
                configuration.yaml, "\(configuration)", String(reflecting: configuration), dumped,
            ] { #expect(!form.contains("swordfish")) }
            #expect(configuration.yaml.contains("\"****\""))
        }
    }
}
