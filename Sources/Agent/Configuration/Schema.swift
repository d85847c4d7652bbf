// The keys of a mapping as a table: from it a mapping is decoded, written and documented.

/// One key of a mapping that becomes a `Root`.
struct Key<Root> {
    let name: String
    let read:
        (_ node: YAMLNode, _ key: String, _ root: inout Root, _ findings: inout Findings) -> Void
    /// nil: the key is absent in this value.
    let write: (Root) -> YAMLNode?
    let documented: (_ key: String, _ initial: Root) -> [DocumentedKey]

    init<Value>(_ name: String, _ path: WritableKeyPath<Root, Value>, _ kind: ValueKind<Value>) {
        self.name = name
        read = { node, key, root, findings in
            if let value = kind.read(node, key, &findings) { root[keyPath: path] = value }
        }
        write = { kind.write($0[keyPath: path]) }
        documented = { key, root in
            let inner = kind.inner(key)
            if !inner.isEmpty { return inner }
            let initial = kind.write(root[keyPath: path]).line
            return [DocumentedKey(key: key, initial: initial, expected: kind.expected)]
        }
    }

    /// A key that may be absent; `absent` says in the reference what holds then.
    init<Value>(
        optional name: String, _ path: WritableKeyPath<Root, Value?>, _ kind: ValueKind<Value>,
        absent: String = "none"
    ) {
        self.name = name
        read = { node, key, root, findings in
            if let value = kind.read(node, key, &findings) { root[keyPath: path] = value }
        }
        write = { $0[keyPath: path].map(kind.write) }
        documented = { key, root in
            let inner = kind.inner(key)
            if !inner.isEmpty { return inner }
            let initial = root[keyPath: path].map(kind.write)?.line ?? absent
            return [DocumentedKey(key: key, initial: initial, expected: kind.expected)]
        }
    }
}

/// All keys of a mapping, in the order in which they are written.
struct Schema<Root> {
    let keys: [Key<Root>]
    /// What is checked when all keys were read: rules between them.
    var check: (_ key: String, _ root: inout Root, _ findings: inout Findings) -> Void = {
        _, _, _ in
    }

    /// Reads a mapping over the values that are there.
    func read(_ node: YAMLNode, _ key: String, _ root: inout Root, _ findings: inout Findings) {
        guard case .mapping(let members) = node.value else {
            findings.add("expected a mapping, found \(node.kindName)", key, at: node.place)
            return
        }
        for member in members {
            let inner = key.isEmpty ? member.key : key + "." + member.key
            guard let known = keys.first(where: { $0.name == member.key }) else {
                findings.add(
                    unknown(member.key), keyPath(key, member.key), at: member.place)
                continue
            }
            findings.visit(inner, at: member.place, value: member.node.wholePlace)
            known.read(member.node, inner, &root, &findings)
        }
        check(key, &root, &findings)
    }

    func write(_ root: Root) -> YAMLNode {
        .members(
            keys.compactMap { key in key.write(root).map { YAMLMember(key: key.name, node: $0) } })
    }

    func documented(under key: String, _ initial: Root) -> [DocumentedKey] {
        keys.flatMap { $0.documented(key.isEmpty ? $0.name : key + "." + $0.name, initial) }
    }

    private func unknown(_ name: String) -> String {
        let names = keys.map(\.name)
        if let meant = nearestName(to: name, among: names) {
            return "unknown key; did you mean \"\(meant)\"?"
        }
        let elsewhere = ConfigurationSchema.places(of: name)
        if !elsewhere.isEmpty {
            return "unknown key here; it belongs to " + elsewhere.joined(separator: " or ")
        }
        return "unknown key; valid here: " + names.joined(separator: ", ")
    }
}

/// The key path of a member whose name may be any text.
func keyPath(_ key: String, _ name: String) -> String {
    let isWord = !name.isEmpty && name.count <= 40 && name.utf8.allSatisfy(isWordByte)
    let name = isWord ? name : quoted(name)
    return key.isEmpty ? name : key + "." + name
}

/// Letters, digits, dot, dash and underscore of ASCII.
func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
}
