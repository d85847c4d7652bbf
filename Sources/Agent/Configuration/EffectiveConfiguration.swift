// A configuration and where each of its values comes from, as `check` prints it.
import Bytes

/// What the agent goes by, and why.
package struct EffectiveConfiguration: Sendable {
    package var configuration: Configuration
    /// The file as findings name it.
    let file: String
    /// Where the value of each key that was given begins.
    private let places: [String: YAMLPlace]
    /// Keys that an option of their own goes before, and the option.
    private var options: [String: String] = [:]

    init(_ configuration: Configuration, file: String, places: [String: YAMLPlace]) {
        self.configuration = configuration
        self.file = file
        self.places = places
    }

    /// Notes that an option has set a key, and all below it.
    mutating func note(_ option: String, at key: String) { options[key] = option }

    /// `default`, `FILE:LINE`, `environment NAME` or an option; with the variables in a value.
    package func origin(of key: String) -> String {
        for (place, option) in options where key == place || key.hasPrefix(place + ".") {
            return option
        }
        guard let place = places[key] else { return "default" }
        let names = place.variables.map { ", environment \($0)" }.joined()
        return (place.origin.name ?? "\(oneLine(file)):\(place.line)") + names
    }

    /// All keys and values as YAML that reads back as this configuration, each with its origin in
    /// a comment. User and password of a URL are masked.
    package var annotated: String {
        ConfigurationSchema.root.write(configuration).masked.document { "  # " + origin(of: $0) }
    }

    /// The same as one JSON object in a line: `configuration`, and `origins` by full key.
    package var json: String {
        let tree = ConfigurationSchema.root.write(configuration).masked
        var out = ByteBuffer(capacity: 4096)
        out.append("{\"configuration\":")
        tree.appendJSON(to: &out)
        out.append(",\"origins\":{")
        for (index, key) in tree.leaves(under: "").enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSON(key)
            out.append(":")
            out.appendJSON(origin(of: key))
        }
        out.append("}}\n")
        return out.bytes.text
    }
}

extension ConfigurationErrors {
    /// One JSON object in a line: `errors`, each with `file`, `line`, `column`, `key`, `message`.
    package var json: String {
        var out = ByteBuffer(capacity: 4096)
        out.append("{\"errors\":[")
        for (index, error) in errors.enumerated() {
            out.append(index > 0 ? ",{\"file\":" : "{\"file\":")
            out.appendJSON(error.file)
            if let line = error.line {
                out.append(text: ",\"line\":\(line),\"column\":\(error.column ?? 1)")
            }
            out.append(",\"key\":")
            out.appendJSON(error.key)
            out.append(",\"message\":")
            out.appendJSON(error.message)
            out.append("}")
        }
        out.append("]}\n")
        return out.bytes.text
    }
}

extension ByteBuffer {
    fileprivate mutating func appendJSON(_ text: String) {
        append("\"")
        appendEscaped(Array(text.utf8).span)
        append("\"")
    }
}

extension YAMLNode {
    /// The tree with `****` in the place of users and passwords in URLs.
    fileprivate var masked: YAMLNode {
        var node = self
        switch value {
        case .scalar(let text, let isQuoted):
            node.value = .scalar(maskingUsers(text), isQuoted: isQuoted)
        case .sequence(let nodes): node.value = .sequence(nodes.map(\.masked))
        case .mapping(let members):
            node.value = .mapping(members.map { YAMLMember(key: $0.key, node: $0.node.masked) })
        }
        return node
    }

    /// The full keys of values that stand in one line.
    fileprivate func leaves(under key: String) -> [String] {
        switch value {
        case .mapping(let members) where !members.isEmpty:
            members.flatMap { $0.node.leaves(under: key.isEmpty ? $0.key : key + "." + $0.key) }
        case .sequence(let nodes) where nodes.contains(where: \.isMapping):
            nodes.enumerated().flatMap { $1.leaves(under: "\(key)[\($0)]") }
        default: [key]
        }
    }

    private var isMapping: Bool { if case .mapping = value { true } else { false } }

    fileprivate func appendJSON(to out: inout ByteBuffer) {
        switch value {
        case .scalar(let text, isQuoted: false) where isJSON(text): out.append(text: text)
        case .scalar(let text, _): out.appendJSON(text)
        case .sequence(let nodes):
            out.append("[")
            for (index, node) in nodes.enumerated() {
                if index > 0 { out.append(",") }
                node.appendJSON(to: &out)
            }
            out.append("]")
        case .mapping(let members):
            out.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(",") }
                out.appendJSON(member.key)
                out.append(":")
                member.node.appendJSON(to: &out)
            }
            out.append("}")
        }
    }
}

/// A text in which every `//user:password@` is `//****@`.
func maskingUsers(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "@")), text.holds("://") else { return text }
    var out: [UInt8] = []
    var rest = bytes[...]
    while let first = rest.first {
        guard rest.starts(with: "://".utf8) else {
            out.append(first)
            rest = rest.dropFirst()
            continue
        }
        out += "://".utf8
        rest = rest.dropFirst(3)
        // A slash in a password ends an authority too soon: up to the last @ before a space.
        let word = rest.prefix { $0 > 0x20 }
        guard let at = word.lastIndex(of: UInt8(ascii: "@")) else { continue }
        out += "****".utf8
        rest = rest[at...]
    }
    return String(decoding: out, as: UTF8.self)
}
