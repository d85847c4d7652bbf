// How the world writes, rotates, truncates and deletes its logs.
import Platform
import ScriptedServer
import Tail
import TestKit

/// A log as its application writes it.
struct SimulatedLog {
    let number: Int
    /// A new date in the name instead of a rename.
    let dated: Bool
    /// How its lines end.
    let ending: String
    var day = 1
    /// The open file, and its number in the ledger.
    var inode: UInt64?
    var file = 0
    /// Names that older files went to, youngest first.
    var old: [Path] = []
    /// Whole lines that are begun in the file but not ended.
    var torn: (key: LineKey, rest: [UInt8], place: LinePlace)?
    /// The name that the open file has for a while.
    var away: Path?
    /// A copy of one of its files that is being written.
    var copy: SimulatedCopy?

    var path: Path {
        dated
            ? "/logs/dated.\(number).2018-09-\(10 + day).txt".path
            : "/logs/access\(number).log".path
    }
}

extension String {
    var path: Path { Path(self) }
}

extension World {
    /// What some programs write at the head of a file, in UTF-8.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    mutating func open(_ index: Int) -> UInt64 {
        if let inode = logs[index].inode { return inode }
        let inode = disk.createFile(logs[index].path)
        logs[index].inode = inode
        logs[index].file = ledger.open("\(logs[index].path)", inode: inode)
        oracle.opened(logs[index].file, inode: inode, generation: 0)
        if Int.random(in: 0..<8, using: &random) == 0 {
            disk.append(World.byteOrderMark, to: inode)
        }
        return inode
    }

    mutating func writeSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        finishTornLine(index)
        for _ in 0..<Int.random(in: 1...12, using: &random) { writeLine(index) }
        if Int.random(in: 0..<3, using: &random) == 0 { beginTornLine(index) }
    }

    private mutating func line(_ key: LineKey, _ ending: String) -> [UInt8] {
        let extra = Int.random(in: 0..<30, using: &random) == 0 ? 12_000 : 60
        let pad = padding(Int.random(in: 0..<extra, using: &random))
        let minute = 10 + key.sequence / 60 % 50
        let second = 10 + key.sequence % 50
        let time = "20/Sep/2018:10:\(minute):\(second) +0000"
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return Array("no access log /s/\(key.stream)/\(key.sequence)? \(pad)\(ending)".utf8)
        case 1: return Array(ending.utf8)
        default:
            return Array(
                "10.0.0.1 - - [\(time)] \"GET /s/\(key.stream)/\(key.sequence)?pad=\(pad) HTTP/1.1\" 200 5\(ending)"
                    .utf8)
        }
    }

    /// Letters that no two lines share: bytes that came back the same after a truncation would
    /// prove nothing.
    private mutating func padding(_ count: Int) -> String {
        var letters = SeededGenerator(seed: random.next())
        let bytes = (0..<count).map { _ in UInt8(ascii: "a") + UInt8(letters.next() % 26) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func next(_ index: Int) -> (key: LineKey, bytes: [UInt8], place: LinePlace) {
        let inode = open(index)
        let before = disk.inodes[inode]?.bytes ?? []
        // The mark is part of the first line.
        let mark = before == World.byteOrderMark ? before.count : 0
        let key = ledger.next(of: "log\(logs[index].number)")
        let bytes = line(key, logs[index].ending)
        let place = LinePlace(
            file: logs[index].file, offset: before.count - mark, length: bytes.count + mark)
        return (key, bytes, place)
    }

    /// A line without a key is an empty one, with or without a mark: nothing is owed for it.
    private mutating func owe(_ key: LineKey, _ place: LinePlace) {
        if place.length <= 5 { return }
        ledger.write(key, at: place)
        oracle.wrote(key, place)
        if unlinked.contains(place.file) && agent == nil { ledger.excuse(key) }
    }

    private mutating func writeLine(_ index: Int) {
        let (key, bytes, place) = next(index)
        disk.append(bytes, to: open(index))
        owe(key, place)
    }

    /// A line to each log, so that each target takes something.
    mutating func writeCompany() {
        for index in logs.indices { writeLine(index) }
        if let agent { for log in logs { agent.pump.take(.named(log.path)) } }
    }

    private mutating func beginTornLine(_ index: Int) {
        let (key, bytes, place) = next(index)
        let cut = Int.random(in: 1..<max(2, bytes.count), using: &random)
        disk.append(Array(bytes[..<cut]), to: open(index))
        logs[index].torn = (key, Array(bytes[cut...]), place)
    }

    mutating func finishTornLine(_ index: Int) {
        guard let (key, rest, place) = logs[index].torn, let inode = logs[index].inode else {
            return
        }
        logs[index].torn = nil
        disk.append(rest, to: inode)
        owe(key, place)
    }

    mutating func rotateSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        guard logs[index].inode != nil else { return }
        finishCopying(index)
        bringBack(index)
        trace("rotate \(logs[index].path)")
        finishTornLine(index)
        if logs[index].dated {
            logs[index].day += 1
        } else {
            rename(index)
        }
        logs[index].inode = nil
    }

    /// Shifts the old names up; beyond the third the oldest file loses its last name.
    private mutating func rename(_ index: Int) {
        let (base, suffix) = rotatedNames(index)
        shiftOldNames(index)
        disk.rename(base.path, to: "\(base).1\(suffix)".path)
        guard suffix.isEmpty, let inode = logs[index].inode else { return }
        hidden.insert(logs[index].file)
        if !disk.isOpen(inode) { excuseIfUnknown(logs[index].file) }
    }

    /// Some rotate within the patterns, some out of them.
    private func rotatedNames(_ index: Int) -> (base: String, suffix: String) {
        (
            "/logs/access\(logs[index].number).log",
            logs[index].number % 2 == 0 ? "" : ".log"
        )
    }

    mutating func shiftOldNames(_ index: Int) {
        let (base, suffix) = rotatedNames(index)
        for generation in stride(from: 3, through: 1, by: -1) {
            for ending in ["", ".gz"] {
                let name = "\(base).\(generation)\(suffix)\(ending)".path
                guard let inode = disk.names[name] else { continue }
                if generation == 3 {
                    trace("remove \(name)")
                    remove(name, inode)
                } else {
                    disk.rename(name, to: "\(base).\(generation + 1)\(suffix)\(ending)".path)
                }
            }
        }
    }

    /// A file that no pattern names any more is found again by its record alone. Where nothing of
    /// it was ever stored there may be no record: it was never seen, or its birth was not durable
    /// yet.
    func excuseIfUnknown(_ file: Int) {
        let places = ledger.places
        let isKnown = endpoint.store.documents.contains { document in
            document.line.map { places[$0]?.file == file } ?? false
        }
        if !isKnown { excuseUnstored(file) }
    }

    mutating func truncateSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        guard let inode = logs[index].inode else { return }
        finishCopying(index)
        trace("truncate \(logs[index].path)")
        logs[index].torn = nil
        excuseUnstored(logs[index].file)
        disk.truncate(inode)
        beginGeneration(index, inode)
    }

    /// The log was truncated: what comes is another life of its file.
    mutating func beginGeneration(_ index: Int, _ inode: UInt64) {
        logs[index].file = ledger.open("\(logs[index].path)", inode: inode)
        oracle.opened(
            logs[index].file, inode: inode, generation: disk.inodes[inode]?.generation ?? 0)
        if Int.random(in: 0..<4, using: &random) == 0 {
            // Its writer does not append: where the log was, there is a hole.
            disk.skip(inode, to: Int.random(in: 9_000...40_000, using: &random))
        }
        if Bool.random(using: &random) {
            // Grows past what it was before anyone looks.
            for _ in 0..<Int.random(in: 1...60, using: &random) { writeLine(index) }
        }
    }

    mutating func deleteSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        guard let inode = logs[index].inode else { return }
        finishCopying(index)
        bringBack(index)
        trace("delete \(logs[index].path)")
        finishTornLine(index)
        remove(logs[index].path, inode)
        logs[index].inode = nil
    }

    /// Removes a name; with the last one the file.
    mutating func remove(_ path: Path, _ inode: UInt64) {
        guard disk.inodes[inode]?.links == 1 else { return disk.remove(path) }
        for file in oracle.files(of: inode) {
            // Whoever holds it open reads it to its end; nobody else ever can.
            if disk.isOpen(inode) { unlinked.insert(file) } else { excuseUnstored(file) }
        }
        oracle.closed(inode)
        disk.remove(path)
    }

    /// What of the file is not stored now and ends behind the offset may never be: its bytes are
    /// gone.
    func excuseUnstored(_ file: Int, from offset: Int = 0) {
        let stored = Set(endpoint.store.documents.compactMap(\.line))
        for (key, place) in ledger.places
        where place.file == file && place.offset + place.length > offset && !stored.contains(key) {
            ledger.excuse(key)
        }
    }

    mutating func hintSomething() {
        guard let agent, let log = logs.randomElement(using: &random) else { return }
        agent.pump.take(Bool.random(using: &random) ? .written(log.path) : .named(log.path))
    }
}
