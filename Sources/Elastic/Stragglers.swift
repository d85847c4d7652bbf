// Events that the server did not take yet while it took others: sent again in their own time.
import Bytes
import Platform

/// An event that was refused whole when it was sent alone.
struct LoneEvent: Sendable {
    var first: Instant
    var lastRequest: Int
    var serverErrors = 0
    var targetAccepted = false
}

/// Copies of the lines that were left when their batch went home. Bounded in bytes; each target has
/// a back-off of its own, so that what one of them refuses delays nothing else. Owned by a shipper.
struct Stragglers: ~Copyable, Sendable {
    /// What a shipper knows of an event beside its index entry.
    struct Note: Sendable {
        /// It was refused whole when it was sent alone: it is sent alone again.
        var lone: LoneEvent?
        /// It was refused without company: evidence against it or its target comes from the next
        /// fresh lines of its target, so it goes with them, due or not.
        var isLonely = false
        /// The number of its first attempt of which nobody knows what the server did.
        var unknownSince: Int?
    }

    private struct Entry: Sendable {
        var event: BatchEvent
        var note: Note
    }

    private struct Target: Sendable {
        var bytes = 0
        var lonelyBytes = 0
        /// Attempts in a row that settled none of the target's stragglers.
        var failures = 0
        var notBefore: Instant
    }

    /// Bytes of bulk lines that find room, and how many of them may be one target's.
    let limit: Int
    private var share: Int { limit / 8 * 7 }
    /// Lonely ones that go with the fresh lines of a batch before they are due, bytes.
    private static let lonelyCompany = 64 << 10
    /// Between requests for stragglers alone.
    private static let pause = Duration.milliseconds(500)

    private var body = ByteBuffer(capacity: 0)
    private var entries: [Entry] = []
    private var targets: [UInt16: Target] = [:]
    private var nextAlone = Instant(nanoseconds: .min)

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// When the first of them may be sent again, with or without company.
    var due: Instant? { targets.values.map(\.notBefore).min().map { max($0, nextAlone) } }

    /// Whether evidence for or against some of them can come only with fresh lines.
    var wantCompany: Bool { entries.contains { $0.note.isLonely || $0.note.lone != nil } }

    /// Targets that have more than half of their share here, in the order of their numbers.
    var crowded: [UInt16] {
        targets.filter { $0.value.bytes > share / 2 }.map(\.key).sorted()
    }

    /// Whether so many bytes more for each target find room.
    func hasRoom(for bytes: [UInt16: Int]) -> Bool {
        var total = body.count
        for (target, more) in bytes {
            total += more
            if (targets[target]?.bytes ?? 0) + more > share { return false }
        }
        return total <= limit
    }

    /// Keeps a copy of an event's lines.
    mutating func add(_ event: BatchEvent, _ lines: Span<UInt8>, _ note: Note, now: Instant) {
        var kept = event
        kept.start = UInt32(body.count)
        body.append(lines)
        entries.append(Entry(event: kept, note: note))
        var target = targets[event.target] ?? Target(notBefore: now)
        target.bytes += lines.count
        if note.isLonely { target.lonelyBytes += lines.count }
        targets[event.target] = target
    }

    /// Decides when a target's events are sent again, after some of them were left once more.
    /// `tried` says that stragglers of it were among those sent, `progress` that one was settled.
    mutating func rest(
        _ number: UInt16, tried: Bool, progress: Bool, now: Instant, random: inout SplitMix64
    ) {
        guard var target = targets[number] else { return }
        if tried {
            target.failures = progress ? 1 : target.failures + 1
        } else if target.failures > 0 {
            return
        } else {
            target.failures = 1
        }
        target.notBefore = now + BackOff.wait(failures: target.failures, random: &random)
        targets[number] = target
    }

    /// Requests for stragglers alone keep a distance.
    mutating func goAlone(now: Instant) { nextAlone = now + Stragglers.pause }

    /// Moves events behind those of the batch: what is due, up to `room` bytes, and lonely ones
    /// whose target has fresh lines there. Notes go into `notes`, by the event's place in the
    /// batch.
    mutating func join(
        _ batch: inout Batch, fresh: Set<UInt16>, room: Int, now: Instant,
        notes: inout [Int: Note]
    ) {
        if entries.isEmpty { return }
        let due = Set(targets.filter { $0.value.notBefore <= now }.map(\.key))
        let company = Set(
            targets.filter { $0.value.lonelyBytes > 0 && fresh.contains($0.key) }.map(\.key))
        if due.isEmpty && company.isEmpty { return }
        var kept = ByteBuffer(capacity: body.count)
        var left: [Entry] = []
        var lonely = Stragglers.lonelyCompany
        var room = room
        for (index, entry) in entries.enumerated() {
            let range = place(of: index)
            let target = entry.event.target
            let isDue = due.contains(target) && range.count <= room
            let isCompany =
                entry.note.isLonely && company.contains(target) && range.count <= lonely
            if isDue || isCompany {
                if isDue { room -= range.count } else { lonely -= range.count }
                notes[batch.events.count] = entry.note
                batch.events.append(entry.event.moved(to: batch.body.count))
                batch.fates.append(.pending)
                batch.body.append(body.bytes(range))
                forget(target, range.count, entry.note)
            } else {
                left.append(
                    Entry(event: entry.event.moved(to: kept.count), note: entry.note))
                kept.append(body.bytes(range))
            }
        }
        entries = left
        body = kept
    }

    private func place(of index: Int) -> Range<Int> {
        let end = index + 1 < entries.count ? Int(entries[index + 1].event.start) : body.count
        return Int(entries[index].event.start)..<end
    }

    /// The target's back-off outlives its events while they are with the batch: see `settle`.
    private mutating func forget(_ number: UInt16, _ bytes: Int, _ note: Note) {
        targets[number]?.bytes -= bytes
        if note.isLonely { targets[number]?.lonelyBytes -= bytes }
    }

    /// Forgets the back-off of targets of which nothing is left.
    mutating func forgetEmpty() {
        for (number, target) in targets where target.bytes == 0 { targets[number] = nil }
    }
}

extension BatchEvent {
    fileprivate func moved(to start: Int) -> BatchEvent {
        var event = self
        event.start = UInt32(start)
        return event
    }
}
