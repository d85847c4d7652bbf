// The files under the agent's eyes: which there are, whose turn it is, what of them is final.
import Bytes
import Platform

/// What of an input concerns tailing.
package struct TailInput: Sendable {
    package var globs: [Glob]
    package var exclude: [Glob]
    /// Files found by the very first sweep are read from their end.
    package var startsAtEnd: Bool

    package init(globs: [Glob], exclude: [Glob] = [], startsAtEnd: Bool = false) {
        self.globs = globs
        self.exclude = exclude
        self.startsAtEnd = startsAtEnd
    }

    /// Whether files of this name belong to the input.
    package func matches(_ path: Path) -> Bool {
        globs.contains { $0.matches(path) } && !exclude.contains { $0.matches(path) }
    }
}

/// Something that happened to a file, for the agent's log.
package enum TailNote: Equatable, Sendable {
    case found(Path, offset: UInt64)
    case renamed(from: Path, to: Path)
    case truncated(Path, unread: UInt64)
    /// Its text goes on in a copy, plain or compressed: the copy is read from there.
    case copied(from: Path, to: Path)
    /// A gzip that cannot be read behind this byte of its text.
    case damaged(Path, UInt64, GzipDamage)
    /// More text in one gzip than is inflated.
    case tooLargeInflated(Path, UInt64)
    /// Deleted; what nobody held open is lost.
    case removed(Path, unread: UInt64)
    /// Deleted and let go with bytes that were never read: others are held within the limit.
    case letGo(Path, unread: UInt64)
    /// Read to its end, all durable: closed.
    case finished(Path, bytes: UInt64)
    case unreadable(Path, SystemError)
    case notRegular(Path)
    /// Compressed, and not by gzip: never read.
    case foreign(Path, ForeignCompression)
    /// A link leads where nothing may be opened.
    case refused(Path)
    /// One more name of a file that is read by another one.
    case otherName(Path, of: Path)
    case lineCut(Path, offset: UInt64, length: UInt64)
    case sweepFailed(Path, SystemError)
    /// The first sweep found no file for the input with this first pattern.
    case noFile(Path)
}

/// Which files, from which offset, to which newline. Owned by the pump; no I/O but through the
/// seams.
package struct Tailer: ~Copyable, Sendable {
    let disk: any FileSystem
    let clock: any Clock
    let inputs: [TailInput]
    /// Longest line kept whole, bytes without its newline.
    package let maxLine: Int
    let limits: TailLimits
    var random: any RandomNumberGenerator & Sendable

    /// The table of files; a slot is empty once its file is gone and nothing of it is on its way.
    package internal(set) var files: [TrackedFile?] = []
    var freeSlots: [Int] = []
    var byIdentity: [Identity: Int] = [:]
    var byPath: [Path: Int] = [:]
    /// Of files that are not superseded; device numbers aside, for directory entries know none.
    var slotsByInode: [UInt64: Int] = [:]
    /// Slots of files first seen under one path, oldest first: rotated files and their successor.
    var lineages: [Path: [Int]] = [:]
    /// Slots by the names of their files.
    var families = Families()
    /// The hashes of the bytes that files begin with, as read while copies are decided.
    var starts: [Int: UInt64] = [:]
    /// While copies are decided, and asked for: which files begin how.
    var knownStarts: KnownStarts?
    /// Records of the state whose file has not been seen yet.
    package internal(set) var unmatched: WaitingRecords
    package internal(set) var volume: VolumeRecord

    var ring = ReadyRing()
    /// Inputs that are not read now, and their files that wait for it.
    package internal(set) var stopped: Set<Int> = []
    var aside: Set<Int> = []
    package internal(set) var window: ByteBuffer
    var head: ByteBuffer

    /// Number of the last sweep, and the directories it listed.
    package internal(set) var sweep: UInt64 = 0
    package internal(set) var directories: Set<Path> = []
    var reportedPaths: Set<Path> = []
    /// Of all incarnations so far, milliseconds since 1970: above the clock where that went back.
    var youngestBirth: Int64
    /// The agent drains: what is not known to be a copy is read while it can be.
    package var isLeaving = false
    /// Something can only be told by looking at the disk: a sweep should come soon.
    package internal(set) var wantsSweep = false
    /// By path, the known name of the file that it names as well.
    var otherNames: [Path: Path] = [:]
    /// Where the links of the inputs led in the last sweep.
    var linkTargets: [Path: Int] = [:]
    /// A name that was listed in this sweep was gone when it was looked at: renamed, perhaps.
    var sawVanish = false
    /// Nothing was unobservable in this sweep.
    var isSweepClean = true
    /// What could not be listed in the last sweep by its permissions, and since when.
    var deniedSince: [Path: Instant] = [:]
    /// Log files that are open, and whether none of them can be closed before the next sweep or
    /// image.
    var openFiles = 0
    var isCrowded = false
    /// A file could not be opened since the last sweep, for want of a descriptor.
    package internal(set) var waitsForRoom = false
    /// Compressed files that are read when another is.
    var waitForReader: Set<Int> = []
    /// Files that may be copies of others, and are not read until that is known; and those that
    /// this sweep has found.
    var candidates: [Path: Candidate] = [:]
    var strangers: [(path: Path, input: Int)] = []
    /// Truncated files whose copy may turn up: a sweep must look.
    var orphans: Set<Int> = []
    /// Finished files with an unterminated last line that nobody will complete.
    var fragmentsDue: [Int] = []
    /// Quiet files with an unterminated last line of which nothing else is known.
    var quietRests: [Int] = []
    /// Files that are never read: the agent's own output.
    var ownFiles: Set<Identity> = []

    /// Something the next image must say.
    package internal(set) var isDirty = false
    var births: [Int] = []
    var birthsOnTheirWay: [Int] = []
    /// The births area has no room for those that wait.
    var birthsNeedImage = false
    package internal(set) var imageOnItsWay = false
    /// Notes since they were last taken.
    package internal(set) var notes: [TailNote] = []

    package init(
        state: LoadedState, inputs: [TailInput], maxLine: Int, limits: TailLimits = TailLimits(),
        disk: any FileSystem, clock: any Clock, random: any RandomNumberGenerator & Sendable
    ) {
        self.disk = disk
        self.clock = clock
        self.inputs = inputs
        self.maxLine = maxLine
        self.limits = limits
        self.random = random
        volume = state.volume
        unmatched = WaitingRecords(state.records)
        youngestBirth = state.records.lazy.map(\.incarnation.birthMilliseconds).max() ?? .min
        // Room for the overlap, a line of the greatest length, its carriage return and its newline.
        window = ByteBuffer(capacity: Marker.limit + maxLine + 2)
        head = ByteBuffer(capacity: Marker.limit)
        if state.formerHome != nil { renewIncarnations() }
        isDirty = state.formerHome != nil
    }

    /// Found in another home, the state may live on in the first one: from here on the ids differ.
    private mutating func renewIncarnations() {
        // The births stay: with them the order of the files.
        var incarnations: [Incarnation] = []
        for record in unmatched.records {
            let birth = WallTime(milliseconds: record.incarnation.birthMilliseconds)
            incarnations.append(Incarnation(birth: birth, using: &random))
        }
        incarnations.reverse()
        unmatched.update { record in
            record.incarnation = incarnations.removeLast()
            record.base = record.committed
            record.tally = Tally()
        }
        renewed = true
    }
    /// The records' incarnations are new: no file is read before an image says so.
    var renewed = false
    var renewalImaged = false

    mutating func newIncarnation(after old: Incarnation? = nil) -> Incarnation {
        let new = Incarnation(birth: clock.wall(), after: old, using: &random)
        youngestBirth = max(youngestBirth, new.birthMilliseconds)
        return new
    }

    /// Never reads the file with this identity: the agent's own output.
    package mutating func ignore(device: UInt64, inode: UInt64) {
        ownFiles.insert(Identity(device: device, inode: inode))
    }

    /// The notes since the last call.
    package mutating func takeNotes() -> [TailNote] {
        defer { notes.removeAll() }
        return notes
    }

    // MARK: - The table

    mutating func insert(_ file: consuming TrackedFile) -> Int {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            files[slot] = file
        } else {
            slot = files.count
            files.append(file)
        }
        return slot
    }

    /// Forgets a file of which nothing is on its way.
    mutating func remove(_ slot: Int) {
        guard let file = files[slot] else { return }
        precondition(file.ledger.isEmpty)
        if let handle = file.handle { closeFile(handle) }
        forgetIdentity(slot)
        if byPath[file.record.path] == slot { byPath[file.record.path] = nil }
        families.remove(slot, file.record)
        lineages[file.record.origin]?.removeAll { $0 == slot }
        if lineages[file.record.origin]?.isEmpty == true { lineages[file.record.origin] = nil }
        if file.isQueued {
            ring.remove(slot)
            aside.remove(slot)
        }
        if !file.isBorn { births.removeAll { $0 == slot } }
        orphans.remove(slot)
        if waitForReader.remove(slot) == nil, file.gzip != nil { wakeReaders() }
        volume.retired += file.record.tally
        files[slot] = nil
        // A birth that is on its way still names this slot: it is reused only after the answer.
        if !birthsOnTheirWay.contains(slot) { freeSlots.append(slot) }
        isDirty = true
    }

    /// The table no longer finds the file by its inode.
    mutating func forgetIdentity(_ slot: Int) {
        guard let file = files[slot] else { return }
        if byIdentity[file.identity] == slot { byIdentity[file.identity] = nil }
        if slotsByInode[file.record.inode] == slot { slotsByInode[file.record.inode] = nil }
    }

    // MARK: - Turns

    mutating func enqueue(_ slot: Int) {
        guard let file = files[slot], file.isBorn, !file.isSuperseded, !file.isQueued else {
            return
        }
        files[slot]?.isQueued = true
        ring.add(slot, first: file.isDeleted)
    }

    /// Whose turn it is: deleted files first, then round the ring; of a lineage its oldest member.
    package mutating func nextReady() -> Int? {
        while let slot = ring.next() {
            guard let file = files[slot] else { continue }
            if stopped.contains(file.input) {
                aside.insert(slot)
                continue
            }
            let elder = lineages[file.record.origin]?.first { isWaiting($0) } ?? slot
            if elder != slot { ring.swap(slot, elder) }
            files[elder]?.isQueued = false
            return elder
        }
        return nil
    }

    private func isWaiting(_ slot: Int) -> Bool {
        guard let file = files[slot] else { return false }
        return file.isQueued && !stopped.contains(file.input)
    }

    /// Files of these inputs have no turns until they are left out again; others have.
    package mutating func stop(inputs: Set<Int>) {
        if inputs == stopped { return }
        stopped = inputs
        for slot in aside.sorted() {
            guard let file = files[slot], !stopped.contains(file.input) else { continue }
            aside.remove(slot)
            ring.add(slot, first: file.isDeleted)
        }
    }

    /// Whether any file waits for its turn.
    package var hasReady: Bool { !ring.isEmpty }

    /// Something changed at the path: a hint, no more. `named` says that the name came or went, not
    /// only that its file was written. True when a sweep must look.
    package mutating func hint(_ path: Path, named: Bool) -> Bool {
        if let slot = byPath[path] ?? linkTargets[path] {
            enqueue(slot)
            return named
        }
        if reportedPaths.contains(path) { return named }
        return input(of: path) != nil
    }

    /// Time of the file's last event so far, seconds since 1970.
    package func lastTime(_ file: Int) -> Int64 { files[file]!.lastTime }
    package mutating func setLastTime(_ file: Int, _ time: Int64) { files[file]!.lastTime = time }

    /// Something of a file stands in no batch yet, but for lines without their newline; or a file
    /// waits to be read.
    package var hasUnread: Bool {
        hasReady || !aside.isEmpty
            || candidates.values.contains { !$0.isProven }
            || files.contains { file in
                guard let file, !file.isSuperseded, !file.isStuck else { return false }
                return !file.isBorn || (file.scanned < file.size && file.restIsHole != file.size)
                    || (file.record.isCompressed && !file.isDrained && !file.record.isWhole)
            }
    }

    /// When a file last grew, was found or renamed.
    package var lastActivity: Instant {
        files.lazy.compactMap { $0?.lastChange }.max() ?? Instant(nanoseconds: .min)
    }

    /// Files and bytes without a final fate.
    package var pending: (files: Int, bytes: UInt64) {
        var result = (files: 0, bytes: UInt64(0))
        for case let file? in files where file.pending > 0 {
            result.files += 1
            result.bytes += file.pending
        }
        for record in unmatched.records where record.size > record.committed {
            result.files += 1
            result.bytes += record.size - record.committed
        }
        return result
    }

    /// Deleted files that are held open for bytes that are not settled, and how many bytes those
    /// are.
    package var held: (files: Int, bytes: UInt64) {
        var result = (files: 0, bytes: UInt64(0))
        for case let file? in files where file.isHeld && file.pending > 0 {
            result.files += 1
            result.bytes += file.pending
        }
        return result
    }

    // MARK: - Fates

    /// Notes that the file's bytes up to the turn's line are in the current batch.
    package mutating func openSpan(_ file: Int, to end: UInt64, marker: UInt64, filtered: Tally)
        -> UInt64
    {
        let start = files[file]!.ledger.spans.last?.end ?? files[file]!.record.committed
        let lastTime = files[file]!.lastTime
        return files[file]!.ledger.open(
            from: start, to: end, lastTime: lastTime, marker: marker, filtered: filtered)
    }

    /// As `openSpan`, where the batch already holds the bytes just before.
    package mutating func extendSpan(_ file: Int, to end: UInt64, marker: UInt64, filtered: Tally) {
        let lastTime = files[file]!.lastTime
        files[file]!.ledger.extendLast(
            to: end, lastTime: lastTime, marker: marker, filtered: filtered)
    }

    /// The span's batch came back; the events at `open`, rising, have no fate yet.
    package mutating func resolveSpan(
        _ file: Int, _ number: UInt64, _ tally: Tally, open: [UInt64] = []
    ) {
        files[file]!.ledger.resolve(number, tally, open: open)
        commit(file)
    }

    /// An event that was open when its batch came back is final.
    package mutating func settle(_ file: Int, at offset: UInt64, _ tally: Tally) {
        files[file]!.ledger.settle(offset, tally)
        commit(file)
    }

    private mutating func commit(_ file: Int) {
        if files[file]!.commit() { isDirty = true }
        if files[file]!.isSuperseded, files[file]!.orphaned == nil, files[file]!.ledger.isEmpty {
            remove(file)
        }
    }
}
