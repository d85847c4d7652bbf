// Who we say we are to the servers, and whom we take them for.
import Elastic
import Platform

extension Configuration {
    /// One way to sign in. Of each secret either the value or the file it stands in.
    package struct Auth: Sendable, Equatable {
        package var username: String?
        package var password: Secret?
        package var passwordFile: Path?
        package var apiKey: Secret?
        package var apiKeyFile: Path?
        package var bearerToken: Secret?
        package var bearerTokenFile: Path?
        package init() {}

        /// How requests sign in.
        package var method: SignInMethod {
            if let source = Auth.source(apiKey, apiKeyFile) { return .apiKey(source) }
            if let source = Auth.source(bearerToken, bearerTokenFile) { return .bearer(source) }
            if let username, let source = Auth.source(password, passwordFile) {
                return .basic(user: username, source)
            }
            return .none
        }

        private static func source(_ secret: Secret?, _ file: Path?) -> SecretSource? {
            secret.map { .given($0) } ?? file.map { .file($0) }
        }
    }

    /// Of https alone.
    package struct TLS: Sendable, Equatable {
        /// nil: the system's authorities.
        package var caFile: Path?
        package var certificate: Path?
        /// nil: in the certificate's file.
        package var key: Path?
        package var keyPassphraseFile: Path?
        package var isInsecure = false
        package init() {}

        /// Whether a key is given that only means something with https.
        var isGiven: Bool {
            caFile != nil || certificate != nil || key != nil || keyPassphraseFile != nil
                || isInsecure
        }
    }
}

extension Configuration.Elasticsearch {
    /// Whether there is something that must not be found in a core file.
    package var hasSecrets: Bool { auth != nil || tls.certificate != nil }
}
