// What a server has of what setup would use.

/// What there is to build with.
struct ServerOffer {
    var isOpenSearch: Bool
    /// The component templates that are there.
    var components: Set<String>
    /// Whether a template may be composed of what is not there: from Elasticsearch 8.7 on.
    var takesMissingComponents: Bool
    var hasLifecycle: Bool
    /// nil: not known, all are taken for there.
    var processors: Set<String>?

    /// A server of this product with everything: what is printed for.
    static func everything(isOpenSearch: Bool) -> ServerOffer {
        ServerOffer(
            isOpenSearch: isOpenSearch,
            components: isOpenSearch ? [] : ["logs@mappings", "logs@settings", "ecs@mappings"],
            takesMissingComponents: !isOpenSearch, hasLifecycle: true,
            // ip2geo of OpenSearch wants a data source that only its users can make.
            processors: isOpenSearch ? ["user_agent", "set"] : nil)
    }

    /// Where its lifecycle policies are.
    var lifecyclePath: String { isOpenSearch ? "/_plugins/_ism/policies/" : "/_ilm/policy/" }
    /// Where its roles are.
    var rolePath: String { isOpenSearch ? "/_plugins/_security/api/roles/" : "/_security/role/" }
}

extension ServerClient {
    /// Asks for what setup would use. What may not be asked is taken for there; then the request
    /// that makes it says what is missing.
    func offer(_ product: Product) throws(NoAnswer) -> ServerOffer {
        let isOpenSearch = product.isOpenSearch
        var offer = ServerOffer.everything(isOpenSearch: isOpenSearch)
        if case .elasticsearch(let version?) = product {
            let numbers = version.split(separator: "." as Character).compactMap { Int($0) }
            let isOld =
                numbers.first ?? 8 < 8
                || (numbers.first == 8 && numbers.count > 1
                    && numbers[1] < 7)
            offer.takesMissingComponents = !isOld
        }
        let components = try get(
            "/_component_template?filter_path=component_templates.name")
        if components.isGood {
            let names = components.body?["component_templates"]?.elements ?? []
            offer.components = Set(names.compactMap { $0["name"]?.string })
        }
        let lifecycle = try get(offer.lifecyclePath + "tailproof")
        offer.hasLifecycle = !lifecycle.isUnknownRequest
        let nodes = try get("/_nodes/_local/ingest?filter_path=nodes.*.ingest.processors.type")
        if nodes.isGood, let node = nodes.body?["nodes"]?.members.first?.value {
            let processors = node[path: ["ingest", "processors"]]?.elements ?? []
            offer.processors = Set(processors.compactMap { $0["type"]?.string })
        }
        return offer
    }
}
