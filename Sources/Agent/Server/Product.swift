// Which server answers: asked in a way that needs as little as can be.
import Elastic

/// What stands at an address.
enum Product: Equatable {
    /// With its version, where that may be known.
    case elasticsearch(String?)
    case openSearch(String?)

    var isOpenSearch: Bool { if case .openSearch = self { true } else { false } }

    var words: String {
        switch self {
        case .elasticsearch(let version): version.map { "Elasticsearch \($0)" } ?? "Elasticsearch"
        case .openSearch(let version): version.map { "OpenSearch \($0)" } ?? "OpenSearch"
        }
    }
}

/// What the first request to a server came to.
enum Greeting {
    case product(Product)
    /// Whoever we are, the server does not know us.
    case stranger
    /// Nothing that speaks the protocol: why.
    case other(String)
}

extension ServerClient {
    /// Asks what the server is. The version wants the cluster privilege `monitor`; without it the
    /// product is found out all the same.
    func greet() throws(NoAnswer) -> Greeting {
        let root = try get("/")
        if root.status == 401 { return .stranger }
        guard case .object? = root.body else {
            return .other("HTTP \(root.status) without JSON: not an Elasticsearch")
        }
        if root.isGood {
            guard let number = root.body?[path: ["version", "number"]]?.string else {
                return .other("JSON without a version: not an Elasticsearch")
            }
            let isOpenSearch =
                root.body?[path: ["version", "distribution"]]?.string == "opensearch"
            let version = Printout.printable(number)
            return .product(isOpenSearch ? .openSearch(version) : .elasticsearch(version))
        }
        // A distribution for tests may have no `GET /`.
        let nodes = try get("/_nodes/_local?filter_path=nodes.*.version,nodes.*.build_flavor")
        if nodes.isGood, let node = nodes.body?["nodes"]?.members.first?.value {
            let version = node["version"]?.string.map { Printout.printable($0) }
            let isElasticsearch = node["build_flavor"] != nil
            return .product(isElasticsearch ? .elasticsearch(version) : .openSearch(version))
        }
        let isError = root.body?["error"] != nil
        guard isError, root.status == 403 || root.isUnknownRequest else {
            let reason = root.reason.isEmpty ? "" : ": " + root.reason
            return .other("HTTP \(root.status)\(reason): not an Elasticsearch that is well")
        }
        let known = try get("/_security/_authenticate")
        return .product(known.isGood ? .elasticsearch(nil) : .openSearch(nil))
    }
}
