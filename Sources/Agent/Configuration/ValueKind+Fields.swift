// The `fields` of an input: names and values that are merged into every document.
import Platform

extension ValueKind where Value == [Configuration.Field] {
    /// A mapping of names, dotted or nested, to text, numbers, booleans and lists of them.
    static var fields: ValueKind {
        let expected = "a mapping of field names to text, numbers, booleans or lists of them"
        return ValueKind(expected: expected) { node, key, findings in
            guard case .mapping(let members) = node.value else {
                findings.add("expected \(expected), found \(node.kindName)", key, at: node.place)
                return nil
            }
            var reader = FieldReader(key: key, findings: findings)
            reader.read(members, under: "")
            findings = reader.findings
            return reader.fields
        } write: { fields in
            .members(fields.map { YAMLMember(key: $0.name, node: $0.value.node) })
        }
    }
}

extension Configuration.FieldValue {
    fileprivate var node: YAMLNode {
        switch self {
        case .text(let text):
            FieldReader.isWord(text) ? .text(text) : YAMLNode(value: .scalar(text, isQuoted: true))
        case .number(let number): .plain(number)
        case .boolean(let boolean): .plain(boolean)
        case .list(let values): .list(values.map(\.node))
        }
    }
}

/// Flattens nested mappings to dotted names. Which names and types a document can have is not for
/// it to say: `DocumentTemplate` does.
private struct FieldReader {
    private static let most = 64
    let key: String
    var findings: Findings
    var fields: [Configuration.Field] = []

    mutating func read(_ members: [YAMLMember], under prefix: String) {
        for member in members {
            let name = prefix.isEmpty ? member.key : prefix + "." + member.key
            if case .mapping(let inner) = member.node.value {
                if inner.isEmpty { add("a mapping without members", name, at: member.place) }
                read(inner, under: name)
            } else if fields.count == FieldReader.most {
                findings.add("more than \(FieldReader.most) fields", key, at: member.place)
                return
            } else if let value = value(member.node, name) {
                findings.visit(key + "." + name, at: member.place, value: member.node.wholePlace)
                fields.append(Configuration.Field(name: name, value: value))
            }
        }
    }

    private mutating func add(_ message: String, _ name: String, at place: YAMLPlace) {
        findings.add(message, keyPath(key, name), at: place)
    }

    private mutating func value(_ node: YAMLNode, _ name: String) -> Configuration.FieldValue? {
        switch node.value {
        case .scalar(let text, isQuoted: true): return .text(text)
        case .scalar(let word, isQuoted: false):
            if !node.place.variables.isEmpty, isNull(word) { return .text(word) }
            if isNull(word) {
                add("no value; leave the field out", name, at: node.place)
                return nil
            }
            if let boolean = FieldReader.boolean(word) { return .boolean(boolean) }
            guard FieldReader.isNumber(word) else { return .text(word) }
            if let problem = FieldReader.problem(ofNumber: word) {
                add(problem, name, at: node.place)
                return nil
            }
            return .number(word)
        case .sequence(let nodes):
            let values = nodes.compactMap { value($0, name) }
            return values.count == nodes.count ? .list(values) : nil
        case .mapping:
            add("a mapping inside a list", name, at: node.place)
            return nil
        }
    }

    /// A word that stays text without quotes.
    static func isWord(_ text: String) -> Bool {
        boolean(text) == nil && !isNumber(text) && !isNull(text)
    }

    static func boolean(_ word: String) -> Bool? {
        switch word {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// Whether the word is a number as JSON writes it; `1.20.3`, `007` and `0x1F` are text.
    static func isNumber(_ word: String) -> Bool {
        var rest = word.utf8[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leading = rest.first
        let whole = digits()
        if whole == 0 || (whole > 1 && leading == UInt8(ascii: "0")) { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            if digits() == 0 { return false }
        }
        if let first = rest.first, first | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }

    /// Numbers that a server would refuse again and again, with the document they stand in.
    private static func problem(ofNumber word: String) -> String? {
        let isWhole = word.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        if isWhole ? Int64(word) != nil : Double(word)?.isFinite == true { return nil }
        return "the number is out of range; quote it to send it as text"
    }
}

/// Whether a plain word is a number or a boolean of JSON.
func isJSON(_ word: String) -> Bool {
    FieldReader.isNumber(word) || word == "true" || word == "false"
}
