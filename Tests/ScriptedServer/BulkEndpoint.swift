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
    /// Why only a part of the body was read.
    package var upload: UploadRule?

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
    /// The request's number in the log.
    package var number = 0

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
    /// Ingest pipelines that exist. They do nothing.
    package private(set) var pipelines: Set<String> = []
    var performance = Performance(of: .healthy)

    package init(flavour: Flavour = .opensearch, dataStreams: [String] = ["logs-"]) {
        self.flavour = flavour
        store = DocumentStore(flavour: flavour, dataStreams: dataStreams)
    }

    /// From now on this script, from its beginning.
    package mutating func play(_ script: Script) { performance = Performance(of: script) }

    package mutating func makePipeline(_ name: String) { pipelines.insert(name) }

    /// From now on the stream's documents go to a new backing index.
    package mutating func rollOver(_ stream: String) { store.rollOver(stream) }

    /// The reply to this request did not reach its sender whole.
    package mutating func noteLostReply(to number: Int) {
        requests[number].isWhole = false
        requests[number].status = nil
    }

    /// What the script has for a request of which the head is known, with its announced length.
    package mutating func uploadRule(for call: Call) -> UploadRule? {
        guard !performance.script.uploads.isEmpty else { return nil }
        return performance.uploadRule(for: entry(call))
    }

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
        var entry = entry(call)
        var answer = answer(call, &entry)
        answer.number = entry.number
        entry.status = [.reset, .hangUp].contains(answer.delivery) ? nil : answer.status
        requests.append(entry)
        return answer
    }

    private func entry(_ call: Call) -> LoggedRequest {
        LoggedRequest(
            number: requests.count, time: call.time, connection: call.connection,
            earlierOnConnection: call.earlierOnConnection, method: call.method, target: call.target,
            headers: call.headers, wireBytes: call.wireBytes, bodyBytes: call.body.count)
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
            if let rule = call.upload { return try cut(call, rule, target, &entry) }
            let operations = try operations(call.isUnreadable ? [] : call.body, target, &entry)
            return perform(operations, target, &entry)
        } catch {
            entry.fault = error.reason
            return refuse(error)
        }
    }

    private func operations(
        _ body: [UInt8], _ target: Target, _ entry: inout LoggedRequest
    ) throws(RequestRefusal) -> [BulkOperation] {
        let operations = try BulkBody.operations(
            of: body, defaultIndex: target.index, pipeline: target.parameter("pipeline"),
            flavour: flavour)
        entry.items = operations.map { operation in
            LoggedItem(
                operation: operation.name, index: operation.index, id: operation.id,
                pipeline: operation.pipeline, line: operation.source.flatMap { LineKey(in: $0) },
                sourceBytes: operation.source?.count ?? 0)
        }
        return operations
    }

    /// Does the operations that came whole before the body was cut.
    private mutating func cut(
        _ call: Call, _ rule: UploadRule, _ target: Target, _ entry: inout LoggedRequest
    ) throws(RequestRefusal) -> Answer {
        let body = BulkBody.wholePairs(call.body)
        if !body.isEmpty {
            let operations = try operations(body, target, &entry)
            for (number, operation) in operations.enumerated() {
                _ = perform(operation, &entry, number)
            }
        }
        guard let status = rule.status else { return Answer(status: 0, delivery: .reset) }
        return Answer(status: status, headers: [Header("connection", "close")])
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
            answer = render(items, target).answer
            answer.delivery = .truncated(truncation)
        case .miscount(let difference):
            let counted =
                difference < 0
                ? Array(items.dropLast(-difference))
                : items + Array(repeating: items[items.count - 1], count: difference)
            answer = render(counted, target).answer
        case nil:
            let rendered = render(items, target)
            answer = rendered.answer
            entry.isWhole = rendered.items == operations.count
        }
        answer.delay = rule?.delay ?? .zero
        return answer
    }

    private mutating func perform(
        _ operation: BulkOperation, _ entry: inout LoggedRequest, _ number: Int
    ) -> ReplyJSON {
        var operation = operation
        var isSilent = false
        let verdict: ItemVerdict
        switch performance.rule(for: entry.items[number])?.misdeed {
        case .refuse(let status, let type, let reason):
            verdict = ItemVerdict(status, type: type, reason: reason)
        case .divert: verdict = store.divert(operation, request: entry.number)
        case .drop: verdict = ItemVerdict(200, result: "noop")
        case .silent:
            verdict = store(operation, entry.number)
            isSilent = true
        case .rename(let fresh):
            operation.id = "renamed-\(fresh ? "\(store.count)-" : "")\(operation.id ?? "")"
            verdict = store(operation, entry.number)
        case nil: verdict = store(operation, entry.number)
        }
        if !isSilent { entry.items[number].status = verdict.status }
        return item(operation, verdict, isSilent: isSilent)
    }

    private mutating func store(_ operation: BulkOperation, _ request: Int) -> ItemVerdict {
        if let name = operation.pipeline, name != "_none", !pipelines.contains(name) {
            return ItemVerdict(
                400, type: "illegal_argument_exception",
                reason: "pipeline with id [\(name)] does not exist")
        }
        return store.perform(operation, request: request)
    }
}
