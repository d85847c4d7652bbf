// Lines that no server takes, and what must have become of them.
import Bytes
import Platform
import ScriptedServer
import TestKit

@testable import Tail

/// Lines that the server refuses whatever else it does.
enum Poison {
    static func holds(_ key: LineKey) -> Bool { key.sequence % 41 == 7 }

    static var rule: ItemRule {
        ItemRule(
            .matching { $0.line.map(holds) ?? false },
            .refuse(400, type: "mapper_parsing_exception"))
    }
}

extension World {
    /// What the park on the disk holds, by line.
    var parked: [LineKey: ParkedLine] { World.parked(on: disk) }

    static func parked(on disk: SimulatedDisk) -> [LineKey: ParkedLine] {
        var lines: [LineKey: ParkedLine] = [:]
        for (path, inode) in disk.names where ParkSegment.number(path.name) != nil {
            let bytes = disk.inodes[inode]?.bytes ?? []
            _ = ParkSegment(bytes.span) { record in
                if let key = LineKey(in: record.line.posted) { lines[key] = record.line }
            }
        }
        return lines
    }

    /// Every poisoned line that is owed is parked, once it was read; what is parked is what was
    /// written, and deserved it.
    func judgeParked() throws {
        let refusedAlone = Set(
            endpoint.requests.filter { [400, 413, 500].contains($0.status ?? 0) }
                .filter { $0.items.count <= 1 }.compactMap { $0.items.first?.line })
        for (key, line) in parked {
            let place = ledger.places[key]
            // A body beyond the limit is refused before anyone reads what is in it.
            let isKnown = Poison.holds(key) || refusedAlone.contains(key) || isTooLong(line)
            if !isKnown { throw broken("\(key) is parked without evidence against it") }
            if let raw = line.raw, LineKey(in: raw) != key || raw.count > place?.length ?? 0 {
                throw broken("\(key) is parked with other bytes")
            }
            ledger.excuse(key)
        }
    }

    private func isTooLong(_ line: ParkedLine) -> Bool { line.posted.count > 3_000 }
}
