// Copies: a file that is not read anew, because it holds the text of one that is known.
import Bytes
import Platform

/// A file that may be the copy of another: it is not read before that is decided.
struct Candidate {
    /// The incarnations it may hold.
    var parents: [Incarnation]
    /// Compressed or not, as it was when it last changed.
    var size: UInt64
    var modified: Int64
    /// When that was seen.
    var since: Instant
    /// It was there at the very first sweep, as it is.
    var wasAtStart: Bool
    /// Those that have all of its text: as long as they are there, nothing in it is to be read.
    var proven: [Incarnation] = []

    var isProven: Bool { !proven.isEmpty }
}

extension Tailer {
    /// How long a file that may be a copy of one that lives is unchanged until it is taken for a
    /// file of its own: a line twice is better than a line lost.
    static let copyPatience = Duration.seconds(60)
    /// Bytes of text in which a gzip and a file of the same head must agree.
    private static let comparedText = 256 << 10

    /// Whether a new file may be a copy by its name.
    func mayBeCopy(_ path: Path) -> Bool {
        if candidates[path] != nil { return true }
        return families.contains(path) || unmatched.wait(forKinOf: path) || mayBeArchived(path)
    }

    /// What becomes of the new files that may be copies. Called when the sweep has seen all others.
    mutating func decideStrangers() {
        let before = candidates
        candidates.removeAll()
        starts.removeAll()
        // A gzip that was found together with its file is its copy.
        for isGzip in [false, true] {
            for (path, input) in strangers where path.isNamedGzip == isGzip {
                decide(path, input: input, before[path])
            }
        }
        strangers.removeAll()
        knownStarts = nil
    }

    private mutating func decide(_ path: Path, input: Int, _ before: Candidate?) {
        guard let (handle, status) = openNew(path) else { return }
        var candidate = Candidate(
            parents: [], size: status.size, modified: status.modified, since: clock.now(),
            wasAtStart: !volume.firstScanDone)
        var start: UInt64?
        var hasNoText = false
        let isUnchanged = before?.size == status.size && before?.modified == status.modified
        if let before, isUnchanged {
            candidate.since = before.since
            candidate.wasAtStart = before.wasAtStart
        }
        do {
            let copy = try Copy(path, handle, status, disk)
            start = copy.start
            hasNoText = mayBecomeArchived(copy)
            for parent in parents(of: copy, input: input, before) {
                let wasProven =
                    isUnchanged && before?.proven.contains(parent.record.incarnation) == true
                switch try kinship(copy, to: parent, wasProven: wasProven) {
                case .stranger: continue
                case .unknown:
                    candidate.parents.append(parent.record.incarnation)
                    if parent.willBeRead { candidate.since = clock.now() }
                case .copy where parent.isGone:
                    goOn(parent, in: copy, input: input)
                    return
                case .copy:
                    candidate.proven.append(parent.record.incarnation)
                    candidate.parents.append(parent.record.incarnation)
                    // As long as the plain file is there, its gzip has nothing that it has not.
                    if copy.isCompressed, parent.isTracked { candidate.since = clock.now() }
                }
            }
        } catch {
            closeFile(handle)
            miss(path, .unreadable(path, error))
            return
        }
        let isLate = isLeaving && !candidate.isProven && candidate.since != clock.now()
        let isPatient = clock.now() - candidate.since < Self.copyPatience && !isLate
        if (!candidate.parents.isEmpty || hasNoText) && isPatient {
            candidates[path] = candidate
            closeFile(handle)
        } else {
            begin(path, input: input, handle, status, wasAtStart: candidate.wasAtStart)
            if let slot = byPath[path], let file = files[slot] {
                starts[slot] = start
                knownStarts?.add(slot, file.record, start: start)
            }
        }
    }

    private mutating func kinship(
        _ copy: Copy, to parent: Parent, wasProven: Bool
    ) throws(SystemError) -> Kinship {
        var kinship = kinshipByBytes(copy, to: parent)
        if kinship == nil { kinship = try copy.kinship(to: parent, disk, &head) }
        guard let kinship, kinship != .stranger else { return .stranger }
        // Proven while its file was there, it is a copy for as long as it does not change.
        if wasProven { return .copy }
        if !parent.isGone, let told = try kinshipByText(copy, to: parent) { return told }
        return kinship
    }

    /// Files and records whose text the new file may hold, those that are gone first, then the
    /// youngest.
    private mutating func parents(of copy: Copy, input: Int, _ before: Candidate?) -> [Parent] {
        let (directory, archived) = (copy.path.directory, archived(copy, input: input))
        var slots = families[copy.path]
        var places = unmatched.places(ofKinOf: copy.path)
        places.removeAll(where: archived.places.contains)
        places += archived.places
        let names = Set(copy.path.rotatedFrom.map(\.name))
        // A gzip may have been renamed on: any of its kin may be what it was.
        func mayCome(_ record: FileRecord) -> Bool {
            copy.isCompressed || names.contains(record.origin.name)
                || names.contains(record.path.name)
        }
        // What was a parent before is one wherever it is now.
        let known = Set(archived.slots + parentSlots(of: before))
        slots.removeAll(where: known.contains)
        slots += known.sorted()
        var found: [Parent] = []
        for slot in slots where !beginsOtherwise(slot, than: copy) {
            guard let file = files[slot], mayCome(file.record),
                file.record.path.directory == directory || known.contains(slot)
            else { continue }
            let isUnseen = file.handle == nil && file.sweep != sweep && isSweepClean
            let isRead =
                file.isDeleted && file.isBorn && file.ledger.isEmpty && file.position == file.size
                && !file.isQueued && file.durable == file.record.committed
            var size = file.size
            // Renamed or removed since the last sweep, it may have grown before.
            if file.record.headLength == 0, let handle = file.handle {
                size = (try? disk.status(of: handle).size) ?? size
            }
            let isGone = file.isSuperseded || isUnseen || (isRead && file.position == size)
            found.append(Parent(file, slot: slot, size: size, isGone: isGone))
        }
        for place in places {
            guard let record = unmatched[place],
                record.startHash == nil || copy.start == nil || record.startHash == copy.start,
                mayCome(record),
                record.path.directory == directory || archived.places.contains(place)
            else { continue }
            found.append(Parent(record, place: place, isGone: isSweepClean))
        }
        return found.filter { $0.mayBeParent(of: copy.status) }.sorted { one, other in
            if one.isGone != other.isGone { return one.isGone }
            return one.record.incarnation.birthMilliseconds
                > other.record.incarnation.birthMilliseconds
        }
    }

    /// The slots of those that a file was held against in the last sweep.
    private func parentSlots(of candidate: Candidate?) -> [Int] {
        guard let candidate else { return [] }
        return files.indices.filter { slot in
            files[slot].map { candidate.parents.contains($0.record.incarnation) } ?? false
        }
    }

    /// Whether neither what the record says nor what the file holds now begins as the copy does, by
    /// a few bytes that are read once a sweep: thousands of files may be of one family.
    private mutating func beginsOtherwise(_ slot: Int, than copy: Copy) -> Bool {
        guard let start = copy.start, files[slot] != nil else { return false }
        let known = files[slot]!.record.startHash
        if known == start || (known == nil && files[slot]!.record.headLength > 0) { return false }
        if files[slot]!.isSuperseded { return known != nil }
        return startOnce(slot).map { $0 != start } ?? false
    }

    /// The file's own bytes can be had.
    func isReadable(_ slot: Int) -> Bool {
        guard let file = files[slot], !file.isSuperseded else { return false }
        return file.handle != nil || (!file.isDeleted && file.sweep == sweep)
    }

    /// The hash of the bytes that a file begins with now, read once a sweep; nil where there are
    /// too few, or it cannot be read.
    mutating func startOnce(_ slot: Int) -> UInt64? {
        if starts[slot] == nil { starts[slot] = startNow(slot) }
        return starts[slot]
    }

    private mutating func startNow(_ slot: Int) -> UInt64? {
        guard let file = files[slot] else { return nil }
        let wasOpen = file.handle != nil
        guard open(slot), let handle = files[slot]?.handle else { return nil }
        defer { if !wasOpen { closeAgain(slot) } }
        head.clear()
        let count = try? Self.readAgain(
            file, handle, disk, at: 0, FileRecord.startLength, into: &head)
        return count == FileRecord.startLength ? xxh3(head.bytes) : nil
    }

    /// What the file's own bytes say, where it is still there and its record may say too little or
    /// speak of what was truncated since; nil: nothing.
    private mutating func kinshipByBytes(_ copy: Copy, to parent: Parent) -> Kinship? {
        guard case .slot(let slot) = parent.home, let file = files[slot], isReadable(slot) else {
            return nil
        }
        let isDoubtful = copy.isShorter(than: parent) || parent.isLittleKnown
        guard isDoubtful || file.isQueued || file.sweep != sweep else { return nil }
        let wasOpen = file.handle != nil
        guard open(slot), let handle = files[slot]?.handle else { return nil }
        defer { if !wasOpen { closeAgain(slot) } }
        head.clear()
        let (known, count) = (Int(parent.record.headLength), copy.head.count)
        guard
            let read = try? Self.readAgain(
                file, handle, disk, at: 0, max(count, known), into: &head)
        else { return nil }
        let begins = read >= count && head.bytes(0..<count).array == copy.head
        let isItself = read >= known && xxh3(head.bytes(0..<known)) == parent.record.headHash
        // Truncated since, it has to be read before its gzip is.
        guard isItself else { return begins ? .unknown : nil }
        if !begins { return isDoubtful ? .stranger : nil }
        return copy.isWholeInHead ? .copy : nil
    }

    /// Whether a gzip whose head may be that of a living file has its text, too: another file may
    /// begin with the same header, or with the NULs of a hole, and would never be read. Nil where
    /// the file does not tell.
    private mutating func kinshipByText(
        _ copy: Copy, to parent: Parent
    ) throws(SystemError) -> Kinship? {
        guard copy.isCompressed, case .slot(let slot) = parent.home, let file = files[slot] else {
            return nil
        }
        let wasOpen = file.handle != nil
        guard open(slot), let handle = files[slot]?.handle else { return .unknown }
        defer { if !wasOpen { closeAgain(slot) } }
        var text = ByteBuffer(capacity: Self.comparedText)
        _ = try GzipReader(disk: disk).read(copy.handle, at: 0, upTo: text.capacity, into: &text)
        var own = ByteBuffer(capacity: text.count)
        let count = try Self.readAgain(file, handle, disk, at: 0, text.count, into: &own)
        let known = Int(parent.record.headLength)
        // Truncated since: it is the record that the gzip was held against.
        guard count >= known, xxh3(own.bytes(0..<known)) == parent.record.headHash,
            try endsAsRead(file, handle)
        else { return nil }
        guard xxh3(text.bytes(0..<count)) == xxh3(own.bytes) else { return .stranger }
        let isTold = count == text.count && text.endOfNULs(from: 0, to: count) < count
        return isTold ? .copy : .unknown
    }

    /// Whether the bytes before the read position are those that were read: heads may be equal, by
    /// a header or the NULs of a hole, before a file was truncated and after.
    private mutating func endsAsRead(
        _ file: TrackedFile, _ handle: FileHandle
    ) throws(SystemError) -> Bool {
        let last = Marker(offset: file.scanned, hash: file.scanHash)
        let length = Int(last.length)
        head.clear()
        let count = try Self.readAgain(
            file, handle, disk, at: last.offset - last.length, length, into: &head)
        return count == length && xxh3(head.bytes) == last.hash
    }

    private mutating func closeAgain(_ slot: Int) {
        guard let handle = files[slot]?.handle else { return }
        closeFile(handle)
        files[slot]!.handle = nil
    }

    /// Whether a file waits to be known as the copy of this one, which cannot be forgotten so long.
    func hasCandidate(_ incarnation: Incarnation) -> Bool {
        for candidate in candidates.values where candidate.parents.contains(incarnation) {
            return true
        }
        return false
    }

    // MARK: - The life goes on

    /// The incarnation goes on in its copy: same ids, from where reading was.
    private mutating func goOn(_ parent: Parent, in copy: Copy, input: Int) {
        note(.copied(from: parent.record.path, to: copy.path))
        if !copy.isCompressed && copy.status.size < parent.position {
            // All of it was read. It has a record only so that it is known.
            beginAtEnd(copy, of: parent, input: input)
            return
        }
        switch parent.home {
        case .slot(let slot): move(slot, to: copy)
        case .place(let place):
            guard var record = unmatched.take(place) else { return }
            record.move(to: copy)
            record.size = max(copy.isCompressed ? 0 : copy.status.size, record.committed)
            let owner = self.input(of: record.origin) ?? input
            track(record, input: owner, handle: copy.handle, isBorn: !renewed, deleted: false)
        }
    }

    private mutating func move(_ slot: Int, to copy: Copy) {
        guard var file = files[slot] else { return }
        if let old = file.handle { closeFile(old) }
        forgetIdentity(slot)
        if byPath[file.record.path] == slot { byPath[file.record.path] = nil }
        if let orphan = file.orphaned, !copy.isCompressed {
            // What was seen of it and is not in the copy.
            let lost =
                file.position + orphan.unread - min(copy.status.size, file.position + orphan.unread)
            volume.retired.add(.abandonedByTruncation, events: 0, bytes: lost)
            note(.truncated(file.record.path, unread: lost))
        }
        orphans.remove(slot)
        families.remove(slot, file.record)
        file.orphaned = nil
        file.isSuperseded = false
        file.isDeleted = false
        file.deleted = Instant(nanoseconds: .min)
        file.gzip = nil
        file.isDrained = false
        file.isStuck = false
        file.restIsHole = nil
        file.record.move(to: copy)
        file.size = copy.isCompressed ? max(file.scanned, file.position) : copy.status.size
        file.record.size = file.size
        file.extent = file.size
        file.handle = copy.handle
        file.sweep = sweep
        file.missed = Absence()
        file.lastChange = clock.now()
        files[slot] = file
        byIdentity[file.identity] = slot
        slotsByInode[file.record.inode] = slot
        byPath[copy.path] = slot
        families.add(slot, file.record)
        isDirty = true
        enqueue(slot)
    }

    /// A copy that is shorter than what was read of its parent.
    private mutating func beginAtEnd(_ copy: Copy, of parent: Parent, input: Int) {
        var record = FileRecord(
            incarnation: newIncarnation(after: parent.record.incarnation), path: copy.path)
        record.origin = parent.record.origin
        record.move(to: copy)
        record.size = copy.status.size
        record.base = copy.status.size
        record.committed = copy.status.size
        record.tally.add(.filteredCopies, events: 0, bytes: record.base)
        let length = min(record.base, UInt64(Marker.limit))
        guard
            let hash = try? disk.hash(of: copy.handle, at: record.base - length, length, &head)
        else {
            closeFile(copy.handle)
            isSweepClean = false
            return
        }
        record.marker = Marker(offset: record.base, hash: hash)
        track(record, input: input, handle: copy.handle, isBorn: false, deleted: false)
    }

    /// Truncated files of which a whole clean sweep has found no copy: what was not read of them is
    /// lost.
    mutating func settleOrphans() {
        // A copy that was renamed meanwhile is seen by the next sweep.
        if sawVanish && !orphans.isEmpty { wantsSweep = true }
        guard isSweepClean, !sawVanish else { return }
        for slot in orphans.sorted() {
            guard let file = files[slot], let orphan = file.orphaned, orphan.sweep < sweep,
                !hasCandidate(file.record.incarnation)
            else { continue }
            note(.truncated(file.record.path, unread: orphan.unread))
            if orphan.unread > 0 {
                files[slot]!.record.tally.add(
                    .abandonedByTruncation, events: 0, bytes: orphan.unread)
            }
            files[slot]!.orphaned = nil
            files[slot]!.record.size = file.position
            files[slot]!.long = nil
            orphans.remove(slot)
            isDirty = true
            if file.ledger.isEmpty { remove(slot) }
        }
    }
}
