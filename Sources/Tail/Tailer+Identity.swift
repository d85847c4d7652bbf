// Identity: which record, if any, speaks of the file that a path names now.
import Bytes
import Platform

extension Tailer {
    /// Takes a file under the agent's eyes: with the record that proves to be its own, else as a
    /// new incarnation.
    mutating func adopt(_ path: Path, input: Int, onlyWithRecord: Bool = false) {
        guard let (handle, status) = openNew(path) else { return }
        let known: FileRecord?
        do {
            known = try takeRecord(of: handle, status)
            if known == nil, !onlyWithRecord, try isForeign(path, handle) {
                closeFile(handle)
                return
            }
        } catch {
            // What cannot be read now is not proven to be another file: the next sweep asks again.
            closeFile(handle)
            miss(path, .unreadable(path, error))
            return
        }
        reportedPaths.remove(path)
        if var record = known {
            record.path = path
            record.device = status.device
            record.inode = status.inode
            if record.generation == 0 { record.generation = disk.generation(of: handle) }
            record.see(status)
            note(.found(path, offset: record.committed))
            // Wherever it was moved to, it belongs to the input that first saw it: in another index
            // its lines would be other documents.
            let owner = self.input(of: record.origin) ?? input
            track(record, input: owner, handle: handle, isBorn: !renewed, deleted: false)
            return
        }
        if onlyWithRecord {
            closeFile(handle)
        } else if mayBeCopy(path) {
            strangers.append((path, input))
            closeFile(handle)
        } else {
            begin(path, input: input, handle, status, wasAtStart: !volume.firstScanDone)
        }
    }

    /// Whether the file is compressed in a way that is not read, which is said once, or may be when
    /// it has its first bytes.
    private mutating func isForeign(_ path: Path, _ handle: FileHandle) throws(SystemError) -> Bool
    {
        head.clear()
        _ = try disk.readAll(handle, at: 0, ForeignCompression.magicLength, into: &head)
        guard let format = ForeignCompression(head.bytes) else {
            return ForeignCompression.isExpected(of: path, head.bytes)
        }
        reportOnce(path, .foreign(path, format))
        return true
    }

    /// Opens a file that is not in the table; nil when it cannot be, or is none to be read.
    mutating func openNew(_ path: Path) -> (FileHandle, FileStatus)? {
        let handle: FileHandle
        let status: FileStatus
        do {
            handle = try openFile(path)
            status = try statusOrClose(handle)
        } catch {
            if error.isAbsence { sawVanish = true }
            // A link that came a moment ago: the next sweep says what becomes of it.
            if !error.isAbsence && !error.isRefusal { missNew(path, error) }
            return nil
        }
        // Renamed since it was looked at, the path may name a file that is in the table.
        guard status.kind == .regular, !ownFiles.contains(Identity(status)),
            byIdentity[Identity(status)] == nil
        else {
            closeFile(handle)
            return nil
        }
        return (handle, status)
    }

    /// The input that a path belongs to: of several the first.
    func input(of path: Path) -> Int? { inputs.firstIndex { $0.matches(path) } }

    /// Takes a file that no record speaks of as a new incarnation. One that was there at the very
    /// first sweep may be skipped.
    mutating func begin(
        _ path: Path, input: Int, _ handle: FileHandle, _ status: FileStatus, wasAtStart: Bool
    ) {
        var record = FileRecord(incarnation: newIncarnation(after: elder(at: path)), path: path)
        record.device = status.device
        record.inode = status.inode
        record.birth = status.birth
        record.generation = disk.generation(of: handle)
        record.size = status.size
        record.modified = status.modified
        do {
            let isGzip = try disk.isGzip(handle)
            // Whether it will be one, its first bytes tell.
            if isGzip == nil && path.isNamedGzip {
                closeFile(handle)
                return
            }
            record.isCompressed = isGzip == true
            let skips = inputs[input].startsAtEnd && wasAtStart
            if record.isCompressed {
                record.packedSize = status.size
                record.size = 0
                record.isWhole = skips
            } else if skips {
                try skipToEnd(&record, handle, size: status.size)
            }
        } catch {
            closeFile(handle)
            miss(path, .unreadable(path, error))
            return
        }
        note(.found(path, offset: record.committed))
        track(record, input: input, handle: handle, isBorn: false, deleted: false)
    }

    /// The youngest of the files that were first seen under a path: its successor must be younger,
    /// whatever the clock says. Asked for only where the clock went back.
    private func elder(at path: Path) -> Incarnation? {
        if clock.wall().milliseconds >= youngestBirth { return nil }
        var youngest: Incarnation?
        func consider(_ one: Incarnation) {
            if one.birthMilliseconds > youngest?.birthMilliseconds ?? .min { youngest = one }
        }
        for slot in lineages[path] ?? [] {
            if let file = files[slot] { consider(file.record.incarnation) }
        }
        for record in unmatched.records where record.origin == path {
            consider(record.incarnation)
        }
        return youngest
    }

    /// Enters a file into the table; one whose record is not durable yet waits for that.
    mutating func track(
        _ record: FileRecord, input: Int, handle: FileHandle?, isBorn: Bool, deleted: Bool
    ) {
        var file = TrackedFile(
            record: record, input: input, handle: handle, isBorn: isBorn, now: clock.now())
        file.isDeleted = deleted
        if deleted { file.deleted = clock.now() }
        file.sweep = sweep
        let slot = insert(file)
        byIdentity[file.identity] = slot
        slotsByInode[file.record.inode] = slot
        if !deleted { byPath[record.path] = slot }
        // As good as always the youngest: sorting them all again would cost most where there are
        // many.
        let birth = record.incarnation.birthMilliseconds
        let elder = lineages[record.origin]?.lastIndex {
            files[$0]!.record.incarnation.birthMilliseconds <= birth
        }
        families.add(slot, record)
        lineages[record.origin, default: []].insert(slot, at: elder.map { $0 + 1 } ?? 0)
        isDirty = true
        if isBorn { enqueue(slot) } else { births.append(slot) }
    }

    /// The youngest record of the state that proves, on the open descriptor, to be this file's.
    private mutating func takeRecord(
        of handle: FileHandle, _ status: FileStatus
    ) throws(SystemError) -> FileRecord? {
        for place in unmatched.places(of: status.inode) {
            guard let record = unmatched[place] else { continue }
            if try record.isProven(on: handle, status, disk, &head) { return unmatched.take(place) }
        }
        return nil
    }

    /// `start: end`: the incarnation begins behind the last newline; the bytes before it are
    /// counted as left.
    private mutating func skipToEnd(
        _ record: inout FileRecord, _ handle: FileHandle, size: UInt64
    ) throws(SystemError) {
        var end = size
        while end > 0 {
            let start = end - min(end, UInt64(Marker.limit))
            head.clear()
            let count = try disk.readAll(handle, at: start, Int(end - start), into: &head)
            // Truncated in the meantime: read from its beginning.
            guard count == Int(end - start) else { return }
            guard let newline = head.bytes.array.lastIndex(of: 0x0a) else {
                end = start
                continue
            }
            let base = start + UInt64(newline) + 1
            let length = min(base, UInt64(Marker.limit))
            guard let hash = try disk.hash(of: handle, at: base - length, length, &head),
                try record.takeHead(of: handle, upTo: base, disk, &head)
            else { return }
            record.base = base
            record.committed = base
            record.marker = Marker(offset: base, hash: hash)
            record.tally.add(.abandonedAtStart, events: 0, bytes: base)
            return
        }
    }
}

extension Identity {
    init(_ status: FileStatus) { self.init(device: status.device, inode: status.inode) }
}
