// A tree of nodes as YAML text, which reads back as the same tree.

extension YAMLNode {
    /// A text, quoted only where it would otherwise read as something else.
    static func text(_ text: String) -> YAMLNode {
        YAMLNode(value: .scalar(text, isQuoted: !isPlain(text)))
    }
    /// A number, a boolean or a word that is safe as it stands.
    static func plain(_ text: some CustomStringConvertible) -> YAMLNode {
        YAMLNode(value: .scalar(text.description, isQuoted: false))
    }
    static func list(_ elements: [YAMLNode]) -> YAMLNode { YAMLNode(value: .sequence(elements)) }
    static func members(_ members: [YAMLMember]) -> YAMLNode { YAMLNode(value: .mapping(members)) }

    /// The tree in block style, lists of single values in one line. Ends in a newline.
    var document: String { document { _ in "" } }

    /// The same with a note behind the value of each key.
    func document(noting note: (_ key: String) -> String) -> String {
        var text = ""
        write(into: &text, indent: 0, key: "", note)
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    /// The tree in one line.
    var line: String {
        switch value {
        case .scalar(let text, let isQuoted):
            isQuoted ? YAMLNode.quoted(escapingReferences(text)) : text
        case .sequence(let elements): "[" + elements.map(\.line).joined(separator: ", ") + "]"
        case .mapping(let members):
            "{"
                + members.map { YAMLNode.key($0.key) + ": " + $0.node.line }
                .joined(separator: ", ") + "}"
        }
    }

    private static func key(_ name: String) -> String { isPlain(name) ? name : quoted(name) }

    private func write(
        into text: inout String, indent: Int, key: String, _ note: (_ key: String) -> String
    ) {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .mapping(let members) where !members.isEmpty:
            for member in members {
                let inner = key.isEmpty ? member.key : key + "." + member.key
                text += margin + YAMLNode.key(member.key) + ":"
                if member.node.isBlock {
                    text += "\n"
                    member.node.write(into: &text, indent: indent + 2, key: inner, note)
                } else {
                    text += " " + member.node.line + note(inner) + "\n"
                }
            }
        case .sequence(let elements) where isBlock:
            for (index, element) in elements.enumerated() {
                var part = ""
                element.write(into: &part, indent: indent + 2, key: "\(key)[\(index)]", note)
                text += margin + "- " + part.dropFirst(indent + 2)
            }
        default: text += margin + line + "\n"
        }
    }

    private var isBlock: Bool {
        switch value {
        case .scalar: false
        case .sequence(let elements):
            elements.contains { if case .mapping = $0.value { true } else { false } }
        case .mapping(let members): !members.isEmpty
        }
    }

    /// Whether a text reads as itself without quotes, in any place, by any YAML reader.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/") else {
            return false
        }
        let isSafe = text.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: "/") }
        let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        return isSafe && !words.contains(text.lowercased())
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\u{2028}", "\u{2029}": result += "\\u" + String(scalar.value, radix: 16)
            case " "..."~", "\u{A0}"..."\u{D7FF}": result += String(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
