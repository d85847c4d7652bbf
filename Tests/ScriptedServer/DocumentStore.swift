// What is stored: documents by index and id, with `create` that never overwrites.

/// A document as it was sent.
package struct StoredDocument: Sendable {
    /// The target it was sent to.
    package var index: String
    /// The index it is in: of a data stream the backing index that was written to at that time.
    package var backing: String
    package var id: String
    /// The source line, byte for byte.
    package var source: [UInt8]
    /// The line it was made of, where the source names one.
    package var line: LineKey?
    /// The number of the request that stored it.
    package var request: Int

    package init(
        index: String, backing: String? = nil, id: String, source: [UInt8], line: LineKey?,
        request: Int
    ) {
        self.index = index
        self.backing = backing ?? index
        self.id = id
        self.source = source
        self.line = line
        self.request = request
    }
}

/// What became of one operation, as its item in the reply says it.
package struct ItemVerdict: Sendable, Equatable {
    package var status: Int
    package var type: String?
    package var reason: String?
    /// The value of the item's `failure_store`, where it has one.
    package var failureStore: String?
    /// The reply's word for it: `created`, `noop`.
    package var result: String?

    package init(
        _ status: Int, type: String? = nil, reason: String? = nil, failureStore: String? = nil,
        result: String? = nil
    ) {
        self.status = status
        self.type = type
        self.reason = reason
        self.failureStore = failureStore
        self.result = result
    }
}

/// Documents in the order they were stored.
package struct DocumentStore: Sendable {
    private struct Address: Hashable, Sendable {
        var index: String
        var id: String
    }

    package private(set) var documents: [StoredDocument] = []
    /// What scripts sent to the failure store; each under an id of the server's own, so a resend is
    /// here twice.
    package private(set) var diverted: [StoredDocument] = []
    private var places: [Address: Int] = [:]
    /// The index that is written to, by target; and how often a stream was rolled over.
    private var backings: [String: String] = [:]
    private var rollovers: [String: Int] = [:]
    private let flavour: Flavour
    private let dataStreams: [String]
    /// What is wrong with a name, by name.
    private var nameFaults: [String: String?] = [:]

    /// A store in which names with one of these prefixes are data streams, all others plain
    /// indices.
    package init(flavour: Flavour, dataStreams: [String] = ["logs-"]) {
        self.flavour = flavour
        self.dataStreams = dataStreams
    }

    /// How many documents are stored.
    package var count: Int { documents.count }

    /// The document that a `create` of that id would meet.
    package func document(index: String, id: String) -> StoredDocument? {
        places[Address(index: backing(index), id: id)].map { documents[$0] }
    }

    /// The index that is written to: `.ds-NAME-000001` and on for a data stream, else the target
    /// itself.
    package func backing(_ target: String) -> String {
        guard isStream(target) else { return target }
        let number = String(rollovers[target, default: 0] + 1)
        let zeros = String(repeating: "0", count: max(0, 6 - number.count))
        return ".ds-\(target)-\(zeros)\(number)"
    }

    /// A new backing index takes what comes from now on; it knows none of the older ids.
    package mutating func rollOver(_ stream: String) {
        rollovers[stream, default: 0] += 1
        backings[stream] = nil
    }

    private func isStream(_ target: String) -> Bool {
        dataStreams.contains { target.hasPrefix($0) }
    }

    /// Does one operation, or says why not; the statuses are the servers'.
    package mutating func perform(_ operation: BulkOperation, request: Int) -> ItemVerdict {
        if let refusal = refusal(of: operation) { return refusal }
        let id = operation.id ?? "automatic-\(documents.count)"
        let backing = backings[operation.index] ?? backing(operation.index)
        backings[operation.index] = backing
        let address = Address(index: backing, id: id)
        let source = operation.source ?? []
        switch operation.name {
        case "create":
            guard places[address] == nil else {
                return ItemVerdict(
                    409, type: "version_conflict_engine_exception",
                    reason:
                        "[\(id)]: version conflict, document already exists (current version [1])")
            }
        case "index": break
        default:
            return ItemVerdict(
                404, type: "document_missing_exception", reason: "[\(id)]: document missing")
        }
        let document = StoredDocument(
            index: operation.index, backing: backing, id: id, source: Array(source),
            line: LineKey(in: source), request: request)
        if let place = places[address] {
            documents[place] = document
            return ItemVerdict(200, result: "updated")
        }
        places[address] = documents.count
        documents.append(document)
        return ItemVerdict(201, result: "created")
    }

    /// Puts the operation's document into the failure store.
    package mutating func divert(_ operation: BulkOperation, request: Int) -> ItemVerdict {
        let source = operation.source ?? []
        diverted.append(
            StoredDocument(
                index: operation.index, id: "failure-\(diverted.count)", source: Array(source),
                line: LineKey(in: source), request: request))
        return ItemVerdict(201, failureStore: "used", result: "created")
    }

    /// Why the servers would not even look the id up.
    private mutating func refusal(of operation: BulkOperation) -> ItemVerdict? {
        let known = nameFaults[operation.index]
        let fault = known ?? nameFault(operation.index)
        if known == nil { nameFaults[operation.index] = .some(fault) }
        if let fault {
            return ItemVerdict(
                400, type: "invalid_index_name_exception",
                reason: "Invalid index name [\(operation.index)], \(fault)")
        }
        let isStream = isStream(operation.index)
        if isStream, operation.name != "create" {
            return ItemVerdict(
                400, type: "illegal_argument_exception",
                reason: "only write ops with an op_type of create are allowed in data streams")
        }
        guard let source = operation.source else { return nil }
        let members: [String: Any]
        do {
            members = try StrictJSON.object(source)
        } catch {
            return parsingFailure("failed to parse: \(error.reason)")
        }
        guard let fault = timestampFault(members["@timestamp"], required: isStream) else {
            return isStream ? streamFault(operation.index, members) : nil
        }
        return parsingFailure(fault)
    }

    private func parsingFailure(_ reason: String) -> ItemVerdict {
        let type =
            flavour == .elasticsearch ? "document_parsing_exception" : "mapper_parsing_exception"
        return ItemVerdict(400, type: type, reason: reason)
    }

    private func nameFault(_ name: String) -> String? {
        if name != name.lowercased() { return "must be lowercase" }
        if name.utf8.count > 255 { return "index name is too long" }
        if let first = name.first, "-_+".contains(first) {
            return "must not start with '_', '-', or '+'"
        }
        if name.contains(where: { " \"*\\<|,>/?#:%{}".contains($0) }) {
            return "must not contain the following characters"
        }
        return nil
    }

    private func timestampFault(_ value: Any?, required: Bool) -> String? {
        guard let value else {
            return required ? "data stream timestamp field [@timestamp] is missing" : nil
        }
        guard let text = value as? String, DocumentStore.isDate(text) else {
            return "failed to parse field [@timestamp] of type [date]"
        }
        return nil
    }

    /// A date, or a date and a time with a zone, as `strict_date_optional_time` reads it.
    private static func isDate(_ text: String) -> Bool {
        func hasShape(_ text: Substring, _ shape: String) -> Bool {
            text.utf8.count == shape.utf8.count
                && zip(text.utf8, shape.utf8).allSatisfy { byte, wanted in
                    wanted == 0x30 ? byte >= 0x30 && byte <= 0x39 : byte == wanted
                }
        }
        guard hasShape(text.prefix(10), "0000-00-00") else { return false }
        var rest = text.dropFirst(10)
        if rest.isEmpty { return true }
        guard hasShape(rest.prefix(9), "T00:00:00") else { return false }
        rest = rest.dropFirst(9)
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard (1...9).contains(digits.count) else { return false }
            rest = rest.dropFirst(1 + digits.count)
        }
        return rest == "Z" || hasShape(rest, "+00:00") || hasShape(rest, "-00:00")
    }

    /// The stock templates make `data_stream.*` constants of the stream's own name.
    private func streamFault(_ name: String, _ members: [String: Any]) -> ItemVerdict? {
        guard let named = members["data_stream"] as? [String: Any] else { return nil }
        let parts = name.split(separator: "-", maxSplits: 2).map(String.init)
        guard parts.count == 3 else { return nil }
        for (key, part) in zip(["type", "dataset", "namespace"], parts) {
            if let value = named[key] as? String, value != part {
                return parsingFailure(
                    "[constant_keyword] field [data_stream.\(key)] only accepts values")
            }
        }
        return nil
    }
}
