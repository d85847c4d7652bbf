// Records of the state whose file has not been seen yet, found by the inode of a file that is.
import Platform

/// The records that wait for their file. What is done for one file costs what its own inode has of
/// records, however many others wait. Owned by the pump.
package struct WaitingRecords: Sendable {
    private var places: [FileRecord?]
    private var absences: [Absence]
    private var byInode: [UInt64: [Int]] = [:]
    private var families = Families()
    package private(set) var count: Int
    /// Records that were looked at one by one so far: what the search has cost.
    package private(set) var looks = 0

    init(_ records: [FileRecord]) {
        places = records
        absences = Array(repeating: Absence(), count: records.count)
        count = records.count
        byInode.reserveCapacity(records.count)
        for (place, record) in records.enumerated() {
            byInode[record.inode, default: []].append(place)
            families.add(place, record)
        }
    }

    var isEmpty: Bool { count == 0 }

    /// All of them, in the order of the state.
    var records: some Sequence<FileRecord> { places.lazy.compactMap { $0 } }

    /// The same with their places.
    var placed: some Sequence<(Int, FileRecord)> {
        places.lazy.enumerated().compactMap { place, record in record.map { (place, $0) } }
    }

    /// Nil once it was taken.
    subscript(place: Int) -> FileRecord? { place < places.count ? places[place] : nil }

    /// Whether any waits for this inode.
    func wait(for inode: UInt64) -> Bool { byInode[inode] != nil }

    /// Whether any wait whose names are those of the same log.
    func wait(forKinOf path: Path) -> Bool { families.contains(path) }

    /// The places of those whose names are those of the same log.
    mutating func places(ofKinOf path: Path) -> [Int] { families[path] }

    /// The places of those that wait for this inode, the youngest first.
    mutating func places(of inode: UInt64) -> [Int] {
        guard let found = byInode[inode] else { return [] }
        looks += found.count
        if found.count == 1 { return found }
        return found.sorted { birth($0) > birth($1) }
    }

    private func birth(_ place: Int) -> Int64 {
        places[place]?.incarnation.birthMilliseconds ?? .min
    }

    /// Takes one out: its file is found, or it is gone.
    mutating func take(_ place: Int) -> FileRecord? {
        guard let record = self[place] else { return nil }
        places[place] = nil
        count -= 1
        byInode[record.inode]?.removeAll { $0 == place }
        if byInode[record.inode]?.isEmpty == true { byInode[record.inode] = nil }
        families.remove(place, record)
        if count == 0 { self = WaitingRecords([]) }
        return record
    }

    /// Changes each of them; its inode stays.
    mutating func update(_ change: (inout FileRecord) -> Void) {
        for place in places.indices where places[place] != nil { change(&places[place]!) }
    }

    /// Looks at each: notes those that are absent and takes out those that are gone. `isAbsent`
    /// says how long a record must be so; nil when nothing can be said of it.
    mutating func forget(
        at now: Instant, _ patience: (FileRecord) -> Duration?
    ) -> [FileRecord] {
        var gone: [FileRecord] = []
        for place in places.indices {
            guard let record = places[place] else { continue }
            looks += 1
            guard let patience = patience(record) else { continue }
            absences[place].note(at: now)
            if absences[place].isLong(at: now, patience), let record = take(place) {
                gone.append(record)
                if isEmpty { break }
            }
        }
        return gone
    }
}

/// How long clean sweeps have not seen a file.
struct Absence: Sendable {
    private(set) var sweeps = 0
    private(set) var first: Instant?

    mutating func note(at now: Instant) {
        sweeps += 1
        first = first ?? now
    }

    /// So many sweeps, over so long a time, that the file is taken for gone.
    func isLong(at now: Instant, _ patience: Duration) -> Bool {
        guard let first, sweeps >= Tailer.sweepsUntilGone else { return false }
        return now - first >= patience
    }
}
