// What must hold after every step, whatever happened.
import Platform
import ScriptedServer
import Tail

/// Knows which bytes are which lines, and which incarnation is which file.
struct Oracle {
    private struct Line {
        var key: LineKey
        var offset: UInt64
        var end: UInt64
    }

    private var lines: [Int: [Line]] = [:]
    /// The ledger file that an inode's bytes belong to now, and all it ever had.
    private var current: [UInt64: Int] = [:]
    private var all: [UInt64: [Int]] = [:]
    private var fileOfIncarnation: [Incarnation: Int] = [:]
    private var checked: [Incarnation: UInt64] = [:]
    /// Seen since the agent started.
    private var seen: Set<Incarnation> = []

    mutating func opened(_ file: Int, inode: UInt64, generation: Int) {
        current[inode] = file
        all[inode, default: []].append(file)
    }

    /// The inode may be given to another file.
    mutating func closed(_ inode: UInt64) {
        all[inode] = nil
    }

    mutating func agentStarts() { seen.removeAll() }

    /// The ledger file that an incarnation was read from.
    func file(of incarnation: Incarnation) -> Int? { fileOfIncarnation[incarnation] }

    func files(of inode: UInt64) -> [Int] { all[inode] ?? [] }

    mutating func wrote(_ key: LineKey, _ place: LinePlace) {
        lines[place.file, default: []].append(
            Line(
                key: key, offset: UInt64(place.offset), end: UInt64(place.offset + place.length)))
    }

    /// The first line before the committed offset of the record that is not stored: a broken
    /// promise.
    mutating func ahead(
        _ tracked: TrackedFile, isBlank: (UInt64) -> Bool, stored: (LineKey) -> Bool
    ) -> LineKey? {
        let record = tracked.record
        // An incarnation is whatever its inode holds now, as long as nothing was read of it, and
        // when an agent takes it up with nothing durably committed: then nothing was proven. Nor
        // does the hole at its head prove anything, while there is none but NULs still.
        let isFirstSight = seen.insert(record.incarnation).inserted
        let hole = record.tally.bytes(.filteredHoles)
        let first = fileOfIncarnation[record.incarnation].flatMap { lines[$0]?.first?.offset }
        let unread = max(hole, first ?? 0)
        let taken = isFirstSight ? record.committed : tracked.position
        if taken <= unread, isBlank(taken) {
            fileOfIncarnation[record.incarnation] = current[record.inode]
            checked[record.incarnation] = nil
        }
        guard let file = fileOfIncarnation[record.incarnation] else { return nil }
        let from = checked[record.incarnation] ?? record.base
        if record.committed <= from { return nil }
        checked[record.incarnation] = record.committed
        for line in lines[file] ?? [] where line.offset >= from && line.end <= record.committed {
            if !stored(line.key) { return line.key }
        }
        return nil
    }
}

extension World {
    /// `start: end`: what was written before the very first sweep.
    private func mayBeSkipped(_ key: LineKey) -> Bool {
        logs.contains { log in
            key.stream == "log\(log.number)"
                && settings.configuration.inputs[log.dated ? 1 : 0].start == .end
        }
    }

    /// The promises that hold at any moment.
    mutating func check() throws {
        guard let agent else { return }
        if !isScanned {
            for key in ledger.places.keys where mayBeSkipped(key) { ledger.excuse(key) }
            isScanned = agent.pump.tailer.volume.firstScanDone
        }
        var stored: Set<LineKey>?
        let disk = disk
        for case let file? in agent.pump.tailer.files {
            let bytes = disk.inodes[file.record.inode]?.bytes ?? []
            let missing = oracle.ahead(
                file, isBlank: { $0 <= bytes.count && bytes[..<Int($0)].allSatisfy { $0 == 0 } }
            ) { key in
                if stored == nil {
                    stored = Set(endpoint.store.documents.compactMap(\.line))
                    stored?.formUnion(World.parked(on: disk).keys)
                }
                return stored?.contains(key) ?? false
            }
            if let missing {
                let place = ledger.places[missing]
                let sent = endpoint.requests.filter { $0.items.contains { $0.line == missing } }
                throw broken(
                    "\(file.record.path): committed \(file.record.base)..<\(file.record.committed) past "
                        + "\(missing) at \(place.map { "\($0)" } ?? "-"), which is neither stored nor parked; sent in "
                        + sent.map { "\($0.number) (\($0.status ?? 0))" }.joined(separator: ", ")
                        + "; \(file.record.tally)")
            }
        }
    }
}
