// The body of a `_bulk` request, read as strictly as the servers read it.
import Glibc

/// Whose replies the server gives, where the two differ.
package enum Flavour: String, Sendable, CaseIterable { case elasticsearch, opensearch }

/// One operation of a bulk body.
package struct BulkOperation: Sendable {
    /// `create`, `index`, `update` or `delete`.
    package var name: String
    package var index: String
    package var id: String?
    /// The ingest pipeline that the action names, else the request.
    package var pipeline: String?
    /// The source line without its line end; nil for `delete`.
    package var source: ArraySlice<UInt8>?
}

/// What a server says to a request of which it takes nothing.
package struct RequestRefusal: Error, Sendable {
    package var status: Int
    package var type: String
    package var reason: String
}

/// Reads bulk bodies. Statuses, types and reasons as measured on Elasticsearch 8.17.3 and
/// OpenSearch 2.19.3.
package enum BulkBody {
    private static let newline = UInt8(ascii: "\n")

    package static func operations(
        of body: [UInt8], defaultIndex: String?, pipeline: String? = nil, flavour: Flavour
    ) throws(RequestRefusal) -> [BulkOperation] {
        guard let last = body.last else {
            throw RequestRefusal(
                status: 400, type: "parse_exception", reason: "request body is required")
        }
        guard last == newline else {
            throw refusal("The bulk request must be terminated by a newline [\\n]")
        }
        var lines = lines(of: body).makeIterator()
        var operations: [BulkOperation] = []
        var number = 0
        while let line = lines.next() {
            number += 1
            let action = trimmed(line)
            if action.isEmpty { continue }
            var operation = try self.operation(action, number, defaultIndex, flavour)
            operation.pipeline = operation.pipeline ?? pipeline
            if operation.name != "delete" {
                number += 1
                guard let source = lines.next() else { throw refusal("source line is missing") }
                operation.source = trimmed(source)
            }
            operations.append(operation)
        }
        try validate(operations)
        return operations
    }

    private static func lines(of body: [UInt8]) -> [ArraySlice<UInt8>] {
        let ends = body.withUnsafeBufferPointer { buffer in
            var ends: [Int] = []
            var place = 0
            while let base = buffer.baseAddress, place < buffer.count,
                let found = memchr(base + place, Int32(newline), buffer.count - place)
            {
                ends.append(UnsafeRawPointer(found) - UnsafeRawPointer(base))
                place = ends[ends.count - 1] + 1
            }
            return ends
        }
        return ends.enumerated().map { number, end in
            body[(number == 0 ? 0 : ends[number - 1] + 1)..<end]
        }
    }

    private static func operation(
        _ line: ArraySlice<UInt8>, _ number: Int, _ defaultIndex: String?, _ flavour: Flavour
    ) throws(RequestRefusal) -> BulkOperation {
        let action: [String: Any]
        do {
            action = try StrictJSON.object(line)
        } catch {
            throw RequestRefusal(
                status: 400, type: "json_parse_exception", reason: "[\(number)] \(error.reason)")
        }
        guard action.count == 1, let (name, value) = action.first,
            let parameters = value as? [String: Any]
        else { throw refusal("Malformed action/metadata line [\(number)]") }
        guard ["create", "delete", "index", "update"].contains(name) else {
            throw refusal(
                "Malformed action/metadata line [\(number)], expected one of "
                    + "[create, delete, index, update] but found [\(name)]")
        }
        for parameter in parameters.keys
        where !known.contains(parameter)
            && !(flavour == .elasticsearch && onlyElasticsearch.contains(parameter))
        {
            throw refusal(
                "Action/metadata line [\(number)] contains an unknown parameter [\(parameter)]")
        }
        return BulkOperation(
            name: name, index: parameters["_index"] as? String ?? defaultIndex ?? "",
            id: parameters["_id"] as? String, pipeline: parameters["pipeline"] as? String)
    }

    private static let known: Set<String> = [
        "_index", "_id", "routing", "version", "version_type", "if_seq_no", "if_primary_term",
        "retry_on_conflict", "pipeline", "require_alias", "op_type", "_source",
    ]
    private static let onlyElasticsearch: Set<String> = [
        "require_data_stream", "dynamic_templates", "list_executed_pipelines",
    ]

    /// What both servers check of all operations before they do any.
    private static func validate(_ operations: [BulkOperation]) throws(RequestRefusal) {
        var failures: [String] = []
        if operations.isEmpty { failures.append("no requests added") }
        for operation in operations {
            if operation.index.isEmpty { failures.append("index is missing") }
            if let id = operation.id, id.utf8.count > 512 {
                failures.append(
                    "id [\(id)] is too long, must be no longer than 512 bytes but was: "
                        + "\(id.utf8.count)"
                )
            }
        }
        guard failures.isEmpty else {
            let numbered = failures.enumerated().map { "\($0.offset + 1): \($0.element);" }
            throw RequestRefusal(
                status: 400, type: "action_request_validation_exception",
                reason: "Validation Failed: " + numbered.joined())
        }
    }

    /// The longest beginning of a body that is whole pairs of lines.
    static func wholePairs(_ body: [UInt8]) -> [UInt8] {
        let lines = lines(of: body)
        let pairs = lines.prefix(lines.count / 2 * 2)
        return Array(body[..<(pairs.last.map { $0.endIndex + 1 } ?? 0)])
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    private static func refusal(_ reason: String) -> RequestRefusal {
        RequestRefusal(status: 400, type: "illegal_argument_exception", reason: reason)
    }
}
