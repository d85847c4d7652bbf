// Copies in another directory (logrotate's `olddir`): the names of a family say nothing of those.
import Bytes
import Platform

/// Files and records of which a whole head is known, by the hash of their first bytes. Made when a
/// sweep first asks for it.
struct KnownHeads {
    fileprivate(set) var slots: [UInt64: [Int]] = [:]
    fileprivate(set) var places: [UInt64: [Int]] = [:]
    /// Files without a name whose head is shorter: they are open, and tell it themselves.
    fileprivate(set) var held: [Int] = []
}

extension Tailer {
    /// Whether the name is one that a rotation makes, and anything was read before this sweep.
    func mayBeArchived(_ path: Path) -> Bool {
        (sweep > 1 || !unmatched.isEmpty) && !path.rotatedFrom.isEmpty
    }

    /// Files and records of the same input whose copy in another directory this may be: their names
    /// without the directory are those of a family, and their heads, whole, are the copy's.
    mutating func archived(_ copy: Copy, input: Int) -> (slots: [Int], places: [Int]) {
        // Where there are fewer bytes nothing is said by them.
        guard let start = copy.start else { return ([], []) }
        let heads = knownHeads ?? listHeads()
        knownHeads = heads
        let (hash, directory) = (xxh3(copy.head.span), copy.path.directory)
        let family = copy.path.family.name
        func isElsewhere(_ record: FileRecord) -> Bool {
            // Of what cannot be seen nobody can say that it is gone.
            record.path.directory != directory && directories.contains(record.path.directory)
                && (record.origin.family.name == family || record.path.family.name == family)
        }
        let slots = (heads.slots[start] ?? []).filter { files[$0]?.record.headHash == hash }
        return (
            (slots + heads.held).filter { slot in
                guard let file = files[slot] else { return false }
                return file.input == input && isElsewhere(file.record)
            },
            (heads.places[start] ?? []).filter { place in
                guard let record = unmatched[place] else { return false }
                let owner = self.input(of: record.origin) ?? input
                return owner == input && record.headHash == hash && isElsewhere(record)
            }
        )
    }

    private func listHeads() -> KnownHeads {
        var heads = KnownHeads()
        for slot in files.indices {
            if let start = files[slot]?.record.wholeHeadStart {
                heads.slots[start, default: []].append(slot)
            } else if let seen = files[slot]?.sweep, seen != sweep, files[slot]?.handle != nil {
                heads.held.append(slot)
            }
        }
        for (place, record) in unmatched.placed {
            guard let start = record.wholeHeadStart else { continue }
            heads.places[start, default: []].append(place)
        }
        return heads
    }
}

extension FileRecord {
    /// The hash of the first bytes, where the head is as long as it can be.
    fileprivate var wholeHeadStart: UInt64? {
        headLength == UInt64(FileRecord.headLimit) ? startHash : nil
    }
}
