// One thing that setup installs: a request, and how it is compared with what is there.

/// A part of a plan.
struct SetupPart {
    enum Kind: String {
        case lifecycle = "lifecycle policy"
        case pipeline = "ingest pipeline"
        case template = "index template"
        case role = "role"
    }

    let kind: Kind
    let name: String
    /// From the slash on, without a query.
    let path: String
    let body: JSONValue
    let isOpenSearch: Bool

    /// The privilege that installing it needs, as the product names it.
    var privilege: String {
        switch (kind, isOpenSearch) {
        case (.lifecycle, false): "manage_ilm"
        case (.pipeline, false): "manage_ingest_pipelines"
        case (.template, false): "manage_index_templates"
        case (.role, false): "manage_security"
        case (.lifecycle, true): "cluster:admin/opendistro/ism/policy/write"
        case (.pipeline, true): "cluster:admin/ingest/pipeline/put"
        case (.template, true): "indices:admin/index_template/put"
        case (.role, true): "restapi:admin/roles"
        }
    }

    /// What a reply to `GET` says is there; nil when it says nothing of it.
    func found(in reply: JSONValue?) -> JSONValue? {
        switch kind {
        case .template:
            return reply?["index_templates"]?.elements.first { $0["name"]?.string == name }?[
                "index_template"]
        case .lifecycle:
            let policy = isOpenSearch ? reply?["policy"] : reply?[path: [name, "policy"]]
            return policy.map { .object([(name: "policy", value: $0)]) }
        case .pipeline, .role: return reply?[name]
        }
    }

    /// What to add to the path so that nothing is overwritten that was not looked at.
    func query(replacing reply: JSONValue?) -> String {
        switch kind {
        case .template where reply == nil: return "?create=true"
        case .lifecycle where isOpenSearch && reply != nil:
            let number = reply?["_seq_no"]?.line ?? "0"
            let term = reply?["_primary_term"]?.line ?? "0"
            return "?if_seq_no=\(number)&if_primary_term=\(term)"
        default: return ""
        }
    }

    /// As it is pasted into a console.
    var request: String { "PUT \(path.dropFirst())\n\(body.page)\n" }
}
