// `${VAR}` and `${VAR:-default}` in the single values of a tree.
import Bytes

/// Puts values of variables into the single values of a tree, after it was parsed: what a variable
/// holds is text of one value, whatever it looks like, and is not searched again. Keys are left
/// alone. `$${` stands for `${`.
struct Substitution {
    private let sources: ConfigurationSources
    /// Bytes that variables may still add to the text.
    private var room = YAMLNode.longestText

    init(_ sources: ConfigurationSources) { self.sources = sources }

    /// Substitutes in a node and all below it. `key` is the node's.
    mutating func run(_ node: inout YAMLNode, _ key: String, _ findings: inout Findings) {
        switch node.value {
        case .scalar(let text, let isQuoted):
            do throws(Refusal) {
                guard let result = try expanded(text) else { return }
                node.value = .scalar(result.text, isQuoted: isQuoted)
                node.place.variables = result.variables
            } catch {
                findings.refuse(error.message, key, at: node.place)
            }
        case .sequence(var nodes):
            node.value = .sequence([])
            for index in nodes.indices { run(&nodes[index], "\(key)[\(index)]", &findings) }
            node.value = .sequence(nodes)
        case .mapping(var members):
            node.value = .mapping([])
            for index in members.indices {
                let inner = keyPath(key, members[index].key)
                if holdsReference(members[index].key) {
                    findings.refuse(
                        "a key is taken as it stands; ${VAR} is for values", inner,
                        at: members[index].place)
                }
                run(&members[index].node, inner, &findings)
            }
            node.value = .mapping(members)
        }
    }

    private func holdsReference(_ text: String) -> Bool {
        text.holds("${")
    }

    /// The text with its variables, and their names; nil: there is none.
    private mutating func expanded(
        _ text: String
    ) throws(Refusal) -> (text: String, variables: [String])? {
        guard holdsReference(text) else { return nil }
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        var variables: [String] = []
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            bytes += rest[..<dollar]
            rest = rest[dollar...]
            if rest.starts(with: "$${".utf8) {
                bytes += "${".utf8
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "${".utf8) {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw Refusal("\"${\" without \"}\"; " + Substitution.escape)
                }
                bytes += try value(of: rest[(dollar + 2)..<end], &variables)
                rest = rest[(end + 1)...]
            } else {
                bytes.append(rest.removeFirst())
            }
        }
        return (String(decoding: bytes + rest, as: UTF8.self), variables)
    }

    private static let escape = "$${ stands for the text itself"

    /// What stands for a reference; `inside` is what its braces hold.
    private mutating func value(
        of inside: ArraySlice<UInt8>, _ variables: inout [String]
    ) throws(Refusal) -> [UInt8] {
        let name = inside.prefix(while: isNameByte)
        guard let first = name.first, !(0x30...0x39).contains(first) else {
            throw Refusal(
                "a variable's name is of letters, digits and _, as in ${NAME}; "
                    + Substitution.escape)
        }
        let word = String(decoding: name, as: UTF8.self)
        let rest = inside[name.endIndex...]
        guard rest.isEmpty || rest.starts(with: ":-".utf8) else {
            throw Refusal(
                "expected ${\(word)} or ${\(word):-default}; " + Substitution.escape)
        }
        let initial = rest.isEmpty ? nil : Array(rest.dropFirst(2))
        if let initial, String(decoding: initial, as: UTF8.self).holds("${") {
            throw Refusal("a default is taken as it stands; there is no ${ in it")
        }
        let given = sources.variable(word)
        if let initial, given ?? [] == [] { return initial }
        guard let given else {
            let near = nearestName(to: word, among: sources.names())
            throw Refusal(
                "the variable \(word) is not set; set it, or write ${\(word):-default}"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        guard String(validating: given, as: UTF8.self) != nil else {
            throw Refusal("the variable \(word) holds bytes that are no UTF-8")
        }
        room -= given.count
        if room < 0 { throw Refusal("with what variables hold, the file is larger than 1 MiB") }
        if !variables.contains(word) { variables.append(word) }
        return given
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
}

/// A text for the file, so that it is read as it stands.
func escapingReferences(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard text.holds("${") else { return text }
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        if byte == UInt8(ascii: "$"), next == UInt8(ascii: "{") { result.append(byte) }
        result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
}
