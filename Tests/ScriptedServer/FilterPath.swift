// `filter_path`: which parts of a reply the sender asked for.

/// The value of a `filter_path` parameter, as Elasticsearch and OpenSearch read it: dotted paths by
/// comma, `*` for any part of a name, `**` for any depth; with a leading `-` a path is left out
/// instead. Arrays keep only elements of which something is left.
package struct FilterPath: Sendable {
    private let wanted: [[String]]
    private let unwanted: [[String]]

    package init(_ text: String) {
        let paths = text.split(separator: ",")
        wanted = paths.filter { !$0.hasPrefix("-") }.map(FilterPath.components)
        unwanted = paths.filter { $0.hasPrefix("-") }.map { FilterPath.components($0.dropFirst()) }
    }

    private static func components(_ path: Substring) -> [String] {
        path.split(separator: ".").map(String.init)
    }

    /// What is left of the value; an empty object when nothing is.
    package func apply(_ value: ReplyJSON) -> ReplyJSON {
        var kept: ReplyJSON? = value
        if !unwanted.isEmpty { kept = FilterPath.exclude(value, unwanted) }
        if !wanted.isEmpty { kept = kept.flatMap { FilterPath.include($0, wanted) } }
        return kept ?? .object([])
    }

    private static func include(_ value: ReplyJSON, _ paths: [[String]]) -> ReplyJSON? {
        switch value {
        case .object(let members):
            let kept: [ReplyJSON.Member] = members.compactMap { member in
                let rest = tails(of: paths, under: member.name)
                if rest.contains(where: \.isEmpty) { return member }
                guard !rest.isEmpty, let part = include(member.value, rest) else { return nil }
                return ReplyJSON.Member(member.name, part)
            }
            return kept.isEmpty ? nil : .object(kept)
        case .array(let elements):
            let kept = elements.compactMap { include($0, paths) }
            return kept.isEmpty ? nil : .array(kept)
        case .string, .number, .boolean: return nil
        }
    }

    private static func exclude(_ value: ReplyJSON, _ paths: [[String]]) -> ReplyJSON? {
        switch value {
        case .object(let members):
            return .object(
                members.compactMap { member in
                    let rest = tails(of: paths, under: member.name)
                    if rest.contains(where: \.isEmpty) { return nil }
                    if rest.isEmpty { return member }
                    return exclude(member.value, rest).map { ReplyJSON.Member(member.name, $0) }
                })
        case .array(let elements): return .array(elements.compactMap { exclude($0, paths) })
        case .string, .number, .boolean: return value
        }
    }

    /// What of each path is still to be matched below a member of that name.
    private static func tails(of paths: [[String]], under name: String) -> [[String]] {
        var rest: [[String]] = []
        for path in paths {
            guard let first = path.first else { continue }
            if first == "**" {
                rest.append(path)
                rest.append(contentsOf: tails(of: [Array(path.dropFirst())], under: name))
            } else if first == name || first == "*" || matches(name, first) {
                rest.append(Array(path.dropFirst()))
            }
        }
        return rest
    }

    /// Whether a name fits a pattern with stars.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        guard pattern.utf8.contains(UInt8(ascii: "*")) else { return name == pattern }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard name.hasPrefix(parts[0]), name.hasSuffix(parts[parts.count - 1]) else { return false }
        var rest = name.dropFirst(parts[0].count)
        for part in parts.dropFirst() where !part.isEmpty {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }
}
