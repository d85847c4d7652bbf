// How values of one type are read from a node, written as one, and described.

/// One kind of value. `read` returns nil after it has added what is wrong to the findings.
struct ValueKind<Value> {
    /// What is expected, in words: for messages and the reference.
    let expected: String
    let read: (_ node: YAMLNode, _ key: String, _ findings: inout Findings) -> Value?
    let write: (Value) -> YAMLNode
    /// The keys below a value, for the reference: empty for a single value or a list of them.
    var inner: (_ key: String) -> [DocumentedKey] = { _ in [] }
}

/// A key as the reference shows it.
package struct DocumentedKey: Hashable, Sendable {
    /// The full key; `[]` stands for any element of a list.
    package let key: String
    /// The default as YAML in one line, `none` where there is none.
    package let initial: String
    /// What values it takes, in words.
    package let expected: String
}

extension ValueKind {
    /// A kind whose values are single words; `parse` refuses a word that is none of them.
    /// `isSilent`: its refusals quote nothing.
    static func word(
        _ expected: String, isSilent: Bool = false, write: @escaping (Value) -> YAMLNode,
        parse: @escaping (String) throws(Refusal) -> Value
    ) -> ValueKind {
        ValueKind(expected: expected) { node, key, findings in
            let isText = !node.place.variables.isEmpty
            guard case .scalar(let word, let isQuoted) = node.value,
                isQuoted || isText || !isNull(word)
            else {
                findings.add("expected \(expected), found \(node.kindName)", key, at: node.place)
                return nil
            }
            do throws(Refusal) {
                return try parse(word)
            } catch {
                findings.add(error.message, key, at: node.place, isSafe: isSilent) { names in
                    if word.isEmpty { return "expected \(expected); \(holding(names)) nothing" }
                    return "expected \(expected), not what \(holding(names))"
                }
                return nil
            }
        } write: {
            write($0)
        }
    }

    /// A list of values of a kind, or a single one of them.
    static func list<Element>(
        of kind: ValueKind<Element>, _ counts: ClosedRange<Int>, named name: String
    ) -> ValueKind where Value == [Element] {
        let expected = "a list of \(counts.lowerBound) to \(counts.upperBound) \(name)"
        return ValueKind(expected: expected + ", each " + kind.expected) { node, key, findings in
            guard case .sequence(let nodes) = node.value else {
                findings.add("expected \(expected), found \(node.kindName)", key, at: node.place)
                return nil
            }
            guard counts.contains(nodes.count) else {
                let count = nodes.isEmpty ? "none" : String(nodes.count)
                findings.add("expected \(expected), found \(count)", key, at: node.place)
                return nil
            }
            var values: [Element] = []
            for (index, node) in nodes.enumerated() {
                let element = "\(key)[\(index)]"
                findings.visit(element, at: node.place, value: node.wholePlace)
                if let value = kind.read(node, element, &findings) { values.append(value) }
            }
            return values.count == nodes.count ? values : nil
        } write: {
            .list($0.map(kind.write))
        } inner: { key in
            kind.inner(key + "[]")
        }
    }

    /// A mapping by a schema; what it does not name keeps the initial value.
    static func mapping(_ schema: Schema<Value>, from initial: Value) -> ValueKind {
        ValueKind(expected: "a mapping") { node, key, findings in
            var value = initial
            let before = findings.errors.count
            schema.read(node, key, &value, &findings)
            return findings.errors.count == before ? value : nil
        } write: {
            schema.write($0)
        } inner: { key in
            schema.documented(under: key, initial)
        }
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration.
    static var choice: ValueKind {
        let words = Value.allCases.map(\.rawValue)
        let expected = words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
        return .word(expected, write: { .text($0.rawValue) }) { word throws(Refusal) in
            if let value = Value(rawValue: word) { return value }
            let meant = nearestName(to: word, among: words).map { "; did you mean \"\($0)\"?" }
            throw Refusal("expected \(expected), found \(quoted(word))" + (meant ?? ""))
        }
    }
}

extension ValueKind where Value == Bool {
    static var boolean: ValueKind {
        .word("true or false", write: { .plain($0) }) { word throws(Refusal) in
            switch word {
            case "true": return true
            case "false": return false
            case let word:
                let meant = meanings[word.lowercased()].map { "; did you mean \"\($0)\"?" } ?? ""
                throw Refusal("expected true or false, found \(quoted(word))" + meant)
            }
        }
    }
}

/// What other readers of YAML, and people, take for a boolean.
private let meanings = [
    "yes": true, "on": true, "y": true, "1": true, "true": true, "no": false, "off": false,
    "n": false, "0": false, "false": false,
]

/// Why a word is no value of a kind.
struct Refusal: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// Whether a plain word means "no value".
func isNull(_ word: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(word) }
