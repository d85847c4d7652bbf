// Compressed files: their text is read as any other file's, forwards only, and few at a time.
import Bytes
import Platform

extension Tailer {
    /// Files that are inflated at a time.
    static let readersAtATime = 2
    /// As much is skipped in one turn, on the way to where reading goes on.
    private static let skippedAtATime = 1 << 20

    /// Appends up to `limit` bytes of the file's text to the window.
    mutating func readText(
        _ slot: Int, _ handle: FileHandle, at offset: UInt64, upTo limit: Int
    ) throws(SystemError) {
        if let gzip = files[slot]?.gzip {
            _ = try gzip.read(handle, at: offset, upTo: limit, into: &window)
        } else {
            _ = try disk.read(handle, at: offset, upTo: limit, into: &window)
        }
    }

    /// Appends bytes of the file's text that may stand before what its turns read.
    static func readAgain(
        _ file: TrackedFile, _ handle: FileHandle, _ disk: any FileSystem, at offset: UInt64,
        _ count: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        guard file.record.isCompressed else {
            return try disk.readAll(handle, at: offset, count, into: &buffer)
        }
        if let gzip = file.gzip, offset >= gzip.start {
            return try gzip.read(handle, at: offset, upTo: count, into: &buffer)
        }
        let gzip = GzipReader(disk: disk)
        guard try gzip.advance(handle, to: offset) else { return 0 }
        return try gzip.read(handle, at: offset, upTo: count, into: &buffer)
    }

    /// A file that was too short to tell when it was found begins as a gzip: from now on it is one,
    /// for nothing was taken of it. True when it is so.
    mutating func turnsOutGzip(_ slot: Int) -> Bool {
        guard let file = files[slot], !file.record.isCompressed, file.position == 0,
            file.record.headLength < 2, file.ledger.isEmpty, window.count >= 2,
            window.bytes[0] == Inflater.magic[0], window.bytes[1] == Inflater.magic[1]
        else { return false }
        files[slot]!.record.isCompressed = true
        files[slot]!.record.headLength = 0
        files[slot]!.record.headHash = Marker.hashOfNothing
        files[slot]!.record.size = 0
        files[slot]!.size = 0
        files[slot]!.extent = 0
        files[slot]!.scanned = 0
        files[slot]!.scanHash = Marker.hashOfNothing
        files[slot]!.restIsHole = nil
        isDirty = true
        enqueue(slot)
        return true
    }

    /// Brings a compressed file to where its window begins. False when its turn is over before: its
    /// bytes are not reached yet, or others are being inflated.
    mutating func prepare(
        _ slot: Int, _ handle: FileHandle, from start: UInt64
    ) throws(SystemError) -> Bool {
        guard let file = files[slot], file.record.isCompressed else { return true }
        if file.isStuck { return false }
        if let gzip = file.gzip, start < gzip.start { files[slot]!.gzip = nil }
        if files[slot]!.gzip == nil {
            guard hasReaderToSpare() else {
                waitForReader.insert(slot)
                return false
            }
            files[slot]!.gzip = GzipReader(disk: disk)
        }
        guard let gzip = files[slot]!.gzip else { return false }
        if try gzip.advance(handle, to: start, budget: Self.skippedAtATime) { return true }
        enqueue(slot)
        return false
    }

    /// Whether one more file may be inflated: one that has no more to give now makes room.
    private mutating func hasReaderToSpare() -> Bool {
        var active = 0
        var idle: Int?
        for slot in files.indices {
            guard let file = files[slot], file.gzip != nil else { continue }
            active += 1
            if !file.isQueued && file.isDrained { idle = slot }
        }
        if active < Self.readersAtATime { return true }
        guard let idle else { return false }
        files[idle]!.gzip = nil
        return true
    }

    /// Files that waited until another is inflated have their turns now.
    mutating func wakeReaders() {
        let waiting = waitForReader.sorted()
        waitForReader.removeAll()
        for slot in waiting { enqueue(slot) }
    }

    /// The window of a compressed file is shorter than what was read of it before. True when that
    /// says nothing yet: it is still being written, or damaged.
    mutating func isUnfinished(_ slot: Int) -> Bool {
        guard let gzip = files[slot]?.gzip, !gzip.isWhole else { return false }
        noteDrained(slot)
        return true
    }

    /// All that the gzip holds now was searched.
    mutating func noteDrained(_ slot: Int) {
        guard let file = files[slot], let gzip = file.gzip, gzip.isAtEnd else { return }
        if gzip.damage != nil && file.isResumed {
            files[slot]!.isResumed = false
            files[slot]!.gzip = nil
            enqueue(slot)
            return
        }
        files[slot]!.isDrained = true
        if let damage = gzip.damage { stick(slot, .damaged(file.record.path, gzip.end, damage)) }
        if gzip.isWhole && !file.record.isWhole {
            files[slot]!.record.isWhole = true
            isDirty = true
        }
        wakeReaders()
    }

    /// More of one file than is inflated: what is behind waits for another configuration.
    mutating func stickBeyondLimit(_ slot: Int) -> Bool {
        guard limits.inflatedBytes > 0, let file = files[slot], let gzip = file.gzip,
            gzip.end > limits.inflatedBytes, !gzip.isAtEnd
        else { return false }
        stick(slot, .tooLargeInflated(file.record.path, limits.inflatedBytes))
        // How much is left nobody knows; something is.
        files[slot]!.size = max(file.size, gzip.end)
        files[slot]!.record.size = files[slot]!.size
        isDirty = true
        return true
    }

    private mutating func stick(_ slot: Int, _ note: TailNote) {
        guard files[slot]?.isStuck == false else { return }
        files[slot]!.isStuck = true
        files[slot]!.isDrained = true
        files[slot]!.gzip = nil
        self.note(note)
        wakeReaders()
    }

    /// Takes the compressed size; what changed is read on.
    mutating func measureCompressed(_ slot: Int, _ status: FileStatus) {
        guard let file = files[slot] else { return }
        if status.size != file.record.packedSize || status.modified != file.record.modified {
            files[slot]!.lastChange = clock.now()
            // Written anew, it may hold anything.
            let isAnew =
                status.size < file.record.packedSize || file.isStuck || file.gzip?.isWhole == true
            if isAnew { files[slot]!.gzip = nil }
            files[slot]!.isResumed = files[slot]!.gzip != nil
            files[slot]!.record.packedSize = status.size
            files[slot]!.record.modified = status.modified
            files[slot]!.record.isWhole = false
            files[slot]!.isDrained = false
            files[slot]!.isStuck = false
            isDirty = true
            open(slot)
            enqueue(slot)
        } else if !file.isDrained && !file.record.isWhole {
            enqueue(slot)
        }
    }
}

extension FileSystem {
    /// Whether the file begins as a gzip does; nil when it is too short to tell.
    package func isGzip(_ handle: FileHandle) throws(SystemError) -> Bool? {
        var buffer = ByteBuffer(capacity: 2)
        guard try readAll(handle, at: 0, 2, into: &buffer) == 2 else { return nil }
        return buffer.bytes[0] == Inflater.magic[0] && buffer.bytes[1] == Inflater.magic[1]
    }
}
