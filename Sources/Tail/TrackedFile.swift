// One file under the agent's eyes: its record, how far it is read, what is on its way.
import Bytes
import Platform

/// A file that is tailed. Owned by the pump; lives in the tailer's table.
package struct TrackedFile: Sendable {
    /// As of the committed offset: what the next image will say.
    package internal(set) var record: FileRecord
    /// The input it belongs to.
    package let input: Int
    /// Open as long as something may have to be read; nil once all is durable and the file is
    /// quiet.
    package internal(set) var handle: FileHandle?
    /// The first byte that is in no event yet. Always the first byte of a line.
    package internal(set) var position: UInt64
    /// No newline stands between `position` and here.
    var scanned: UInt64
    /// XXH3 of up to `Marker.limit` bytes before `scanned`, as they were when read.
    var scanHash: UInt64
    /// Bytes, when last looked at.
    package internal(set) var size: UInt64
    /// The size at which nothing but a hole stood behind `scanned`; nil when that is not known.
    var restIsHole: UInt64?
    /// The most bytes it had for certain: as read, or as seen before it last changed its size. What
    /// was seen last may be another incarnation's.
    var extent: UInt64 = 0
    /// Time of the last event before `position`, seconds since 1970: what an event without a time
    /// inherits.
    package var lastTime: Int64
    package internal(set) var ledger = Ledger()
    /// Its record is durable: it may be read.
    package internal(set) var isBorn: Bool
    /// Truncated away: only what is on its way is left of it.
    package internal(set) var isSuperseded = false
    /// Another file has its inode now.
    var isReplaced = false
    /// Has no name any more.
    package internal(set) var isDeleted = false
    /// When that was seen.
    var deleted = Instant(nanoseconds: .min)
    /// Waits for its turn.
    var isQueued = false
    /// Where a line longer than the window is being followed to its end: the hash so far.
    var long: StreamingHash?
    /// Where the windows read last ended: they know a copy that is shorter than what was read.
    var trail: [Marker] = []
    /// Of a gzip: what inflates it, while it is read; and all that it holds now was searched.
    var gzip: GzipReader?
    var isDrained = false
    /// It changed while it was being inflated: damage may be another gzip that began.
    var isResumed = false
    /// Nothing more of it can be read: damaged, or beyond what is inflated of one file.
    var isStuck = false
    /// Truncated: until a sweep has looked for a copy, its life may go on there.
    var orphaned: Orphan?
    /// When it last grew, was found or changed its name.
    var lastChange: Instant
    /// The committed offset in the image on its way, and in the last durable one.
    var imaged: UInt64 = 0
    var isImaged = false
    package internal(set) var durable: UInt64 = 0
    /// The last sweep that saw it, and how many clean sweeps in a row have not.
    var sweep: UInt64 = 0
    var missed = Absence()

    init(record: FileRecord, input: Int, handle: FileHandle?, isBorn: Bool, now: Instant) {
        self.record = record
        self.input = input
        self.handle = handle
        self.isBorn = isBorn
        position = record.committed
        scanned = record.committed
        scanHash = record.marker.hash
        size = record.size
        lastTime = record.lastTime ?? record.incarnation.birthMilliseconds / 1000
        lastChange = now
    }

    /// Bytes that have no final fate yet.
    package var pending: UInt64 {
        (isSuperseded ? position : max(size, position)) - record.committed
    }

    /// Keeps where a window ended.
    mutating func leaveTrail() {
        if trail.last?.offset == scanned { return }
        if trail.count == 16 { trail.removeFirst() }
        trail.append(Marker(offset: scanned, hash: scanHash))
    }

    /// The inode, as the kernel tells it apart while it is open.
    var identity: Identity { Identity(device: record.device, inode: record.inode) }

    /// Moves the committed offset over everything final at the front. True when it moved.
    mutating func commit() -> Bool {
        var moved = false
        while let span = ledger.popFinal() {
            record.commit(span)
            moved = true
        }
        return moved
    }
}

/// A truncated file that may have been copied before.
struct Orphan {
    /// The sweep before the truncation.
    let sweep: UInt64
    /// Bytes that were seen and never read.
    let unread: UInt64
}

/// What the kernel knows an open file by.
struct Identity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}
