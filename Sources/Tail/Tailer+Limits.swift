// What tailing may use: descriptors of log files, and the unread bytes of files that are deleted.
import Bytes
import Platform

/// What the tailer may use.
package struct TailLimits: Sendable {
    /// Log files that are open at a time.
    package var openFiles = Int.max
    /// Unread bytes of deleted files that are held open; 0: without limit.
    package var heldBytes: UInt64 = 0

    /// Text of one gzip that is read; 0: without limit.
    package var inflatedBytes: UInt64 = 0

    package init() {}
}

extension Tailer {
    // MARK: - Descriptors

    /// Opens a log file. At the limit of descriptors, the process's or the tailer's own, files that
    /// need none now give theirs up.
    mutating func openFile(_ path: Path) throws(SystemError) -> FileHandle {
        if openFiles >= limits.openFiles && !makeRoom() {
            waitsForRoom = true
            throw .tooManyOpenFiles
        }
        var handle: FileHandle
        do {
            handle = try disk.openForReading(path)
        } catch {
            guard error.isTooManyOpenFiles else { throw error }
            guard makeRoom() else {
                waitsForRoom = true
                throw error
            }
            handle = try disk.openForReading(path)
        }
        openFiles += 1
        return handle
    }

    mutating func closeFile(_ handle: FileHandle) {
        disk.close(handle)
        openFiles -= 1
    }

    /// Closes files of which everything that was read is durable: first those with nothing left to
    /// read, the least recently written first; a quarter of them, so that the search is not made
    /// for each file. False when there are none.
    private mutating func makeRoom() -> Bool {
        if isCrowded { return false }
        let idle = files.indices.filter { files[$0]?.needsNoHandle == true }
        isCrowded = idle.isEmpty
        let order = idle.sorted { one, other in
            let (first, second) = (files[one]!, files[other]!)
            if first.isAtEnd != second.isAtEnd { return first.isAtEnd }
            return first.lastChange < second.lastChange
        }
        for slot in order.prefix((order.count + 3) / 4) {
            guard let handle = files[slot]?.handle else { continue }
            closeFile(handle)
            files[slot]!.handle = nil
            files[slot]!.gzip = nil
        }
        return !idle.isEmpty
    }

    // MARK: - Deleted files

    /// Lets the oldest deleted files go until the unread bytes of the others are within the limit.
    mutating func letGoBeyondLimit() {
        guard limits.heldBytes > 0 else { return }
        var bytes = held.bytes
        if bytes <= limits.heldBytes { return }
        let oldest = files.indices
            .filter { slot in files[slot].map { $0.isHeld && $0.size > $0.position } == true }
            .sorted { files[$0]!.deleted < files[$1]!.deleted }
        for slot in oldest where bytes > limits.heldBytes {
            bytes -= files[slot]!.pending
            letGo(slot)
        }
    }

    /// Closes a deleted file before its end. What is on its way is settled as ever; the rest is
    /// counted as abandoned.
    private mutating func letGo(_ slot: Int) {
        guard var file = files[slot], let handle = file.handle else { return }
        let unread = file.size - file.position
        file.record.tally.add(.abandonedHeld, events: 0, bytes: unread)
        note(.letGo(file.record.path, unread: unread))
        // What is in flight is all that is left, should the agent die before its fate is known.
        file.record.size = file.position
        file.handle = nil
        file.isSuperseded = true
        file.long = nil
        files[slot] = file
        closeFile(handle)
        forgetIdentity(slot)
        isDirty = true
        if file.ledger.isEmpty { remove(slot) }
    }
}

extension TrackedFile {
    /// All that was seen is read, to the last byte.
    fileprivate var isAtEnd: Bool { position == size }

    /// Its descriptor can be given up: the file has a name, and a restart would find it just so.
    fileprivate var needsNoHandle: Bool {
        handle != nil && !isDeleted && !isQueued && isBorn && !isSuperseded && ledger.isEmpty
            && long == nil && scanned >= size && durable == record.committed
            && record.committed == position
    }

    /// Only its descriptor keeps its bytes.
    var isHeld: Bool { isDeleted && handle != nil && !isSuperseded }
}
