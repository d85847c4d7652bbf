// The keys of sign-in and encryption, and the rules between them.
import Elastic

extension ConfigurationSchema {
    static var auth: Schema<Configuration.Auth> {
        Schema(keys: [
            Key(optional: "username", \.username, .username),
            Key(optional: "password", \.password, .secret(.password)),
            Key(optional: "password_file", \.passwordFile, .file),
            Key(optional: "api_key", \.apiKey, .secret(.apiKey)),
            Key(optional: "api_key_file", \.apiKeyFile, .file),
            Key(optional: "bearer_token", \.bearerToken, .secret(.bearerToken)),
            Key(optional: "bearer_token_file", \.bearerTokenFile, .file),
        ]) { key, _, findings in
            checkAuth(key, &findings)
        }
    }

    static var tls: Schema<Configuration.TLS> {
        Schema(keys: [
            Key(optional: "ca_file", \.caFile, .file),
            Key(optional: "certificate", \.certificate, .file),
            Key(optional: "key", \.key, .file),
            Key(optional: "key_passphrase_file", \.keyPassphraseFile, .file),
            Key("insecure", \.isInsecure, .boolean),
        ]) { key, tls, findings in
            for name in ["key", "key_passphrase_file"]
            where findings.places["\(key).\(name)"] != nil
                && findings.places[key + ".certificate"] == nil
            {
                findings.add("certificate is missing", "\(key).\(name)")
            }
            if tls.isInsecure, tls.caFile != nil {
                findings.add(
                    "ca_file says whom to trust, insecure trusts anyone: leave one out",
                    key + ".insecure")
            }
        }
    }

    /// One way to sign in, whole.
    private static func checkAuth(_ key: String, _ findings: inout Findings) {
        func isGiven(_ name: String) -> Bool { findings.places["\(key).\(name)"] != nil }
        for name in ["password", "api_key", "bearer_token"] where isGiven(name) {
            if isGiven(name + "_file") {
                findings.add("\(name) and \(name)_file exclude each other", "\(key).\(name)_file")
            }
        }
        let isBasic = ["username", "password", "password_file"].contains(where: isGiven)
        let isKey = ["api_key", "api_key_file"].contains(where: isGiven)
        let isBearer = ["bearer_token", "bearer_token_file"].contains(where: isGiven)
        var given: [String] = []
        if isBasic { given.append("username") }
        if isKey { given.append("api_key") }
        if isBearer { given.append("bearer_token") }
        if given.isEmpty, !findings.hasError(at: key) {
            findings.add("expected username and password, api_key or bearer_token", key)
        } else if given.count > 1 {
            findings.add(
                "one way to sign in: " + given.joined(separator: " and ") + " exclude each other",
                key)
        } else if isBasic, !isGiven("username") {
            findings.add("username is missing", key)
        } else if isBasic, !isGiven("password"), !isGiven("password_file") {
            findings.add("password or password_file is missing", key)
        }
    }

    /// Rules between sign-in, encryption and addresses.
    static func checkSignIn(
        _ key: String, _ output: inout Configuration.Elasticsearch, _ findings: inout Findings
    ) {
        let cloud = key + ".cloud_id"
        if findings.places[cloud] != nil, findings.places[key + ".hosts"] != nil {
            findings.add("hosts and cloud_id exclude each other", cloud)
            return
        }
        if findings.hasError(at: cloud) || findings.hasError(at: key + ".hosts") { return }
        let plain = output.hosts.indices.filter { !output.hosts[$0].hasPrefix("https://") }
        for index in plain where output.auth != nil && !HostAddress.isLoopback(output.hosts[index])
        {
            findings.add(
                "credentials over plain http can be read by anyone on the way; use https",
                "\(key).hosts[\(index)]", at: findings.places[key + ".auth"])
        }
        if plain.count == output.hosts.count, output.tls.isGiven {
            findings.add("nothing is encrypted: no address begins with https://", key + ".tls")
        }
    }
}

extension ValueKind where Value == Secret {
    /// A secret written into the configuration. Nothing of it is ever printed.
    static func secret(_ kind: SecretKind) -> ValueKind {
        .word("a secret", write: { _ in .text(Secret.mask) }) { word throws(Refusal) in
            if word == Secret.mask {
                throw Refusal("\(Secret.mask) is how secrets are printed; put the secret itself")
            }
            let secret = Secret(word)
            if let problem = kind.problem(secret) { throw Refusal("the secret " + problem) }
            return secret
        }
    }
}

extension ValueKind where Value == String {
    /// The name of a user, without a colon: what follows one would count as the password.
    static var username: ValueKind {
        .word("a user's name", write: { .text($0) }) { word throws(Refusal) in
            if word.isEmpty { throw Refusal("a user's name must not be empty") }
            if word.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ":") }) {
                throw Refusal("a user's name has no \":\" and no control characters")
            }
            return word
        }
    }
}
