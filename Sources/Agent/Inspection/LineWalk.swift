// The way of a file's lines once more: the same documents and ids as the pump's.
import Bytes
import Elastic
import Platform
import Tail

/// Makes batches of the events of a stretch of a file. Owned by one thread.
struct LineWalk: ~Copyable {
    private let disk: any FileSystem
    private let handle: FileHandle
    private var settings: PumpSettings
    private var writer = DocumentWriter()
    private var context: Pump.FileContext
    private var window: ByteBuffer
    /// The events of the step before.
    private(set) var batch: Batch
    /// Empty lines of the step before.
    private(set) var filtered = Tally()
    private(set) var place: UInt64
    private let end: UInt64
    /// As far as the next line may reach: to the end, or to a hole before it.
    private var stop: UInt64
    private let hasHoles: Bool
    private let isInflated: Bool
    /// Time of the last event before `place`, seconds since 1970 UTC.
    private(set) var lastTime: Int64

    /// From `start`, the first byte of a line, to `end`, the first byte of another. What stands
    /// before `end` without a newline is an event that was closed there, torn. Steps have at most
    /// so many `lines`.
    init(
        _ record: FileRecord, input: Int, _ handle: FileHandle, _ disk: any FileSystem,
        _ settings: PumpSettings, from start: UInt64, to end: UInt64, lastTime: Int64,
        lines: Int = 1000
    ) {
        self.disk = disk
        self.handle = handle
        self.settings = settings
        self.settings.batch.lines = lines
        context = Pump.FileContext(
            frame: DocumentFrame(
                settings.templates[input], path: record.origin, input: input),
            ids: IDWriter(record.incarnation))
        window = ByteBuffer(capacity: max(settings.maxLine, 60 << 10) + Marker.limit + 2)
        batch = Batch(number: 0, bytes: 64 << 10, lines: lines)
        place = start
        self.end = end
        stop = end
        hasHoles = record.tally.bytes(.filteredHoles) > 0
        isInflated = record.isCompressed
        self.lastTime = lastTime
    }

    /// Makes the next batch. False behind the end, also where the file ends before it.
    mutating func step() throws(SystemError) -> Bool {
        batch.clear(keeping: settings.batch.bytes)
        filtered = Tally()
        context.cuts.removeAll()
        let first = place
        while place < end, !batch.isFull(settings.batch) {
            if hasHoles, try !lookForHole() { continue }
            window.clear()
            let wanted = Int(min(UInt64(window.capacity), stop - place))
            let count = try disk.readAll(handle, at: place, wanted, into: &window)
            if count == 0 { break }
            var turn = Turn(file: 0, start: place, line: 0, search: 0, end: count, atEnd: false)
            filtered += batch.fill(&turn, window, &writer, &context, &lastTime, settings)
            if turn.line == 0 { try takeLong(count) } else { place = turn.offset }
        }
        return place > first
    }

    /// Finds the next hole; false when one begins here, and is passed with the NULs behind it.
    private mutating func lookForHole() throws(SystemError) -> Bool {
        window.clear()
        let wanted = Int(min(UInt64(window.capacity), end - place))
        let count = try disk.readAll(handle, at: place, wanted, into: &window)
        let hole = try HoleBegin(
            in: window, of: handle, disk, isInflated: isInflated, start: place, from: 0,
            count: count)
        stop = hole.map { place + UInt64($0.place) } ?? end
        guard let hole, hole.place == 0 else { return true }
        place = min(hole.data ?? end, end)
        var isPast = false
        while !isPast {
            window.clear()
            let behind = Int(min(UInt64(window.capacity), end - place))
            let read = try disk.readAll(handle, at: place, behind, into: &window)
            let padding = window.endOfNULs(from: 0, to: read)
            place += UInt64(padding)
            isPast = padding < read || read == 0
        }
        return false
    }

    /// A line that begins the window and does not end in it: longer than a line may be, or torn.
    private mutating func takeLong(_ count: Int) throws(SystemError) {
        let hash = StreamingHash()
        var length: UInt64 = 0
        var newline: Int?
        let head = window.bytes(0..<min(count, settings.maxLine)).array
        while newline == nil, window.count > 0 {
            newline = window.bytes.firstIndex(of: 0x0a, from: 0, to: window.count)
            let part = newline ?? window.count
            hash.update(window.bytes(0..<part))
            length += UInt64(part)
            if newline != nil { break }
            window.clear()
            let next = place + length
            let wanted = Int(min(UInt64(window.capacity), stop - next))
            if wanted == 0 { break }
            _ = try disk.readAll(handle, at: next, wanted, into: &window)
        }
        window.clear()
        window.append(head)
        let isTorn = newline == nil
        let whole =
            length > UInt64(settings.maxLine)
            ? LineEvent.Whole(length: length, hash: hash.value) : nil
        let bytes = length + (isTorn ? 0 : 1)
        defer { place += bytes }
        if isTorn, window.line(0..<window.count, isFirst: place == 0).isEmpty {
            return filtered.add(.filtered, bytes: bytes)
        }
        batch.append(
            window, 0..<window.count,
            LineEvent(
                offset: place, check: EventID.check(of: window.bytes, torn: isTorn), whole: whole),
            length: bytes, file: 0, &writer, &context, &lastTime)
    }
}

extension LineWalk {
    /// The time that an event at `offset` inherits if it has none of its own: that of the last
    /// event before it with a readable one, at the head the incarnation's birth.
    static func inheritedTime(
        _ record: FileRecord, input: Int, _ handle: FileHandle, _ disk: any FileSystem,
        _ settings: PumpSettings, before offset: UInt64
    ) throws(SystemError) -> Int64 {
        let unknown = CivilTime.fourDigitYears.lowerBound
        let lines = FileLines(handle, disk)
        let first = record.tally.bytes(.abandonedAtStart) > 0 ? min(record.base, offset) : 0
        var distance: UInt64 = 64 << 10
        while true {
            let isWhole = distance >= offset - first
            let start = isWhole ? first : try lines.start(behind: offset - distance, to: offset)
            var walk = LineWalk(
                record, input: input, handle, disk, settings, from: start, to: offset,
                lastTime: unknown)
            while try walk.step() {}
            if walk.lastTime > unknown { return walk.lastTime }
            if isWhole { return record.incarnation.birthMilliseconds / 1000 }
            distance *= 8
        }
    }
}
