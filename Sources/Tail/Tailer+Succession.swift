// Files that have a successor: nobody is expected to write to them again.
import Platform

extension Tailer {
    /// Notes among these quiet files, each with an unterminated last line, those that are named by
    /// date and have a later one of their series beside them.
    mutating func noteSucceeded(_ rests: [Int]) {
        var latest: [DatedName.Series: [[UInt64]]] = [:]
        for slot in rests {
            guard let record = files[slot]?.record, !record.isCompressed,
                let name = DatedName(record.path)
            else { continue }
            latest[name.series] = []
        }
        if latest.isEmpty { return }
        for case let file? in files where !file.isSuperseded && !file.isDeleted {
            guard let name = DatedName(file.record.path), latest[name.series] != nil else {
                continue
            }
            latest[name.series]?.append(name.numbers)
        }
        for slot in rests {
            guard let path = files[slot]?.record.path, let name = DatedName(path) else { continue }
            let others = latest[name.series] ?? []
            var isSucceeded = false
            for other in others where name.isFollowed(by: other) { isSucceeded = true }
            if isSucceeded { fragmentsDue.append(slot) }
        }
    }

    /// The marker where the next line of the file begins.
    package func markerAtPosition(of slot: Int) -> UInt64 {
        files[slot]!.ledger.spans.last?.marker ?? files[slot]!.record.marker.hash
    }
}
