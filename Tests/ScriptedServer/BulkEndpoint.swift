// The server without its sockets: requests in, answers out, by the script. One thread at a time.

/// A request as the endpoint sees it.
package struct Call: Sendable {
    package var method = "POST"
    package var target = "/_bulk"
    /// Names in lower case.
    package var headers = [Header("content-type", "application/x-ndjson")]
    /// Unpacked.
    package var body: [UInt8] = []
    package var wireBytes = 0
    package var connection = 0
    package var earlierOnConnection = 0
    package var time = Duration.zero
    /// The body's encoding could not be undone.
    package var isUnreadable = false

    package init() {}
}

/// How an answer leaves.
package enum Delivery: Sendable, Equatable {
    case whole
    case truncated(Truncation)
    /// Nothing leaves; the connection is reset, or closed in good order.
    case reset
    case hangUp
}

/// What the server does about a request.
package struct Answer: Sendable {
    package var status: Int
    package var headers: [Header] = []
    package var body: [UInt8] = []
    package var delivery = Delivery.whole
    package var delay = Duration.zero

    /// JSON, with the content type of either server.
    static func json(_ status: Int, _ body: [UInt8], _ flavour: Flavour) -> Answer {
        let type =
            flavour == .opensearch ? "application/json; charset=UTF-8" : "application/json"
        return Answer(status: status, headers: [Header("content-type", type)], body: body)
    }
}

/// The store, the script and the log behind `_bulk`.
package struct BulkEndpoint: Sendable {
    package let flavour: Flavour
    package private(set) var store: DocumentStore
    package private(set) var requests: [LoggedRequest] = []
    private var performance = Performance(of: .healthy)

    package init(flavour: Flavour = .opensearch, dataStreams: [String] = ["logs-"]) {
        self.flavour = flavour
        store = DocumentStore(flavour: flavour, dataStreams: dataStreams)
    }

    /// From now on this script, from its beginning.
    package mutating func play(_ script: Script) { performance = Performance(of: script) }

    /// The answer to a bulk body that came whole: its status and body, nil where no reply would
    /// arrive complete.
    package mutating func answer(
        bulkBody body: [UInt8], target: String = "/_bulk"
    ) -> (status: Int, body: [UInt8])? {
        var call = Call()
        call.target = target
        call.body = body
        call.wireBytes = body.count
        let answer = answer(call)
        return answer.delivery == .whole ? (answer.status, answer.body) : nil
    }

    /// Does what a request asks, as the script has it, and writes it down.
    package mutating func answer(_ call: Call) -> Answer {
        var entry = LoggedRequest(
            number: requests.count, time: call.time, connection: call.connection,
            earlierOnConnection: call.earlierOnConnection, method: call.method, target: call.target,
            headers: call.headers, wireBytes: call.wireBytes, bodyBytes: call.body.count)
        let answer = answer(call, &entry)
        entry.status = [.reset, .hangUp].contains(answer.delivery) ? nil : answer.status
        requests.append(entry)
        return answer
    }

    private mutating func answer(_ call: Call, _ entry: inout LoggedRequest) -> Answer {
        let target = Target(call.target)
        if let refusal = routeRefusal(call, target) {
            entry.fault = refusal.reason
            return refusal.answer
        }
        if let limit = performance.script.bodyLimit, call.body.count > limit {
            let packed = call.headers.contains { $0.name == "content-encoding" }
            return Answer(status: 413, headers: packed ? [Header("connection", "close")] : [])
        }
        do {
            try checkParameters(target)
            let operations = try BulkBody.operations(
                of: call.isUnreadable ? [] : call.body, defaultIndex: target.index, flavour: flavour
            )
            entry.items = operations.map { operation in
                LoggedItem(
                    operation: operation.name, index: operation.index, pipeline: operation.pipeline,
                    id: operation.id,
                    line: operation.source.flatMap { LineKey(in: $0) },
                    sourceBytes: operation.source?.count ?? 0)
            }
            return perform(operations, target, &entry)
        } catch {
            entry.fault = error.reason
            return refuse(error)
        }
    }

    private mutating func perform(
        _ operations: [BulkOperation], _ target: Target, _ entry: inout LoggedRequest
    ) -> Answer {
        let rule = performance.rule(for: entry)
        var share = 1.0
        switch rule?.misdeed {
        case .reply(_, _, _, let storing), .reset(let storing), .hangUp(let storing):
            share = storing
        case .truncate, .miscount, nil: break
        }
        let done = Int((Double(operations.count) * share).rounded(.down))
        var items: [ReplyJSON] = []
        for (number, operation) in operations.prefix(done).enumerated() {
            items.append(perform(operation, &entry, number))
        }
        var answer: Answer
        switch rule?.misdeed {
        case .reply(let status, let headers, let body, _):
            answer = Answer(status: status, headers: headers, body: Array(body.utf8))
        case .reset, .hangUp:
            answer = Answer(status: 0)
            if case .reset = rule?.misdeed {
                answer.delivery = .reset
            } else {
                answer.delivery = .hangUp
            }
        case .truncate(let truncation):
            answer = reply(items, target)
            answer.delivery = .truncated(truncation)
        case .miscount(let difference):
            let counted =
                difference < 0
                ? Array(items.dropLast(-difference))
                : items + Array(repeating: items[items.count - 1], count: difference)
            answer = reply(counted, target)
        case nil:
            answer = reply(items, target)
            entry.isWhole = true
        }
        answer.delay = rule?.delay ?? .zero
        return answer
    }

    private mutating func perform(
        _ operation: BulkOperation, _ entry: inout LoggedRequest, _ number: Int
    ) -> ReplyJSON {
        var isSilent = false
        let verdict: ItemVerdict
        switch performance.rule(for: entry.items[number])?.misdeed {
        case .refuse(let status, let type, let reason):
            verdict = ItemVerdict(status, type: type, reason: reason)
        case .divert: verdict = store.divert(operation, request: entry.number)
        case .drop: verdict = ItemVerdict(200, result: "noop")
        case .silent:
            verdict = store.perform(operation, request: entry.number)
            isSilent = true
        case nil: verdict = store.perform(operation, request: entry.number)
        }
        if !isSilent { entry.items[number].status = verdict.status }
        return item(operation, verdict, isSilent: isSilent)
    }
}

extension BulkEndpoint {
    /// The reply to a request whose operations came to these items.
    private mutating func reply(_ items: [ReplyJSON], _ target: Target) -> Answer {
        let failed = items.contains { item in
            guard case .object(let outer) = item, case .object(let members)? = outer.first?.value
            else { return false }
            return members.contains { $0.name == "error" }
        }
        let errors = ReplyJSON.Member("errors", .boolean(failed))
        let took = ReplyJSON.Member("took", .number(Int(requests.count % 900)))
        let head = flavour == .elasticsearch ? [errors, took] : [took, errors]
        var value = ReplyJSON.object(head + [.init("items", .array(items))])
        if let filter = target.parameter("filter_path") { value = FilterPath(filter).apply(value) }
        if performance.script.shuffled {
            if case .object(let members) = value {
                let unknown = ReplyJSON.object([
                    .init("items", .array([])), .init("errors", .boolean(true)),
                ])
                value = .object(members + [.init("x_unknown", unknown)])
            }
            value = value.shuffled(by: &performance.random)
        }
        let pretty = performance.script.pretty || target.parameter("pretty") != nil
        return .json(200, value.rendered(pretty: pretty), flavour)
    }
}
