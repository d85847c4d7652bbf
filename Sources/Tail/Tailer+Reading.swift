// Reading: one window of one file, proven to be the file it was, and what of it was taken.
import Bytes
import Platform

/// What a turn begins with.
package enum TurnStart {
    /// Nothing to take now.
    case nothing
    case lines(Turn)
    case longLine(LongLine)
    /// A line without its end, for a hole follows.
    case torn(Turn)
    case hole(Hole)
}

extension Tailer {
    /// Reads the file's next window. The pump calls this only while it has a batch to fill.
    package mutating func beginTurn(_ slot: Int) -> TurnStart {
        guard let file = files[slot], file.isBorn, !file.isSuperseded, open(slot),
            let handle = files[slot]?.handle
        else { return .nothing }
        // A gzip that was read to its end, or skipped, is not inflated again.
        if file.record.isWhole && file.position >= file.size { return .nothing }
        let first = file.long == nil ? file.position : file.scanned
        let start = first - min(first, UInt64(Marker.limit))
        let searched = Int(file.scanned - start)
        let head = start == 0 ? Int(file.record.headLength) : 0
        let known = max(searched, head)
        let isHeadSame: Bool
        do {
            guard try prepare(slot, handle, from: start) else { return .nothing }
            try fillWindow(slot, handle, from: start, known: known)
            isHeadSame = try headIsSame(slot, handle, start: start, searched: searched)
        } catch {
            note(.unreadable(file.record.path, error))
            return .nothing
        }
        let count = window.count
        if count < known && isUnfinished(slot) { return .nothing }
        if stickBeyondLimit(slot) { return .nothing }
        guard count >= known, isHeadSame,
            Turn.marker(in: window, at: searched, start: start) == file.scanHash,
            head == 0 || xxh3(window.bytes(0..<head)) == file.record.headHash
        else {
            supersede(slot)
            return .nothing
        }
        if start == 0, turnsOutGzip(slot) { return .nothing }
        growHead(slot, start: start, count: count)
        grow(slot, to: start + UInt64(count))
        let atEnd = count < window.capacity
        do {
            if let hole = try hole(slot, handle, start: start, searched: searched) {
                return try turn(before: hole, slot, handle, start: start, searched: searched)
            }
        } catch {
            note(.unreadable(file.record.path, error))
            return .nothing
        }
        if file.long != nil {
            let end = atEnd ? count : endBeforeNULs(count, after: searched)
            return followLongLine(slot, start: start, searched: searched, count: end, atEnd)
        }
        return .lines(
            Turn(
                file: slot, start: start, line: Int(file.position - start), search: searched,
                end: count, atEnd: atEnd))
    }

    /// Reads the window that begins at `start`; `known` bytes of it were read before.
    private mutating func fillWindow(
        _ slot: Int, _ handle: FileHandle, from start: UInt64, known: Int
    ) throws(SystemError) {
        window.clear()
        try readText(slot, handle, at: start, upTo: window.capacity)
        while window.count < known {
            // Shorter than it was, or merely read short: the end of the file tells.
            let before = window.count
            try readText(
                slot, handle, at: start + UInt64(before), upTo: known - before)
            if window.count == before { return }
        }
        if window.count == known && files[slot]!.size > start + UInt64(known) {
            try readText(
                slot, handle, at: start + UInt64(known), upTo: window.capacity - known)
        }
    }

    /// Notes how far the turn came. The file waits for another turn unless its end is reached.
    package mutating func endTurn(_ turn: Turn) {
        let slot = turn.file
        files[slot]!.position = turn.offset
        files[slot]!.scanned = turn.start + UInt64(turn.search)
        files[slot]!.scanHash = Turn.marker(in: window, at: turn.search, start: turn.start)
        files[slot]!.leaveTrail()
        let isSearched = turn.search == turn.end
        if isSearched && turn.end - turn.line > maxLine {
            let end = endBeforeNULs(turn.end, after: turn.line + maxLine)
            let hash = StreamingHash()
            hash.update(window.bytes(turn.line..<end))
            files[slot]!.long = hash
            files[slot]!.scanned = turn.start + UInt64(end)
            files[slot]!.scanHash = Turn.marker(in: window, at: end, start: turn.start)
        }
        if !isSearched || !turn.atEnd { enqueue(slot) } else { noteDrained(slot) }
    }

    /// The long line is taken.
    package mutating func endTurn(_ line: LongLine) {
        files[line.file]!.position = line.end
        files[line.file]!.scanned = line.end
        files[line.file]!.scanHash = line.marker
        files[line.file]!.long = nil
        note(.lineCut(files[line.file]!.record.path, offset: line.offset, length: line.length))
        enqueue(line.file)
    }

    mutating func followLongLine(
        _ slot: Int, start: UInt64, searched: Int, count: Int, _ atEnd: Bool, atHole: Bool = false
    ) -> TurnStart {
        let newline = window.bytes.firstIndex(of: 0x0a, from: searched, to: count)
        let end = newline ?? count
        files[slot]!.long?.update(window.bytes(searched..<end))
        files[slot]!.scanned = start + UInt64(end)
        files[slot]!.scanHash = Turn.marker(in: window, at: end, start: start)
        guard let newline else {
            if atHole { return tornLongLine(slot) }
            if atEnd { noteDrained(slot) } else { enqueue(slot) }
            return .nothing
        }
        let marker = Turn.marker(in: window, at: newline + 1, start: start)
        return longLine(slot, to: start + UInt64(newline) + 1, marker: marker).map { .longLine($0) }
            ?? .nothing
    }

    /// The long line up to the hole that ends it.
    mutating func tornLongLine(_ slot: Int) -> TurnStart {
        guard let file = files[slot] else { return .nothing }
        guard var line = longLine(slot, to: file.scanned, marker: file.scanHash) else {
            return .nothing
        }
        line.isTorn = true
        return .longLine(line)
    }

    /// The long line up to where it is followed, its head in the window; nil when that cannot be
    /// read now.
    private mutating func longLine(_ slot: Int, to end: UInt64, marker: UInt64) -> LongLine? {
        guard let file = files[slot], let handle = file.handle, let hash = file.long?.value else {
            return nil
        }
        window.clear()
        do {
            // Where the file is shorter than a moment ago, the next turn finds out why.
            let count = try Self.readAgain(
                file, handle, disk, at: file.position, maxLine, into: &window)
            guard count == maxLine else { return nil }
        } catch {
            note(.unreadable(file.record.path, error))
            return nil
        }
        return LongLine(
            file: slot, offset: file.position, end: end, length: file.scanned - file.position,
            hash: hash, marker: marker)
    }

    /// The rest of a finished file that is longer than a line may be and has no end.
    package mutating func longFragment(_ slot: Int) -> LongLine? {
        guard files[slot]?.long != nil else { return nil }
        guard case .nothing = beginTurn(slot) else {
            enqueue(slot)
            return nil
        }
        guard let file = files[slot], file.long != nil, file.scanned == file.size else {
            return nil
        }
        return longLine(slot, to: file.scanned, marker: file.scanHash)
    }

    /// The unterminated rest of a file, for a line that nobody will finish; nil when there is none
    /// or it is longer than a line may be.
    package mutating func fragment(_ slot: Int) -> Turn? {
        guard let file = files[slot], file.isBorn, !file.isSuperseded, file.long == nil,
            file.size > file.position, open(slot)
        else { return nil }
        guard case .lines(var turn) = beginTurn(slot) else {
            enqueue(slot)
            return nil
        }
        guard turn.atEnd, turn.next(in: window) == nil, turn.line < turn.end,
            turn.end - turn.line <= maxLine
        else {
            enqueue(slot)
            return nil
        }
        return turn
    }

    /// The fragment is taken for good: its file is finished.
    package mutating func endFragment(_ turn: Turn) {
        var whole = turn
        whole.line = turn.end
        whole.search = turn.end
        endTurn(whole)
    }

    /// The bytes of an event as they stand in its file, up to `max_line` of them and its line end;
    /// nil when they cannot be read now.
    package mutating func bytes(of slot: Int, at offset: UInt64, length: UInt64) -> [UInt8]? {
        guard let file = files[slot], !file.isSuperseded, open(slot),
            let handle = files[slot]?.handle
        else { return nil }
        let count = Int(min(length, UInt64(maxLine + 2)))
        var buffer = ByteBuffer(capacity: count)
        guard
            let read = try? Self.readAgain(
                file, handle, disk, at: offset, count, into: &buffer),
            read == count
        else { return nil }
        return buffer.array
    }

    /// Opens a file that was closed while it was quiet. False when it cannot be observed now.
    @discardableResult
    mutating func open(_ slot: Int) -> Bool {
        guard let file = files[slot] else { return false }
        if file.handle != nil { return true }
        do {
            let handle = try openFile(file.record.path)
            let status = try statusOrClose(handle)
            guard status.kind == .regular, status.inode == file.record.inode,
                status.device == file.record.device
            else {
                closeFile(handle)
                return false
            }
            guard !file.record.isReplaced(by: handle, status, disk) else {
                closeFile(handle)
                files[slot]!.isReplaced = true
                return false
            }
            files[slot]!.handle = handle
            return true
        } catch {
            // A link that came a moment ago: the next sweep says what becomes of it.
            if !error.isRefusal { note(.unreadable(file.record.path, error)) }
            return false
        }
    }

    mutating func statusOrClose(_ handle: FileHandle) throws(SystemError) -> FileStatus {
        do {
            return try disk.status(of: handle)
        } catch {
            closeFile(handle)
            throw error
        }
    }

    mutating func grow(_ slot: Int, to size: UInt64) {
        guard size > files[slot]!.size else { return }
        files[slot]!.size = size
        files[slot]!.extent = size
        files[slot]!.record.size = size
        files[slot]!.lastChange = clock.now()
        isDirty = true
    }

    /// The head's hash grows with the file until it covers what a record keeps of it.
    private mutating func growHead(_ slot: Int, start: UInt64, count: Int) {
        guard start == 0, !files[slot]!.record.isHeadWhole else { return }
        let length = min(count, FileRecord.headLimit)
        guard length > Int(files[slot]!.record.headLength) else { return }
        var record = files[slot]!.record
        record.takeHead(window.bytes(0..<length))
        files[slot]!.record = record
        isDirty = true
    }

    /// The bytes under the read position are not those that were read: what follows is another
    /// incarnation.
    mutating func supersede(_ slot: Int) {
        var old = files[slot]!
        let handle = old.handle
        if let handle, let now = try? disk.status(of: handle), now.size < old.size {
            old.extent = max(old.extent, old.size)
        }
        let unread = max(old.extent, old.position) - old.position
        // A copy may have the rest: the next sweep looks for it.
        old.orphaned = Orphan(sweep: sweep, unread: unread)
        orphans.insert(slot)
        wantsSweep = true
        old.record.size = old.position + unread
        old.handle = nil
        old.gzip = nil
        old.isSuperseded = true
        files[slot] = old
        forgetIdentity(slot)
        if byPath[old.record.path] == slot { byPath[old.record.path] = nil }
        let incarnation = newIncarnation(after: old.record.incarnation)
        var record = FileRecord(incarnation: incarnation, path: old.record.path)
        record.origin = old.record.origin
        record.device = old.record.device
        record.inode = old.record.inode
        record.birth = old.record.birth
        record.isCompressed = old.record.isCompressed
        record.packedSize = old.record.packedSize
        record.generation = old.record.generation
        track(record, input: old.input, handle: handle, isBorn: false, deleted: old.isDeleted)
    }

    mutating func note(_ note: TailNote) { notes.append(note) }
}
