// Where a value of the configuration was given, which findings and `check` tell.

/// Who gave a value.
enum ValueOrigin: Hashable, Sendable {
    case file
    /// A variable that stands for a key, such as TAILPROOF_STATE.
    case environment(String)
    /// An option, with its dashes.
    case option(String)

    /// As findings name it in the place of a file.
    var name: String? {
        switch self {
        case .file: nil
        case .environment(let name): "environment \(name)"
        case .option(let name): name
        }
    }
}

extension YAMLPlace {
    /// The variables whose values stand here, as a message names them. What a variable holds may be
    /// a secret and is shown by no finding.
    var hiddenNames: [String] {
        if case .environment(let name) = origin { return [name] }
        return variables.map { "${\($0)}" }
    }
}

extension YAMLNode {
    /// The place of the node, with the variables of a list's elements.
    var wholePlace: YAMLPlace {
        var place = place
        guard case .sequence(let nodes) = value else { return place }
        for name in nodes.flatMap(\.wholePlace.variables) where !place.variables.contains(name) {
            place.variables.append(name)
        }
        return place
    }
}

/// "${A} holds", "${A} and ${B} hold".
func holding(_ names: [String]) -> String {
    names.joined(separator: " and ") + (names.count == 1 ? " holds" : " hold")
}
