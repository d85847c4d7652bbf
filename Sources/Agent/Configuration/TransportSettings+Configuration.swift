// How the configured servers are reached: by the agent and by its commands alike.
import Elastic

extension TransportSettings {
    /// Reads the files of secrets and checks those of certificates; `report` tells of what becomes
    /// of secrets later.
    package init(
        _ output: Configuration.Elasticsearch,
        report: @escaping @Sendable (SignInNotice) -> Void = { _ in }
    ) throws(SignInError) {
        self.init(hosts: output.hosts, version: version)
        timeout = output.timeout
        tls.caFile = output.tls.caFile
        tls.certificate = output.tls.certificate
        tls.key = output.tls.key
        tls.isInsecure = output.tls.isInsecure
        do throws(SecretFileError) {
            signIn = try SignIn(
                output.auth?.method ?? .none,
                passphrase: output.tls.keyPassphraseFile.map { .file($0) }, report: report)
        } catch {
            throw .secret(error)
        }
        if let problem = tlsProblem { throw .tls(problem) }
    }
}

/// Why the servers cannot even be asked. Holds no secret.
package enum SignInError: Error, Hashable, Sendable, CustomStringConvertible {
    case secret(SecretFileError)
    /// A file of certificates or keys cannot be used.
    case tls(String)

    package var description: String {
        switch self {
        case .secret(let error): error.description
        case .tls(let problem): problem
        }
    }
}
