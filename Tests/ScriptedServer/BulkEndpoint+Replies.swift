// How the endpoint words its replies, as measured on both servers.
import Foundation

/// The path and the parameters of a request line.
struct Target {
    var path: String
    var parameters: [(name: String, value: String)]

    init(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1).map(String.init)
        path = parts.first ?? ""
        parameters = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
            let value = halves.count > 1 ? halves[1].removingPercentEncoding ?? halves[1] : ""
            return (halves[0], value)
        }
    }

    /// The index named in the path, as in `/INDEX/_bulk`.
    var index: String? {
        let parts = path.split(separator: "/")
        return parts.count == 2 ? String(parts[0]) : nil
    }

    var isBulk: Bool {
        let parts = path.split(separator: "/")
        return parts.last == "_bulk" && parts.count <= 2
    }

    func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }
}

extension BulkEndpoint {
    private static let parameters: Set<String> = [
        "filter_path", "pretty", "human", "error_trace", "format", "pipeline", "refresh", "routing",
        "timeout", "wait_for_active_shards", "require_alias", "_source", "_source_includes",
        "_source_excludes",
    ]

    func checkParameters(_ target: Target) throws(RequestRefusal) {
        for (name, _) in target.parameters
        where !BulkEndpoint.parameters.contains(name)
            && !(flavour == .elasticsearch && name == "require_data_stream")
        {
            throw RequestRefusal(
                status: 400, type: "illegal_argument_exception",
                reason: "request [\(target.path)] contains unrecognized parameter: [\(name)]")
        }
    }

    /// What is said to anything but a bulk request. `GET /` is forbidden, as it is to a key that
    /// may only write.
    func routeRefusal(_ call: Call, _ target: Target) -> (reason: String, answer: Answer)? {
        func plain(_ status: Int, _ reason: String) -> (String, Answer) {
            let body = ReplyJSON.object([
                .init("error", .string(reason)), .init("status", .number(status)),
            ])
            return (reason, .json(status, body.rendered(pretty: false), flavour))
        }
        guard target.isBulk else {
            let refusal = RequestRefusal(
                status: 403, type: "security_exception",
                reason: "action is unauthorized for \(call.method) \(target.path)")
            return (refusal.reason, refuse(refusal))
        }
        guard call.method == "POST" || call.method == "PUT" else {
            return plain(
                405,
                "Incorrect HTTP method for uri [\(target.path)] and method [\(call.method)], "
                    + "allowed: [POST, PUT]")
        }
        let type = call.headers.first { $0.name == "content-type" }?.value ?? ""
        guard ["application/x-ndjson", "application/json"].contains(type) else {
            return plain(406, "Content-Type header [\(type)] is not supported")
        }
        return nil
    }

    func refuse(_ refusal: RequestRefusal) -> Answer {
        let cause: [ReplyJSON.Member] = [
            .init("type", .string(refusal.type)), .init("reason", .string(refusal.reason)),
        ]
        let error = ReplyJSON.object(
            [.init("root_cause", .array([.object(cause)]))] + cause)
        let body = ReplyJSON.object([
            .init("error", error), .init("status", .number(refusal.status)),
        ])
        return .json(refusal.status, body.rendered(pretty: false), flavour)
    }

    /// One item of a reply, unfiltered.
    func item(_ operation: BulkOperation, _ verdict: ItemVerdict, isSilent: Bool) -> ReplyJSON {
        var index = operation.index
        if verdict.failureStore == "used" {
            index = ".fs-\(index)-000001"
        } else if [200, 201, 409].contains(verdict.status) {
            index = store.backing(index)
        }
        var members: [ReplyJSON.Member] = [
            .init("_index", .string(index)),
            .init("_id", .string(operation.id ?? "automatic")),
        ]
        if let result = verdict.result {
            let shards = ReplyJSON.object([
                .init("total", .number(1)), .init("successful", .number(1)),
                .init("failed", .number(0)),
            ])
            members += [
                .init("_version", .number(1)), .init("result", .string(result)),
                .init("_shards", shards), .init("_seq_no", .number(store.count)),
                .init("_primary_term", .number(1)),
            ]
        }
        if let failureStore = verdict.failureStore {
            members.append(.init("failure_store", .string(failureStore)))
        }
        if !isSilent { members.append(.init("status", .number(verdict.status))) }
        if let type = verdict.type {
            var error: [ReplyJSON.Member] = [.init("type", .string(type))]
            if let reason = verdict.reason { error.append(.init("reason", .string(reason))) }
            members.append(.init("error", .object(error)))
        }
        return .object([.init(operation.name, .object(members))])
    }

    /// The reply to a request whose operations came to these items, and how many of them are left
    /// of it behind its `filter_path`: of an item without anything that was asked for nothing is.
    mutating func render(_ items: [ReplyJSON], _ target: Target) -> (answer: Answer, items: Int) {
        let failed = items.contains { item in
            guard case .object(let outer) = item, case .object(let members)? = outer.first?.value
            else { return false }
            return members.contains { $0.name == "error" }
        }
        let isShuffled = performance.script.shuffled
        let errors = ReplyJSON.Member("errors", .boolean(failed))
        let took = ReplyJSON.Member("took", .number(isShuffled ? .max : requests.count % 900))
        let head = flavour == .elasticsearch ? [errors, took] : [took, errors]
        var value = ReplyJSON.object(head + [.init("items", .array(items))])
        if let filter = target.parameter("filter_path") { value = FilterPath(filter).apply(value) }
        let left = value.elements("items")
        if isShuffled {
            if case .object(let members) = value {
                let unknown = ReplyJSON.object([
                    .init("items", .array([])), .init("errors", .boolean(true)),
                ])
                let took = members.contains { $0.name == "took" } ? [] : [took]
                value = .object(members + took + [.init("x_unknown", unknown)])
            }
            value = value.shuffled(by: &performance.random)
        }
        let pretty = performance.script.pretty || target.parameter("pretty") != nil
        return (.json(200, value.rendered(pretty: pretty), flavour), left)
    }
}

extension ReplyJSON {
    /// How many elements the member of that name has.
    fileprivate func elements(_ name: String) -> Int {
        guard case .object(let members) = self,
            case .array(let elements)? = members.first(where: { $0.name == name })?.value
        else { return 0 }
        return elements.count
    }
}
