// Which of many things belong to the rotated files of one log.
import Platform

/// Numbers of slots or records by the family of their file's names. Owned by the pump.
struct Families: Sendable {
    private var members: [Path: [Int]] = [:]

    /// The members that a file of this name is a sibling of.
    subscript(path: Path) -> [Int] { members[path.family] ?? [] }

    func contains(_ path: Path) -> Bool { members[path.family] != nil }

    mutating func add(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            if members[family]?.contains(number) == true { continue }
            members[family, default: []].append(number)
        }
    }

    mutating func remove(_ number: Int, _ record: FileRecord) {
        for family in Self.families(of: record) {
            members[family]?.removeAll { $0 == number }
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
