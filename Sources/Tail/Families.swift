// Which of many things belong to the rotated files of one log.
import Platform

/// Numbers of slots or records by the family of their file's names. Owned by the pump.
struct Families: Sendable {
    private var members: [Path: Set<Int>] = [:]

    /// The members that a file of this name is a sibling of, in the order of their numbers.
    subscript(path: Path) -> [Int] { (members[path.family] ?? []).sorted() }

    func contains(_ path: Path) -> Bool { members[path.family] != nil }

    mutating func add(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            members[family, default: []].insert(number)
        }
    }

    mutating func remove(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            members[family]?.remove(number)
            if members[family]?.isEmpty == true { members[family] = nil }
        }
    }

    private static func families(of record: FileRecord) -> [Path] {
        let origin = record.origin.family
        if record.path == record.origin { return [origin] }
        let path = record.path.family
        return path == origin ? [origin] : [origin, path]
    }
}
