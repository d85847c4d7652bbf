// Copies in another directory (logrotate's `olddir`): the names of a family say nothing of those.
import Bytes
import Platform

/// Files and records by the hash of the bytes that they begin with. Made when a sweep first asks.
struct KnownStarts {
    fileprivate(set) var slots: [UInt64: [Int]] = [:]
    fileprivate(set) var places: [UInt64: [Int]] = [:]
    /// The directories of each family, by its name alone.
    fileprivate(set) var directories: [Path: Set<Path>] = [:]

    /// A file that this sweep has found.
    mutating func add(_ slot: Int, _ record: FileRecord, start: UInt64?) {
        if let start { slots[start, default: []].append(slot) }
        note(record)
    }

    fileprivate mutating func note(_ record: FileRecord) {
        for path in record.path == record.origin ? [record.path] : [record.path, record.origin] {
            directories[path.family.name, default: []].insert(path.directory)
        }
    }
}

extension Tailer {
    /// As many files that begin alike, and of which no more is known, are held against a copy.
    private static let comparedShort = 100

    /// Whether the name is one that a rotation makes, and anything was read before this sweep.
    func mayBeArchived(_ path: Path) -> Bool {
        (sweep > 1 || !unmatched.isEmpty) && !path.rotatedFrom.isEmpty
    }

    /// Files and records of the same input whose copy in another directory this may be: their names
    /// without the directory are those of a family, and their heads are the copy's, or too short to
    /// say so, but can be read.
    mutating func archived(_ copy: Copy, input: Int) -> (slots: [Int], places: [Int]) {
        // Where there are fewer bytes nothing is said by them.
        guard let start = copy.start else { return ([], []) }
        listStartsOnce()
        let (hash, directory) = (xxh3(copy.head.span), copy.path.directory)
        let family = copy.path.family.name
        func isElsewhere(_ record: FileRecord) -> Bool {
            // Of what cannot be seen nobody can say that it is gone.
            record.path.directory != directory && directories.contains(record.path.directory)
                && (record.origin.family.name == family || record.path.family.name == family)
        }
        var shortOnes = 0
        let slots = (knownStarts?.slots[start] ?? []).filter { slot in
            guard let file = files[slot], file.input == input else { return false }
            if !file.record.isHeadWhole || file.record.headHash != hash {
                shortOnes += 1
                guard isReadable(slot), shortOnes <= Self.comparedShort else { return false }
            }
            return isElsewhere(file.record)
        }
        let places = (knownStarts?.places[start] ?? []).filter { place in
            guard let record = unmatched[place], record.headHash == hash else { return false }
            return self.input(of: record.origin) ?? input == input && isElsewhere(record)
        }
        return (slots, places)
    }

    /// Whether a new file without text could get that of a file in another directory: it is not
    /// begun before it can be told.
    mutating func mayBecomeArchived(_ copy: Copy) -> Bool {
        guard copy.head.isEmpty, mayBeArchived(copy.path) else { return false }
        listStartsOnce()
        let others = knownStarts?.directories[copy.path.family.name] ?? []
        return others.contains { $0 != copy.path.directory }
    }

    private mutating func listStartsOnce() {
        if knownStarts == nil { knownStarts = listStarts() }
    }

    /// A file is known by what it began with, where its whole head says that this is it, or it can
    /// be read; and by what it begins with now, where that may be something else.
    private mutating func listStarts() -> KnownStarts {
        var known = KnownStarts()
        for slot in files.indices {
            guard let file = files[slot] else { continue }
            known.note(file.record)
            let (start, isReadable) = (file.record.startHash, isReadable(slot))
            if let start, file.record.isHeadWhole || isReadable {
                known.slots[start, default: []].append(slot)
            }
            let mayDiffer = start == nil || file.isQueued || file.sweep != sweep
            if isReadable, mayDiffer, let now = startOnce(slot), now != start {
                known.slots[now, default: []].append(slot)
            }
        }
        for (place, record) in unmatched.placed {
            known.note(record)
            guard record.isHeadWhole, let start = record.startHash else { continue }
            known.places[start, default: []].append(place)
        }
        return known
    }
}
