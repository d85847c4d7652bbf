// The way to the servers: secrets read, certificates checked, what is dangerous said.
import Elastic
import Platform

extension Supervisor {
    /// How servers are reached; nil where documents are printed.
    func transportSettings() throws(SignInError) -> TransportSettings? {
        guard case .elasticsearch(let output) = configuration.output else { return nil }
        if output.hasSecrets { CoreFiles.forbid() }
        let log = log
        let settings = try TransportSettings(output) { notice in
            switch notice {
            case .reloaded(let path): log(.outputSecretReloaded, .path(path))
            case .unusable(let error):
                log(.outputSecretUnusable, .path(error.path), .text("reason", error.problem))
            }
        }
        if output.tls.isInsecure {
            log(.outputInsecure, .text("key", "output.elasticsearch.tls.insecure"))
        }
        return settings
    }
}
