// The sweep: what is on the disk now, held against what is known. The truth that hints only hurry.
import Bytes
import Platform

extension Tailer {
    /// Clean sweeps in a row, and the time they span, after which a file that nobody sees is taken
    /// for gone.
    static let sweepsUntilGone = 3
    static let timeUntilGone = Duration.seconds(30)
    /// As long a directory is missing, while the volume that held it is there, until its files are
    /// taken for gone with it.
    static let timeUntilDirectoryGone = Duration.seconds(3600)
    /// How long a file is quiet before its descriptor is given back.
    static let closeAfter = Duration.seconds(60)
    /// As long after its last growth a deleted file is let go: its writer may have it open still.
    static let closeDeletedAfter = Duration.seconds(5)

    /// Looks at every directory and file of the inputs. Returns false when something could not be
    /// observed: what is not observable is not deleted.
    @discardableResult
    package mutating func runSweep() -> Bool {
        sweep += 1
        isSweepClean = true
        wantsSweep = false
        sawVanish = false
        isCrowded = false
        waitsForRoom = false
        fragmentsDue.removeAll()
        quietRests.removeAll()
        disk.closeDirectories()
        defer { disk.closeDirectories() }
        var listing = Listing(disk: disk)
        for (number, input) in inputs.enumerated() {
            let before = listing.matched.count
            for glob in input.globs {
                for path in listing.expand(glob) { visit(path, input: number, &listing) }
            }
            let isEmpty = listing.matched.count == before
            if sweep == 1, isEmpty, let glob = input.globs.first { note(.noFile(glob.pattern)) }
        }
        lookAtLinks(&listing)
        lookAtOtherNames(listing)
        if !unmatched.isEmpty || hasUnseen { listing.listLinked() }
        findRenamed(listing)
        directories = listing.directories
        reportedPaths.subtract(listing.entries.keys)
        missListed(listing.failures)
        for path in listing.refused.sorted() { reportOnce(path, .refused(path)) }
        decideStrangers()
        var surroundings = Surroundings(listing, disk: disk)
        lookAtUnseen(&surroundings)
        settleOrphans()
        noteSucceeded(quietRests)
        if isSweepClean { forgetUnmatched(&surroundings) }
        letGoBeyondLimit()
        if !volume.firstScanDone {
            // What could not be looked at is read from its beginning: more rather than less.
            volume.firstScanDone = true
            isDirty = true
        }
        return isSweepClean
    }

    private mutating func visit(_ path: Path, input: Int, _ listing: inout Listing) {
        if inputs[input].exclude.contains(where: { $0.matches(path) }) { return }
        listing.matched.insert(path)
        let status: FileStatus
        do {
            status = try disk.status(of: path)
        } catch {
            if error.isRefusal {
                listing.refused.insert(path)
            } else if !error.isAbsence {
                listing.failures.append((path, error))
            }
            return
        }
        guard status.kind == .regular else {
            reportOnce(path, .notRegular(path))
            return
        }
        if ownFiles.contains(Identity(status)) { return }
        // A file is known by a name of its own sooner than by a link.
        if status.target != nil {
            listing.links.append((path, input, status))
        } else {
            meet(path, input: input, status, &listing)
        }
    }

    /// The tracked file with this identity; one whose descriptor is closed must also have the same
    /// birth.
    mutating func known(_ identity: Identity, _ status: FileStatus) -> Int? {
        guard let slot = byIdentity[identity], let file = files[slot] else { return nil }
        let isSameBirth =
            file.record.birth == 0 || status.birth == 0 || file.record.birth == status.birth
        if file.handle != nil || isSameBirth && !file.isReplaced { return slot }
        lose(slot)
        return nil
    }

    mutating func see(_ slot: Int, at path: Path, _ status: FileStatus) {
        files[slot]!.sweep = sweep
        files[slot]!.missed = Absence()
        if !reportedPaths.isEmpty { reportedPaths.remove(path) }
        if files[slot]!.isDeleted { files[slot]!.isDeleted = false }
        if files[slot]!.record.path != path {
            let old = files[slot]!.record.path
            if byPath[old] == slot { byPath[old] = nil }
            families.remove(slot, files[slot]!.record)
            files[slot]!.record.path = path
            families.add(slot, files[slot]!.record)
            files[slot]!.lastChange = clock.now()
            isDirty = true
            note(.renamed(from: old, to: path))
        }
        byPath[path] = slot
        measure(slot, status)
    }

    /// Takes the size; what grew or shrank waits for its turn.
    private mutating func measure(_ slot: Int, _ status: FileStatus) {
        let file = files[slot]!
        if file.record.isCompressed { return measureCompressed(slot, status) }
        if status.size != file.size || status.modified != file.record.modified {
            files[slot]!.lastChange = clock.now()
            if status.size != file.size { files[slot]!.extent = max(file.extent, file.size) }
            files[slot]!.size = status.size
            files[slot]!.record.size = status.size
            files[slot]!.record.modified = status.modified
            isDirty = true
            // Opened now: were it deleted before its turn, nothing of it could be read any more.
            open(slot)
            // Also at the old size: the turn tells whether the bytes are those that were read.
            enqueue(slot)
        } else if status.size > file.scanned && status.size != file.restIsHole {
            enqueue(slot)
        }
    }

    /// Files that no pattern names any more but that are known: renamed within the directories
    /// listed.
    private mutating func findRenamed(_ listing: Listing) {
        for (directory, entries) in listing.entries {
            for entry in entries {
                // Most were seen: no path is put together for them.
                let slot = slotsByInode[entry.inode]
                let isSeen = slot.map { files[$0]!.sweep == sweep } ?? true
                if isSeen && !unmatched.wait(for: entry.inode) { continue }
                let path = directory.appending(entry.name)
                if listing.matched.contains(path) { continue }
                if unmatched.wait(for: entry.inode) { adoptRenamed(path) }
                guard let slot = slotsByInode[entry.inode], files[slot]!.sweep != sweep,
                    let status = try? disk.status(of: path), status.kind == .regular,
                    known(Identity(status), status) == slot
                else { continue }
                see(slot, at: path, status)
            }
        }
    }

    /// A record of the state waits for this inode: its file was rotated to a name outside the
    /// patterns while nobody watched. It belongs to the input that first saw it.
    private mutating func adoptRenamed(_ path: Path) {
        guard let status = try? disk.status(of: path), status.kind == .regular,
            byIdentity[Identity(status)] == nil,
            let place = unmatched.places(of: status.inode).first, let record = unmatched[place],
            let input = input(of: record.origin) ?? input(of: record.path)
        else { return }
        adopt(path, input: input, onlyWithRecord: true)
    }

    /// Files that this sweep has not seen by any name.
    private mutating func lookAtUnseen(_ surroundings: inout Surroundings) {
        for slot in files.indices {
            guard let file = files[slot], file.sweep != sweep, !file.isSuperseded else {
                closeIfQuiet(slot)
                continue
            }
            if let handle = file.handle {
                guard let status = try? disk.status(of: handle) else { continue }
                if status.links == 0 && !file.isDeleted {
                    files[slot]!.isDeleted = true
                    files[slot]!.deleted = clock.now()
                    files[slot]!.restIsHole = nil
                    if byPath[file.record.path] == slot { byPath[file.record.path] = nil }
                    files[slot]!.lastChange = clock.now()
                    note(
                        .removed(
                            file.record.path, unread: status.size - min(status.size, file.position))
                    )
                }
                measure(slot, status)
                closeIfQuiet(slot)
            } else if isSweepClean,
                let patience = surroundings.patience(file.record.path, device: file.record.device)
            {
                files[slot]!.missed.note(at: clock.now())
                let isGone = files[slot]!.missed.isLong(at: clock.now(), patience)
                if isGone && file.ledger.isEmpty && !hasCandidate(file.record.incarnation) {
                    lose(slot)
                }
            }
        }
    }

    /// A closed file is gone, with whatever was not read of it.
    private mutating func lose(_ slot: Int) {
        guard let file = files[slot] else { return }
        forgetIdentity(slot)
        let unread = file.size - min(file.size, file.record.committed)
        if unread > 0 {
            files[slot]!.record.tally.add(.abandonedByDeletion, events: 0, bytes: unread)
            note(.removed(file.record.path, unread: unread))
        }
        if file.ledger.isEmpty { remove(slot) } else { files[slot]!.isSuperseded = true }
    }

    /// Records of the state whose file has not turned up in clean sweeps: deleted while nobody held
    /// it.
    private mutating func forgetUnmatched(_ surroundings: inout Surroundings) {
        if unmatched.isEmpty { return }
        let claimed = Set(candidates.values.lazy.flatMap(\.parents))
        let gone = unmatched.forget(at: clock.now()) { record in
            claimed.contains(record.incarnation)
                ? nil : surroundings.patience(record.path, device: record.device)
        }
        for record in gone {
            let unread = record.size - min(record.size, record.committed)
            var tally = record.tally
            if unread > 0 {
                tally.add(.abandonedByDeletion, events: 0, bytes: unread)
                note(.removed(record.path, unread: unread))
            }
            volume.retired += tally
        }
        if !gone.isEmpty { isDirty = true }
    }

    /// Gives the descriptor back once everything is final, durable and quiet.
    private mutating func closeIfQuiet(_ slot: Int) {
        guard let file = files[slot], let handle = file.handle, file.ledger.isEmpty,
            !file.isQueued
        else { return }
        if file.record.isCompressed && !file.isDrained && !file.record.isWhole { return }
        if file.position < file.size {
            guard clock.now() - file.lastChange >= Self.closeAfter, !file.isStuck else { return }
            if isFinished(file) { fragmentsDue.append(slot) } else { quietRests.append(slot) }
            return
        }
        guard file.durable == file.record.committed, file.record.committed == file.position
        else { return }
        let quiet = file.isDeleted ? Self.closeDeletedAfter : Self.closeAfter
        guard clock.now() - file.lastChange >= quiet else { return }
        if file.isDeleted {
            if hasCandidate(file.record.incarnation) { return }
            note(.finished(file.record.path, bytes: file.position))
            remove(slot)
            return
        }
        closeFile(handle)
        files[slot]!.handle = nil
        files[slot]!.gzip = nil
        note(.finished(file.record.path, bytes: file.position))
    }

    /// Nobody will write to the file again: it has no name any more, or a successor took its name.
    private func isFinished(_ file: TrackedFile) -> Bool {
        if file.record.isCompressed && !file.isDeleted { return file.record.isWhole }
        return file.isDeleted
            || (byPath[file.record.origin].map { files[$0]?.identity } ?? nil).map {
                $0 != file.identity
            } ?? false
    }

    /// Finished files whose last line never got its newline, as of the last sweep.
    package mutating func takeFragmentsDue() -> [Int] {
        defer { fragmentsDue.removeAll() }
        return fragmentsDue
    }
}
