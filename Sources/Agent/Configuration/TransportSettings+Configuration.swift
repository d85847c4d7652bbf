// How the configured servers are reached: by the agent and by its commands alike.
import Elastic

extension TransportSettings {
    package init(_ output: Configuration.Elasticsearch) {
        self.init(hosts: output.hosts, version: version)
        timeout = output.timeout
    }
}
