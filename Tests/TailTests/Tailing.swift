// The tailer with hands: a test sweeps, reads, settles and makes durable, each when it likes.
import Bytes
import Platform
import TestKit

@testable import Tail

/// A line as it was taken.
struct TakenLine: Equatable, CustomStringConvertible {
    var incarnation: Incarnation
    var offset: UInt64
    var text: String
    var description: String { "\(offset): \(text)" }
}

/// Used by one thread.
final class Tailing {
    let clock: ManualClock
    let world: SimulatedDisk
    let disk: ObservedDisk
    var tailer: Tailer
    private let inputs: [TailInput]
    private let maxLine: Int
    private let limits: TailLimits
    private(set) var taken: [TakenLine] = []
    private(set) var longLines: [LongLine] = []
    private(set) var holes: [Range<UInt64>] = []
    private(set) var notes: [TailNote] = []
    /// Spans that are read and not settled yet.
    private var open: [(file: Int, span: UInt64, tally: Tally)] = []
    /// What the state holds.
    private var volume = VolumeRecord(home: "home", agentID: [UInt8](repeating: 1, count: 16))
    private(set) var durable: [FileRecord] = []
    private var seed: UInt64 = 1

    init(
        _ globs: [Path] = ["/logs/*.log"], exclude: [Path] = [], otherInput: [Path] = [],
        startsAtEnd: Bool = false, maxLine: Int = 10_000, openFiles: Int = .max,
        held: UInt64 = 0, inflated: UInt64 = 0
    ) {
        clock = ManualClock()
        world = SimulatedDisk(clock: clock)
        world.addDirectory("/logs")
        disk = ObservedDisk(world)
        self.maxLine = maxLine
        var limits = TailLimits()
        limits.openFiles = openFiles
        limits.heldBytes = held
        limits.inflatedBytes = inflated
        self.limits = limits
        inputs = [globs, otherInput].map { globs in
            TailInput(
                globs: globs.map { Glob($0) }, exclude: exclude.map { Glob($0) },
                startsAtEnd: startsAtEnd)
        }
        tailer = Tailer(
            state: LoadedState(volume: volume, records: []), inputs: inputs, maxLine: maxLine,
            limits: limits, disk: disk, clock: clock, random: SeededGenerator(seed: 1))
    }

    /// The agent dies and starts again with what the state holds.
    func restart(from home: String? = nil) {
        var dice = SeededGenerator(seed: 1)
        world.crash(powerCut: false, random: &dice)
        open = []
        seed += 1
        var state = LoadedState(volume: volume, records: durable)
        state.formerHome = home
        tailer = Tailer(
            state: state, inputs: inputs, maxLine: maxLine, limits: limits, disk: disk,
            clock: clock, random: SeededGenerator(seed: seed))
    }

    /// Changes what the next start finds in the state.
    func rewriteState(_ change: (inout [FileRecord]) -> Void) { change(&durable) }

    // MARK: - The world

    @discardableResult
    func file(_ path: Path, _ text: String = "") -> UInt64 {
        let inode = world.createFile(path)
        world.append(Array(text.utf8), to: inode)
        return inode
    }

    /// A file that was cut when the hole at its head was passed, and nothing else of it read.
    func fileCutBehindHole(_ path: Path, to size: Int) -> UInt64 {
        let inode = file(path)
        world.skip(inode, to: size)
        append("old\n", to: inode)
        sweep()
        bear()
        turn()
        world.truncate(inode)
        return inode
    }

    func bytes(_ inode: UInt64) -> [UInt8] { world.inodes[inode]?.bytes ?? [] }

    /// A copy of what a file holds now.
    @discardableResult
    func copy(_ inode: UInt64, to path: Path) -> UInt64 {
        let copy = world.createFile(path)
        world.append(bytes(inode), to: copy)
        return copy
    }

    func append(_ text: String, to inode: UInt64) { world.append(Array(text.utf8), to: inode) }

    func rewrite(_ inode: UInt64, _ text: String) {
        world.truncate(inode)
        append(text, to: inode)
    }

    // MARK: - Steps

    @discardableResult
    func sweep() -> Bool {
        clock.advance(by: .seconds(1))
        let isClean = tailer.runSweep()
        notes += tailer.takeNotes()
        return isClean
    }

    /// What waits to be born is born.
    func bear() {
        guard let records = tailer.takeBirths() else { return }
        durable.removeAll { old in records.contains { $0.incarnation == old.incarnation } }
        durable += records
        tailer.birthsAreDurable(records.count, failed: false)
    }

    /// Reads until nobody is ready.
    func read() {
        while turn() {}
        notes += tailer.takeNotes()
    }

    /// One turn; true when there was one. Takes so many lines of it at most.
    @discardableResult
    func turn(atMost limit: Int = .max) -> Bool {
        guard let slot = tailer.nextReady() else { return false }
        switch tailer.beginTurn(slot) {
        case .nothing: break
        case .lines(var turn):
            let from = turn.offset
            var count = 0
            while count < limit, let range = turn.next(in: tailer.window) {
                count += 1
                take(slot, turn.start + UInt64(range.lowerBound), range)
            }
            if turn.offset > from {
                noteSpan(
                    slot, from: from, to: turn.offset, marker: turn.marker(in: tailer.window),
                    events: UInt64(count))
            }
            tailer.endTurn(turn)
        case .longLine(let line):
            take(line)
        case .torn(let turn): takeTorn(turn)
        case .hole(let hole):
            holes.append(hole.offset..<hole.end)
            noteSpan(
                slot, from: hole.offset, to: hole.end, marker: hole.marker, events: 0,
                .filteredHoles)
            tailer.endTurn(hole)
        }
        return true
    }

    /// Takes the rest of a line for good.
    private func takeTorn(_ turn: Turn) {
        take(turn.file, turn.offset, turn.line..<turn.end)
        var whole = turn
        whole.line = turn.end
        noteSpan(
            turn.file, from: turn.offset, to: whole.offset,
            marker: whole.marker(in: tailer.window), events: 1)
        tailer.endFragment(turn)
    }

    private func take(_ line: LongLine) {
        longLines.append(line)
        take(line.file, line.offset, 0..<tailer.window.count)
        noteSpan(line.file, from: line.offset, to: line.end, marker: line.marker, events: 1)
        tailer.endTurn(line)
    }

    /// Takes the head of a line that goes on: the offset stays before it.
    private func takeHead(_ line: LongLine) {
        longLines.append(line)
        take(line.file, line.offset, 0..<tailer.window.count)
        let marker = tailer.markerAtPosition(of: line.file)
        noteSpan(line.file, from: line.offset, to: line.offset, marker: marker, events: 1)
    }

    /// Takes the unterminated rest of a file; true when there was one.
    func takeFragment(_ slot: Int, isFinished: Bool) -> Bool {
        if let line = tailer.longFragment(slot) {
            if isFinished { take(line) } else { takeHead(line) }
            return true
        }
        guard let turn = tailer.fragment(slot) else { return false }
        if isFinished {
            takeTorn(turn)
        } else {
            take(slot, turn.offset, turn.line..<turn.end)
            noteSpan(
                slot, from: turn.offset, to: turn.offset,
                marker: turn.marker(in: tailer.window), events: 1)
            tailer.endTurn(turn)
        }
        return true
    }

    private func take(_ slot: Int, _ offset: UInt64, _ range: Range<Int>) {
        guard let record = tailer.files[slot]?.record else { return }
        taken.append(
            TakenLine(
                incarnation: record.incarnation, offset: offset,
                text: tailer.window.bytes(range).text))
    }

    private func noteSpan(
        _ slot: Int, from: UInt64, to end: UInt64, marker: UInt64, events: UInt64,
        _ outcome: Outcome = .stored
    ) {
        let number = tailer.openSpan(slot, to: end, marker: marker, filtered: Tally())
        var tally = Tally()
        tally.add(outcome, events: events, bytes: end - from)
        open.append((slot, number, tally))
    }

    /// Everything that was read is stored; the last so many spans are not.
    func settle(but last: Int = 0) {
        for span in open.dropLast(last) { tailer.resolveSpan(span.file, span.span, span.tally) }
        open.removeFirst(max(0, open.count - last))
    }

    func image() {
        var buffer = ByteBuffer(capacity: 4096)
        tailer.encodeImage(into: &buffer)
        if let content = StatePayload.decode(buffer.bytes) {
            if let volume = content.volume { self.volume = volume }
            durable = content.records
        }
        tailer.imageIsDurable()
    }

    /// A second of an agent to which nothing happens.
    func cycle() {
        sweep()
        bear()
        read()
        settle()
        image()
    }

    func cycles(_ count: Int) { for _ in 0..<count { cycle() } }

    /// How many records wait to be born; they are on their way now.
    func takeBirths() -> Int? { tailer.takeBirths()?.count }

    func hint(_ path: Path, named: Bool) -> Bool { tailer.hint(path, named: named) }

    // MARK: - Questions

    var texts: [String] { taken.map(\.text) }

    func takeNotes() -> [TailNote] {
        defer { notes = [] }
        return notes
    }

    var hasUnread: Bool { tailer.hasUnread }
    var pendingBytes: UInt64 { tailer.pending.bytes }

    var hasReady: Bool { tailer.hasReady }
    var needsImage: Bool { tailer.needsImage }
    var isDirty: Bool { tailer.isDirty }
    /// Records of the state that wait for a file, and how many were looked at one by one so far.
    var waiting: (count: Int, looks: Int) { (tailer.unmatched.count, tailer.unmatched.looks) }
    var slotCount: Int { tailer.files.count }

    /// The files in the table.
    var files: [TrackedFile] { tailer.files.compactMap { $0 } }

    func tracked(_ path: Path) -> TrackedFile? { files.first { $0.record.path == path } }

    func slot(_ path: Path) -> Int? { tailer.files.firstIndex { $0?.record.path == path } }

    /// The tallies of all files, gone or not.
    var total: Tally {
        files.reduce(into: tailer.volume.retired) { $0 += $1.record.tally }
    }
}
