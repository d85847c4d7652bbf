// Values that go before the file's: variables of the environment, and `--set`.

/// What is beside the file: the environment, and `--set` as it was written.
package struct ConfigurationSources {
    /// The value of a variable, nil when it is not set. For `${VAR}` and for variables that stand
    /// for keys.
    package var variable: (String) -> [UInt8]?
    /// The names of all variables, for those that were meant.
    package var names: () -> [String]
    /// `KEY=VALUE`, in the order given.
    package var settings: [String]

    package init(
        variable: @escaping (String) -> [UInt8]? = { _ in nil },
        names: @escaping () -> [String] = { [] }, settings: [String] = []
    ) {
        self.variable = variable
        self.names = names
        self.settings = settings
    }
}

/// The keys that a variable can stand for. Few, as a container's environment has more in it than
/// its owner wrote; `${VAR}` in the file does for the others.
package enum ConfigurationVariables {
    package static let keys = [
        "state", "output.elasticsearch.hosts", "memory", "shutdown.deadline", "log.level",
        "log.format",
    ]

    /// `TAILPROOF_LOG_LEVEL` for `log.level`.
    package static func name(of key: String) -> String {
        "TAILPROOF_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }
}

extension ConfigurationSources {
    /// Puts the values into a tree: those of the environment, then those of the command line.
    func apply(to tree: inout YAMLNode, _ findings: inout Findings) {
        for key in ConfigurationVariables.keys {
            let name = ConfigurationVariables.name(of: key)
            // Manifests write "" for what is not to be set.
            guard let value = variable(name), !value.isEmpty else { continue }
            var place = YAMLPlace(line: 1, column: 1)
            place.origin = .environment(name)
            guard let text = String(validating: value, as: UTF8.self) else {
                findings.add("holds bytes that are no UTF-8", key, at: place, isSafe: true)
                continue
            }
            var node = YAMLNode(value: .scalar(text, isQuoted: true), place: place)
            if key.hasSuffix(".hosts") {
                let parts = text.split(separator: "," as Character).map {
                    YAMLNode(value: .scalar(trimmed($0), isQuoted: true), place: place)
                }
                node.value = .sequence(parts)
            }
            set(key, to: node, in: &tree, &findings)
        }
        for setting in settings { apply(setting, to: &tree, &findings) }
    }

    /// One `--set`. Its value is YAML, as it would stand in the file, without `${VAR}`.
    private func apply(
        _ setting: String, to tree: inout YAMLNode, _ findings: inout Findings
    ) {
        var place = YAMLPlace(line: 1, column: 1)
        place.origin = .option("--set")
        guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
            findings.add(
                "expected KEY=VALUE, such as log.level=debug, found \(quoted(setting))", "",
                at: place)
            return
        }
        let key = String(setting[..<equals])
        let value = setting[setting.index(after: equals)...]
        do throws(YAMLSyntaxError) {
            let read = try YAMLNode.read(Array(value.utf8))
            var node = read ?? YAMLNode(value: .scalar("", isQuoted: false))
            node.place(by: place.origin)
            set(key, to: node, in: &tree, &findings)
        } catch {
            findings.add(error.message, keyPath("", key), at: place)
        }
    }

    private func set(
        _ key: String, to node: YAMLNode, in tree: inout YAMLNode, _ findings: inout Findings
    ) {
        do throws(Refusal) {
            try tree.set(try KeyStep.steps(of: key)[...], to: node)
        } catch {
            findings.add(error.message, keyPath("", key), at: node.place, isSafe: true)
        }
    }
}

private func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
}
