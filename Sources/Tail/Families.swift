// Which of many things belong to the rotated files of one log.
import Platform

/// Numbers of slots or records by the family of their file's names. Owned by the pump.
struct Families: Sendable {
    fileprivate struct Members {
        var numbers: Set<Int> = []
        /// The same in their order; nil when that is not known now.
        var sorted: [Int]? = []
    }

    private var members: [Path: Members] = [:]

    /// The members that a file of this name is a sibling of, in the order of their numbers.
    subscript(path: Path) -> [Int] {
        mutating get {
            let family = path.family
            guard let known = members[family] else { return [] }
            if let sorted = known.sorted { return sorted }
            let sorted = known.numbers.sorted()
            members[family]?.sorted = sorted
            return sorted
        }
    }

    func contains(_ path: Path) -> Bool { members[path.family] != nil }

    mutating func add(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            members[family, default: Members()].add(number)
        }
    }

    mutating func remove(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            members[family]?.remove(number)
            if members[family]?.numbers.isEmpty == true { members[family] = nil }
        }
    }

    private static func families(of record: FileRecord) -> [Path] {
        let origin = record.origin.family
        if record.path == record.origin { return [origin] }
        let path = record.path.family
        return path == origin ? [origin] : [origin, path]
    }
}

extension Families.Members {
    fileprivate mutating func add(_ number: Int) {
        guard numbers.insert(number).inserted else { return }
        if sorted?.last ?? .min < number { sorted?.append(number) } else { sorted = nil }
    }

    fileprivate mutating func remove(_ number: Int) {
        if numbers.remove(number) != nil { sorted = nil }
    }
}
