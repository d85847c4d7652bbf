// The park: lines that the server can never take, on the state volume, durable and bounded.
import Bytes
import Platform

/// Why a line could not be parked.
package enum ParkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// So many bytes may be parked, and there is no room for one more line.
    case full(limit: Int)
    case system(SystemError)

    package var description: String {
        switch self {
        case .full(let limit): "the park is full: \(limit) bytes"
        case .system(let error): error.description
        }
    }
}

/// The segments in the park's directory. Owned by the keeper's thread.
///
/// Between appends no file is open: each run of lines opens its segment anew, so that a failed
/// fsync leaves no descriptor behind that would hide it. In memory there is, beside a few bytes a
/// segment, the index of ids: 8 bytes of hash for each parked line, 1 to 2 MiB when 64 MiB are
/// full of short lines. Two ids of one hash (one pair in 10^10 at 65,536 lines) would be taken for
/// one line.
package struct ParkFile: Sendable {
    let directory: Path
    let files: any FileSystem
    private let limit: Int
    /// By number; the last one grows.
    var segments: [Segment] = []
    /// `ParkedLine.key` of each line in the segments.
    var keys: Set<UInt64> = []
    /// The numbers that the next segment and the next line get.
    var nextSegment: UInt64 = 1
    var nextLine: UInt64 = 1
    /// The last segment was written by somebody else, or a sync failed: what it holds may not be
    /// durable.
    var mustSync = false
    /// Hash of what `reclaim` saw the last time.
    var seen: UInt64?

    struct Segment: Sendable {
        let number: UInt64
        /// Bytes that count: where the next record goes.
        var end: UInt64
        /// Nothing is ever appended to what a newer version wrote.
        var isForeign = false
        /// More may stand in the file: the rest of a write that failed.
        var isTorn = false
    }

    /// Bytes of a segment, unless one record alone is longer: so much is read at once, and so much
    /// is given back at once.
    private var segmentLimit: UInt64 { UInt64(min(limit / 8, 4 << 20)) }

    /// Bytes of all segments together.
    package var used: UInt64 { segments.reduce(0) { $0 + $1.end } }

    /// Reads what is parked already, if anything is. The directory is made with the first line.
    package init(
        directory: Path, files: any FileSystem, limit: Int
    ) throws(ParkError) {
        self.directory = directory
        self.files = files
        self.limit = limit
        do { _ = try load() } catch { throw .system(error) }
    }

    /// Appends lines; returns how many, from the front, are durable afterwards: fewer than given
    /// when there is no room for more, or when a write failed behind these. A line that is parked
    /// already, by its document's id, is not written again and counts. When not one is durable the
    /// reason is thrown; the next call then begins where this one did.
    package mutating func append(_ lines: [ParkedLine]) throws(ParkError) -> Int {
        var done = 0
        var hasReclaimed = false
        while done < lines.count {
            do throws(SystemError) {
                let taken = try appendRun(lines[done...])
                done += taken
                if taken > 0 { continue }
                if !hasReclaimed, try reclaim() {
                    hasReclaimed = true
                    continue
                }
            } catch {
                // On a full volume the same space helps as in a full park.
                if error.isNoSpace, !hasReclaimed, (try? reclaim()) == true {
                    hasReclaimed = true
                    continue
                }
                if done > 0 { return done }
                throw .system(error)
            }
            if done > 0 { return done }
            throw .full(limit: limit)
        }
        return done
    }

    // MARK: - One segment's worth

    /// Lines that are to be written together.
    private struct Run: ~Copyable {
        var bytes = ByteBuffer(capacity: 4096)
        var keys: Set<UInt64> = []
        /// Lines in it and between them that are known already.
        var lines = 0
        var nextLine: UInt64
    }

    /// Makes as many lines durable, from the front, as belong into one segment; returns how many, 0
    /// when the first of them finds no room.
    private mutating func appendRun(_ lines: ArraySlice<ParkedLine>) throws(SystemError) -> Int {
        if segments.last == nil || segments.last?.isForeign == true { beginSegment() }
        var run = encode(lines, at: segments[segments.count - 1].end)
        if run.lines == 0, segments[segments.count - 1].end > UInt64(ParkHeader.size) {
            // The segment is full: another one may take the line, if there is room at all.
            try syncIfNeeded()
            beginSegment()
            run = encode(lines, at: 0)
            if run.lines == 0 { segments.removeLast() }
        }
        if run.lines == 0 { return 0 }
        if run.bytes.count == 0 {
            try syncIfNeeded()
            return run.lines
        }
        guard try write(run.bytes.bytes) else {
            // Somebody took a file away: what is known of the park is wrong.
            _ = try load()
            return try appendRun(lines)
        }
        nextLine = run.nextLine
        keys.formUnion(run.keys)
        return run.lines
    }

    private mutating func beginSegment() {
        segments.append(Segment(number: nextSegment, end: 0))
    }

    /// As many lines as fit behind `start`, in the segment and under the limit.
    private func encode(_ lines: ArraySlice<ParkedLine>, at start: UInt64) -> Run {
        var run = Run(nextLine: nextLine)
        let free = Int(clamping: Int64(limit) - Int64(used))
        if start == 0 {
            ParkHeader(number: segments[segments.count - 1].number, firstLine: nextLine)
                .append(to: &run.bytes)
        }
        let header = run.bytes.count
        for line in lines {
            let key = line.key
            if keys.contains(key) || run.keys.contains(key) {
                run.lines += 1
                continue
            }
            let before = run.bytes.count
            let place = start + UInt64(before)
            ParkRecord(number: run.nextLine, line: line).append(to: &run.bytes, at: place)
            let isFirst = place <= UInt64(ParkHeader.size)
            if run.bytes.count > free
                || (!isFirst && start + UInt64(run.bytes.count) > segmentLimit)
            {
                run.bytes.truncate(to: before)
                break
            }
            run.keys.insert(key)
            run.nextLine += 1
            run.lines += 1
        }
        // A header alone is not worth a file.
        if run.bytes.count == header { run.bytes.clear() }
        return run
    }

    /// Writes behind the last segment's end, durably. False, and nothing is done, when the file is
    /// not what it was.
    private mutating func write(_ bytes: Span<UInt8>) throws(SystemError) -> Bool {
        let last = segments.count - 1
        let segment = segments[last]
        let isNew = segment.number == nextSegment
        if isNew { try files.makeDirectory(directory) }
        let path = directory.appending(ParkSegment.name(segment.number))
        let handle = try files.openForWriting(path)
        defer { files.close(handle) }
        let size = try files.status(of: handle).size
        if size < segment.end { return false }
        if size > segment.end { try files.truncate(handle, to: segment.end) }
        if isNew { nextSegment += 1 }
        // From here on the file may hold more than counts, whatever happens.
        segments[last].isTorn = true
        let wasUnsynced = mustSync
        mustSync = true
        do throws(SystemError) {
            try files.write(handle, bytes, at: segment.end)
            try files.sync(handle)
            if isNew || wasUnsynced { try syncDirectories() }
        } catch {
            // Gives the space back at once where it can; else the next write does.
            try? files.truncate(handle, to: segment.end)
            throw error
        }
        mustSync = false
        segments[last].isTorn = false
        segments[last].end += UInt64(bytes.count)
        return true
    }

    /// What is in the last segment counts, so it must last, and so must its name.
    private mutating func syncIfNeeded() throws(SystemError) {
        guard mustSync, let segment = segments.last else { return }
        let handle = try files.openForWriting(
            directory.appending(ParkSegment.name(segment.number)))
        defer { files.close(handle) }
        if segment.isTorn { try files.truncate(handle, to: segment.end) }
        try files.sync(handle)
        try syncDirectories()
        mustSync = false
    }

    func syncDirectories() throws(SystemError) {
        try files.syncDirectory(directory)
        try files.syncDirectory(directory.directory)
    }
}
