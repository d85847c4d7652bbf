// A YAML document as a tree of nodes, each with its place; less than YAML on purpose.

/// A node and where it stands. Anchors, aliases, tags, merge keys and further documents are
/// refused: a short file can then never mean a large tree, and every value stands where it is read.
struct YAMLNode: Hashable {
    indirect enum Value: Hashable {
        /// Quoted (or a block): text in any case. Plain: what its reader makes of it.
        case scalar(String, isQuoted: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLMember])
    }
    var value: Value
    var place = YAMLPlace(line: 1, column: 1)

    /// Mappings and sequences inside each other at most.
    static let deepest = 16
    /// Bytes of a text at most.
    static let longestText = 1 << 20

    /// Reads a text. nil: it holds nothing but comments.
    static func read(_ bytes: [UInt8]) throws(YAMLSyntaxError) -> YAMLNode? {
        let start = YAMLPlace(line: 1, column: 1)
        if bytes.count > longestText {
            throw YAMLSyntaxError(place: start, message: "the file is larger than 1 MiB")
        }
        var tree = YAMLTree(reader: YAMLReader(bytes))
        return try tree.document()
    }

    /// What the node is, in the words of an error message.
    var kindName: String {
        switch value {
        case .scalar("", isQuoted: false): "nothing"
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// A key of a mapping and what belongs to it. No key appears twice.
struct YAMLMember: Hashable {
    var key: String
    var place = YAMLPlace(line: 1, column: 1)
    var node: YAMLNode
}

/// Builds the tree from events.
private struct YAMLTree: ~Copyable {
    var reader: YAMLReader

    mutating func document() throws(YAMLSyntaxError) -> YAMLNode? {
        let first = try reader.next()
        if case .streamEnd = first.kind { return nil }
        let root = try node(from: try reader.next(), depth: 0)
        _ = try reader.next()
        let next = try reader.next()
        if case .streamEnd = next.kind { return root }
        throw YAMLSyntaxError(
            place: next.place, message: "a second document: one file, one document")
    }

    private mutating func node(
        from event: YAMLEvent, depth: Int
    ) throws(YAMLSyntaxError) -> YAMLNode {
        if event.isAnchored { throw refused(event, "anchors (&name) are not supported") }
        if event.isTagged { throw refused(event, "tags (!name) are not supported") }
        if depth > YAMLNode.deepest {
            throw refused(event, "nested deeper than \(YAMLNode.deepest) levels")
        }
        switch event.kind {
        case .scalar(let text, let isQuoted):
            return YAMLNode(value: .scalar(text, isQuoted: isQuoted), place: event.place)
        case .sequenceStart: return try sequence(at: event.place, depth: depth)
        case .mappingStart: return try mapping(at: event.place, depth: depth)
        case .alias: throw refused(event, "aliases (*name) are not supported; quote a pattern")
        default: throw refused(event, "not valid YAML: a value is missing")
        }
    }

    private mutating func sequence(
        at place: YAMLPlace, depth: Int
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var elements: [YAMLNode] = []
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind {
                return YAMLNode(value: .sequence(elements), place: place)
            }
            elements.append(try node(from: event, depth: depth + 1))
        }
    }

    private mutating func mapping(
        at place: YAMLPlace, depth: Int
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var members: [YAMLMember] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind {
                return YAMLNode(value: .mapping(members), place: place)
            }
            let key = try node(from: event, depth: depth + 1)
            guard case .scalar(let name, _) = key.value else {
                throw refused(event, "a key is a single word here, not \(key.kindName)")
            }
            if let line = lines.updateValue(event.place.line, forKey: name) {
                throw refused(event, "\(quoted(name)) is given twice, first in line \(line)")
            }
            let value = try node(from: try reader.next(), depth: depth + 1)
            members.append(YAMLMember(key: name, place: event.place, node: value))
        }
    }

    private func refused(_ event: YAMLEvent, _ message: String) -> YAMLSyntaxError {
        YAMLSyntaxError(place: event.place, message: message)
    }
}
