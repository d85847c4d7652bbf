// Asks the server which documents it has, by their ids.
import Bytes
import Elastic
import Platform

/// A document to look for: its target and its id.
struct Sought: Hashable {
    let target: String
    let id: String
}

/// Where documents are: for each the indices that hold it; more than one after a rollover between
/// an unknown outcome and its resend.
struct Inquiry {
    private var turn: HostTurn

    /// Documents that are asked for at once.
    static let page = 1000
    /// A search by ids is exact whatever the mapping is, and `read` allows it; both servers know
    /// `_msearch`.
    static let path =
        "/_msearch?filter_path=responses.status,responses.error.type,responses.error.reason,"
        + "responses._shards.failed,responses.hits.hits._index,responses.hits.hits._id,error,status"

    /// nil without a server in the configuration.
    init?(_ configuration: Configuration, _ surroundings: CommandSurroundings) {
        guard let turn = HostTurn(configuration, surroundings) else { return nil }
        self.turn = turn
    }

    /// What became of an inquiry.
    enum Answer {
        case found([String: [String]])
        case failed(String)
    }

    /// The indices that hold each of the documents, by id. What was stored a moment ago may not be
    /// found yet: search sees it with the next refresh.
    mutating func find(_ sought: [Sought]) -> Answer {
        var found: [String: [String]] = [:]
        var byTarget: [String: [String]] = [:]
        for document in sought { byTarget[document.target, default: []].append(document.id) }
        for target in byTarget.keys.sorted() {
            let ids = byTarget[target] ?? []
            for start in stride(from: 0, to: ids.count, by: Inquiry.page) {
                let part = ids[start..<min(start + Inquiry.page, ids.count)]
                if let problem = ask(target, part, &found) {
                    return .failed(Printout.printable(problem))
                }
            }
        }
        return .found(found)
    }

    private mutating func ask(
        _ target: String, _ ids: ArraySlice<String>, _ found: inout [String: [String]]
    ) -> String? {
        var body = ByteBuffer(capacity: 64 + ids.count * 36)
        body.append("{\"index\":\"")
        body.appendEscaped(Array(target.utf8).span)
        // Twice as many: a document may be in two backing indices.
        body.append("\"}\n{\"size\":")
        body.append(decimal: UInt64(ids.count * 2))
        body.append(",\"_source\":false,\"query\":{\"ids\":{\"values\":[")
        for (index, id) in ids.enumerated() {
            body.append(text: (index == 0 ? "\"" : ",\"") + id + "\"")
        }
        body.append("]}}}\n")
        var reply = ByteBuffer(capacity: 4096)
        let outcome = turn.post(body, to: Inquiry.path, events: 1, into: &reply)
        guard case .reply(let status, _) = outcome else { return outcome.reason }
        var content = InquiryReply()
        let isRead: Bool
        do throws(JSONError) {
            try content.read(reply.bytes)
            isRead = true
        } catch {
            isRead = false
        }
        if status != 200 || !isRead {
            return outcome.reason + (content.type.isEmpty ? "" : " \(content.type)")
        }
        // No line was stored there yet.
        if content.type == "index_not_found_exception" { return nil }
        if !content.type.isEmpty || content.status != 200 {
            return "\(target): \(content.status) \(content.type): \(content.reason)"
        }
        if content.failedShards > 0 { return "\(target): a shard did not answer" }
        for (index, id) in content.hits { found[id, default: []].append(index) }
        return nil
    }
}

/// The reply to an inquiry of one search.
private struct InquiryReply {
    var status = 0
    var type = ""
    var reason = ""
    var failedShards = 0
    var hits: [(index: String, id: String)] = []

    mutating func read(_ bytes: Span<UInt8>) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        guard try scanner.next() == .beginObject else { throw JSONError(.unexpectedByte, at: 0) }
        while case .key(let key)? = try scanner.next() {
            if scanner.matches(key, "responses") {
                guard try scanner.next() == .beginArray else { continue }
                while try scanner.next() == .beginObject { try readMembers(&scanner) }
            } else if scanner.matches(key, "error") {
                try readError(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readMembers(_ scanner: inout JSONScanner) throws(JSONError) {
        while case .key(let key)? = try scanner.next() {
            if scanner.matches(key, "status") {
                status = try integer(&scanner)
            } else if scanner.matches(key, "error") {
                try readError(&scanner)
            } else if scanner.matches(key, "_shards") {
                guard try scanner.next() == .beginObject else { continue }
                while case .key(let name)? = try scanner.next() {
                    if scanner.matches(name, "failed") {
                        failedShards = try integer(&scanner)
                    } else {
                        try scanner.skipValue()
                    }
                }
            } else if scanner.matches(key, "hits") {
                try readHits(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readError(_ scanner: inout JSONScanner) throws(JSONError) {
        type = "error"
        guard try scanner.next() == .beginObject else { return }
        while case .key(let key)? = try scanner.next() {
            let isType = scanner.matches(key, "type")
            let isReason = scanner.matches(key, "reason")
            if !isType && !isReason {
                try scanner.skipValue()
                continue
            }
            let text = try text(&scanner)
            if isType { type = text } else { reason = text }
        }
    }

    /// `{"hits":[{"_index":…,"_id":…}]}`.
    private mutating func readHits(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.next() == .beginObject else { return }
        while case .key(let key)? = try scanner.next() {
            guard scanner.matches(key, "hits"), try scanner.next() == .beginArray else {
                try scanner.skipValue()
                continue
            }
            while try scanner.next() == .beginObject {
                var hit = (index: "", id: "")
                while case .key(let name)? = try scanner.next() {
                    if scanner.matches(name, "_index") {
                        hit.index = try text(&scanner)
                    } else if scanner.matches(name, "_id") {
                        hit.id = try text(&scanner)
                    } else {
                        try scanner.skipValue()
                    }
                }
                hits.append(hit)
            }
        }
    }

    private func integer(_ scanner: inout JSONScanner) throws(JSONError) -> Int {
        guard case .number(let range)? = try scanner.next() else { return 0 }
        return scanner.integer(range).map(Int.init) ?? 0
    }

    private func text(_ scanner: inout JSONScanner) throws(JSONError) -> String {
        guard case .string(let text)? = try scanner.next() else { return "" }
        var buffer = ByteBuffer(capacity: text.range.count)
        scanner.decode(text, into: &buffer)
        return buffer.bytes.text
    }
}
