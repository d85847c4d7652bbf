// A JSON text as a tree: what is asked of a server and what it answers, where speed is no matter.
import Bytes

/// Any JSON value. Members of an object keep their order; comparing them does not look at it.
package indirect enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    /// As written.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([(name: String, value: JSONValue)])

    /// The member of this name; nil without one, and in what is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// What is found by going from member to member.
    package subscript(path names: [String]) -> JSONValue? {
        var value: JSONValue? = self
        for name in names { value = value?[name] }
        return value
    }

    package var string: String? { if case .text(let text) = self { text } else { nil } }
    package var flag: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
    package var elements: [JSONValue] { if case .list(let values) = self { values } else { [] } }

    package var members: [(name: String, value: JSONValue)] {
        if case .object(let members) = self { members } else { [] }
    }

    /// Whether it says nothing: null, false, and what is empty.
    var isNothing: Bool {
        switch self {
        case .null, .boolean(false): true
        case .list(let values): values.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// Whether an object stands inside, so that one line is not enough.
    private var isDeep: Bool {
        let inside: [JSONValue]
        switch self {
        case .object(let members): inside = members.map(\.value)
        case .list(let values): inside = values
        default: return false
        }
        return inside.contains { value in
            if case .object(let members) = value { return !members.isEmpty }
            return value.isDeep
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .text(text) }
    package init(booleanLiteral flag: Bool) { self = .boolean(flag) }
    package init(integerLiteral number: Int) { self = .number("\(number)") }
    package init(arrayLiteral values: JSONValue...) { self = .list(values) }
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { (name: $0.0, value: $0.1) })
    }

    init(texts: [String]) { self = .list(texts.map { .text($0) }) }

    /// The same object with a member more, or another value for one.
    func with(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard let value else { return self }
        return .object(members.filter { $0.name != name } + [(name: name, value: value)])
    }
}

// MARK: - Text

extension JSONValue {
    /// Reads one whole JSON text.
    package init(_ bytes: Span<UInt8>) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        guard let token = try scanner.next() else { throw JSONError(.unexpectedEnd, at: 0) }
        self = try JSONValue.value(token, &scanner)
        _ = try scanner.next()
    }

    private static func value(
        _ token: JSONToken, _ scanner: inout JSONScanner
    ) throws(JSONError) -> JSONValue {
        switch token {
        case .string(let text): return .text(decoded(text, scanner))
        case .number(let range):
            return .number(scanner.bytes.extracting(range).text)
        case .boolean(let flag): return .boolean(flag)
        case .null: return .null
        case .beginArray:
            var values: [JSONValue] = []
            while let token = try scanner.next(), token != .endArray {
                values.append(try value(token, &scanner))
            }
            return .list(values)
        case .beginObject:
            var members: [(name: String, value: JSONValue)] = []
            while case .key(let key)? = try scanner.next() {
                let name = decoded(key, scanner)
                guard let token = try scanner.next() else { break }
                members.append((name: name, value: try value(token, &scanner)))
            }
            return .object(members)
        case .endObject, .endArray, .key:
            throw JSONError(.unexpectedByte, at: scanner.offset)
        }
    }

    private static func decoded(_ text: JSONText, _ scanner: borrowing JSONScanner) -> String {
        var buffer = ByteBuffer(capacity: text.range.count)
        scanner.decode(text, into: &buffer)
        return buffer.bytes.text
    }

    /// In one line.
    package var line: String {
        var buffer = ByteBuffer(capacity: 256)
        write(to: &buffer, indent: nil)
        return buffer.bytes.text
    }

    /// In lines that people read; what is not deep stands in one.
    package var page: String {
        var buffer = ByteBuffer(capacity: 1024)
        write(to: &buffer, indent: 0)
        return buffer.bytes.text
    }

    func write(to out: inout ByteBuffer, indent: Int?) {
        let inner = isDeep ? indent.map { $0 + 2 } : nil
        switch self {
        case .null: out.append("null")
        case .boolean(let flag): out.append(text: flag ? "true" : "false")
        case .number(let text): out.append(text: text)
        case .text(let text): JSONValue.write(text, to: &out)
        case .list(let values):
            out.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(text: inner == nil && indent != nil ? ", " : ",") }
                JSONValue.breakLine(inner, &out)
                value.write(to: &out, indent: inner ?? indent)
            }
            if inner != nil { JSONValue.breakLine(indent, &out) }
            out.append("]")
        case .object(let members):
            out.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(text: inner == nil && indent != nil ? ", " : ",") }
                JSONValue.breakLine(inner, &out)
                JSONValue.write(member.name, to: &out)
                out.append(text: indent == nil ? ":" : ": ")
                member.value.write(to: &out, indent: inner ?? indent)
            }
            if inner != nil { JSONValue.breakLine(indent, &out) }
            out.append("}")
        }
    }

    private static func write(_ text: String, to out: inout ByteBuffer) {
        out.append("\"")
        out.appendEscaped(Array(text.utf8).span)
        out.append("\"")
    }

    private static func breakLine(_ indent: Int?, _ out: inout ByteBuffer) {
        if let indent { out.append(text: "\n" + String(repeating: " ", count: indent)) }
    }
}

// MARK: - Comparing

extension JSONValue {
    /// Where what a server has differs from what it is to have: a place, what is there, what is
    /// wanted. Members that servers add by themselves, and those that say nothing, are no
    /// difference; numbers and flags may come back as texts.
    static func differences(
        there: JSONValue, wanted: JSONValue, at place: String = ""
    ) -> [String] {
        func inside(_ name: String) -> String { place.isEmpty ? name : place + "." + name }
        switch (there, wanted) {
        case (.object(let found), .object(let members)):
            var differences: [String] = []
            for (name, value) in members {
                if let other = there[name] {
                    differences += JSONValue.differences(
                        there: other, wanted: value, at: inside(name))
                } else if !value.isNothing {
                    differences.append("\(inside(name)): missing there, \(value.line) here")
                }
            }
            for (name, value) in found where wanted[name] == nil {
                if value.isNothing || serversOwn.contains(name) { continue }
                differences.append("\(inside(name)): \(value.line) there, not here")
            }
            return differences
        case (.list(let found), .list(let values)) where found.count == values.count:
            return values.indices.flatMap { index in
                JSONValue.differences(
                    there: found[index], wanted: values[index], at: place + "[\(index)]")
            }
        default:
            return there.scalar == wanted.scalar && there.scalar != nil
                ? [] : ["\(place): \(there.line) there, \(wanted.line) here"]
        }
    }

    /// What Elasticsearch and OpenSearch put into what they were given.
    private static let serversOwn: Set<String> = [
        "timestamp_field", "retry", "last_updated_time", "policy_id", "schema_version",
        "transient_metadata", "delete_searchable_snapshot", "created_date", "modified_date",
        "created_date_millis", "modified_date_millis",
    ]

    private var scalar: String? {
        switch self {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .number(let text), .text(let text): text
        case .list, .object: nil
        }
    }
}
