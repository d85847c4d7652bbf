// A full key as steps down a tree, and setting what it names.

/// A step from a node to one below it.
enum KeyStep: Hashable {
    case member(String)
    case element(Int)

    /// The steps of a key such as `inputs[0].fields.service.name`.
    static func steps(of key: String) throws(Refusal) -> [KeyStep] {
        var steps: [KeyStep] = []
        for part in key.split(separator: "." as Character, omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[" as Character, omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty else { throw malformed }
            steps.append(.member(String(name)))
            for piece in pieces.dropFirst() {
                guard piece.last == "]", let index = Int(piece.dropLast()), index >= 0 else {
                    throw malformed
                }
                steps.append(.element(index))
            }
        }
        return steps
    }

    private static let malformed = Refusal(
        "expected a key such as output.elasticsearch.hosts or inputs[0].format")
}

extension YAMLNode {
    /// Sets what the steps lead to. Mappings on the way are made, and so is the element behind the
    /// last one of a list.
    mutating func set(_ steps: ArraySlice<KeyStep>, to node: YAMLNode) throws(Refusal) {
        guard let step = steps.first else {
            self = node
            return
        }
        let isNothing = value == .scalar("", isQuoted: false)
        switch (step, value) {
        case (.member, .mapping(let members)): try setMember(steps, to: node, among: members)
        case (.member, _) where isNothing: try setMember(steps, to: node, among: [])
        case (.element(let index), .sequence(var nodes)):
            guard index <= nodes.count else {
                throw Refusal(
                    "there are \(nodes.count) before it; the next one is [\(nodes.count)]")
            }
            if index == nodes.count { nodes.append(YAMLNode.empty(like: node)) }
            try nodes[index].set(steps.dropFirst(), to: node)
            value = .sequence(nodes)
        case (.element(let index), _) where isNothing:
            guard index == 0 else { throw Refusal("there is none before it; the first one is [0]") }
            var made = YAMLNode.empty(like: node)
            try made.set(steps.dropFirst(), to: node)
            value = .sequence([made])
        case (.member(let name), _):
            throw Refusal("\(quoted(name)) stands in a mapping, and here is \(kindName)")
        case (.element(let index), _):
            throw Refusal("[\(index)] stands in a list, and here is \(kindName)")
        }
    }

    private mutating func setMember(
        _ steps: ArraySlice<KeyStep>, to node: YAMLNode, among given: [YAMLMember]
    ) throws(Refusal) {
        var members = given
        // Names of fields have dots in them: the longest one that is there is meant.
        var names: [String] = []
        for case .member(let name) in steps.prefix(while: \.isMember) { names.append(name) }
        for count in (1...names.count).reversed() {
            let name = names.prefix(count).joined(separator: ".")
            guard let place = members.firstIndex(where: { $0.key == name }) else { continue }
            try members[place].node.set(steps.dropFirst(count), to: node)
            if count == steps.count { members[place].place = node.place }
            value = .mapping(members)
            return
        }
        var made = YAMLNode.empty(like: node)
        try made.set(steps.dropFirst(), to: node)
        members.append(YAMLMember(key: names[0], place: node.place, node: made))
        value = .mapping(members)
    }

    private static func empty(like node: YAMLNode) -> YAMLNode {
        YAMLNode(value: .scalar("", isQuoted: false), place: node.place)
    }

    /// Says of the node and all below it who gave it.
    mutating func place(by origin: ValueOrigin) {
        place.origin = origin
        switch value {
        case .scalar: break
        case .sequence(var nodes):
            for index in nodes.indices { nodes[index].place(by: origin) }
            value = .sequence(nodes)
        case .mapping(var members):
            for index in members.indices {
                members[index].place.origin = origin
                members[index].node.place(by: origin)
            }
            value = .mapping(members)
        }
    }
}

extension KeyStep {
    fileprivate var isMember: Bool { if case .member = self { true } else { false } }
}
