// Whether a target is there or can come to be, and whether documents may be created in it.
import Elastic

extension ConnectionCheck {
    /// Whether the target exists; nil where that may not be known.
    mutating func look(
        for destination: Destination, on client: ServerClient
    ) throws(NoAnswer) -> Bool? {
        let name = destination.currentName(at: now)
        let answer = try client.get("/_resolve/index/" + APIRequest.encoded(name))
        if answer.isGood || answer.status == 404 {
            func has(_ kind: String) -> Bool {
                answer.isGood && !(answer.body?[kind]?.elements ?? []).isEmpty
            }
            if has("data_streams") {
                let detail = "a data stream that exists"
                note(client, "target", name, .good, detail)
                return true
            }
            if has("indices") || has("aliases") {
                if destination.isStream {
                    note(
                        client, "target", name, .failed,
                        "an index or alias has this name, not a data stream",
                        remedy: "delete or rename it, or configure index instead of data_stream")
                } else {
                    note(client, "target", name, .good, "an index that exists")
                }
                return true
            }
            try lookForTemplate(of: destination, named: name, on: client)
            return false
        }
        note(client, "target", name, .unknown, ConnectionCheck.unseen(answer.status))
        return nil
    }

    private mutating func lookForTemplate(
        of destination: Destination, named name: String, on client: ServerClient
    ) throws(NoAnswer) {
        let answer = try client.get("/_index_template")
        guard answer.isGood else {
            note(
                client, "target", name, .unknown,
                "not there yet; its template: " + ConnectionCheck.unseen(answer.status))
            return
        }
        var best: (priority: Int, name: String, makesStreams: Bool)?
        for entry in answer.body?["index_templates"]?.elements ?? [] {
            let template = entry["index_template"]
            let patterns = template?["index_patterns"]?.elements.compactMap(\.string) ?? []
            guard patterns.contains(where: { matches(name[...], $0[...]) }) else { continue }
            let priority = template?["priority"].flatMap { Int($0.line) } ?? 0
            if let best, best.priority >= priority { continue }
            let title = Printout.printable(entry["name"]?.string ?? "")
            best = (priority, title, template?["data_stream"] != nil)
        }
        let remedy = "'tailproof setup' installs the index template"
        switch (best, destination.isStream) {
        case (let best?, let isStream) where best.makesStreams == isStream:
            note(
                client, "target", name, .good,
                "not there yet; the first document makes it, by the template \(best.name)")
        case (let best?, true):
            note(
                client, "target", name, .failed,
                "not there yet, and the template \(best.name) would make an index of it",
                remedy: remedy)
        case (let best?, false):
            note(
                client, "target", name, .failed,
                "not there yet, and the template \(best.name) would make a data stream of it",
                remedy: "configure data_stream instead of index, or another name")
        case (nil, true):
            note(
                client, "target", name, .failed,
                "not there yet, and no template would make a data stream of it", remedy: remedy)
        case (nil, false):
            note(
                client, "target", name, .good,
                "not there yet; the first document makes it, without a template")
        }
    }

    /// Whether a name matches a pattern in which `*` stands for any text.
    private func matches(_ name: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first != "*" {
            return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
        }
        let rest = pattern.drop { $0 == "*" }
        if rest.isEmpty { return true }
        var tail = name
        while !tail.isEmpty {
            if matches(tail, rest) { return true }
            tail = tail.dropFirst()
        }
        return false
    }

    // MARK: - Privileges

    mutating func privileges(
        for destination: Destination, isThere: Bool?, _ product: Product, on client: ServerClient
    ) throws(NoAnswer) {
        if product.isOpenSearch { return try tryOut(destination, isThere: isThere, on: client) }
        let name =
            destination.name.isDated ? destination.name.wildcard : destination.name.text(at: 0)
        let wanted = ["create_doc", "auto_configure"]
        let answer = try client.post(
            "/_security/user/_has_privileges",
            ["index": [["names": [.text(name)], "privileges": JSONValue(texts: wanted)]]])
        guard answer.isGood, let granted = answer.body?[path: ["index", name]] else {
            let reason = answer.reason.isEmpty ? "" : ": " + answer.reason
            note(client, "privileges", name, .unknown, "HTTP \(answer.status)\(reason)")
            return
        }
        let missing = wanted.filter { granted[$0]?.flag != true }
        if missing.isEmpty {
            note(client, "privileges", name, .good, wanted.joined(separator: " and "))
            return
        }
        let role: JSONValue = [
            "indices": [
                [
                    "names": [.text(destination.pattern)],
                    "privileges": JSONValue(texts: wanted),
                ]
            ]
        ]
        note(
            client, "privileges", name, .failed,
            missing.joined(separator: " and ") + " missing",
            remedy:
                "'tailproof setup' makes a role and, with --api-key FILE, a key that have them, "
                + "or in a console: PUT _security/role/tailproof " + role.line)
    }

    /// OpenSearch cannot be asked what may be done. A line that is no JSON is refused for itself
    /// where the privilege is there, and is stored nowhere; only where the target exists, for it
    /// would be made.
    private mutating func tryOut(
        _ destination: Destination, isThere: Bool?, on client: ServerClient
    ) throws(NoAnswer) {
        let name = destination.currentName(at: now)
        guard isThere == true else {
            note(
                client, "privileges", name, .unknown,
                "not tried, for that would make the target")
            return
        }
        let action: JSONValue = ["create": ["_index": .text(name)]]
        let answer = try client.send(
            .post, "/_bulk", text: action.line + "\nnot a document\n")
        let item = answer.body?["items"]?.elements.first?["create"]
        let status = item?["status"]?.line ?? "\(answer.status)"
        if status == "403" {
            note(
                client, "privileges", name, .failed, "documents may not be created",
                remedy: "'tailproof setup' makes a role; map it to the user")
        } else if item != nil {
            note(client, "privileges", name, .good, "documents may be created")
        } else {
            note(client, "privileges", name, .unknown, "HTTP \(status)")
        }
    }
}
