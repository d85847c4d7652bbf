// What is parked already, and the space of what was taken back.
import Bytes
import Platform

extension ParkFile {
    /// Reads every segment, one at a time. With `settled`, those whose every line was retried with
    /// success are removed. Returns whether any was.
    mutating func load(settled: ParkRetries? = nil) throws(SystemError) -> Bool {
        var found: [Segment] = []
        var known: Set<UInt64> = []
        var isRemoved = false
        for number in try ParkFile.segmentNumbers(in: directory, files) {
            guard let bytes = try ParkFile.readSegment(number, in: directory, files) else {
                continue
            }
            var fresh: [UInt64] = []
            var last: UInt64 = 0
            var isSettled = settled != nil
            let content = ParkSegment(bytes.bytes) { record in
                let key = record.line.key
                fresh.append(key)
                last = max(last, record.number)
                if settled?.contains(record.number, key: key) != true { isSettled = false }
            }
            nextSegment = max(nextSegment, number + 1)
            nextLine = max(nextLine, last + 1)
            var segment = Segment(number: number, end: UInt64(content.end))
            if case .valid(let header) = content.beginning {
                nextLine = max(nextLine, header.firstLine)
            }
            if case .newer = content.beginning { segment.isForeign = true }
            if isSettled, content.records > 0, content.damage.isEmpty, remove(number) {
                isRemoved = true
                continue
            }
            segment.isTorn = content.end < bytes.count
            found.append(segment)
            known.formUnion(fresh)
        }
        segments = found
        keys = known
        mustSync = !found.isEmpty
        // Not durable, they come back after a power cut, and are removed again.
        if isRemoved { try? syncDirectories() }
        return isRemoved
    }

    /// Where removing fails the segment stays, and with it what it takes.
    private func remove(_ number: UInt64) -> Bool {
        do throws(SystemError) {
            try files.remove(directory.appending(ParkSegment.name(number)))
            return true
        } catch {
            return error.isAbsence
        }
    }

    /// Looks for space: segments whose every line was retried with success, or that somebody took
    /// away. Returns whether there may be more room than before; costs little where nothing
    /// changed.
    mutating func reclaim() throws(SystemError) -> Bool {
        let numbers = try ParkFile.segmentNumbers(in: directory, files)
        let retries = try ParkRetries(directory: directory, files: files)
        let hash = StreamingHash()
        var state = ByteBuffer(capacity: 64)
        for number in numbers { state.append(littleEndian: number) }
        state.append(littleEndian: retries.hash)
        hash.update(state.bytes)
        if seen == hash.value { return false }
        let before = used
        let isRemoved = try load(settled: retries)
        // With what is left, so that the next call has nothing to do.
        seen = isRemoved ? nil : hash.value
        return used < before
    }

    /// The numbers of the segments in a directory, in their order; none where it is not there.
    static func segmentNumbers(
        in directory: Path, _ files: any FileSystem
    ) throws(SystemError) -> [UInt64] {
        do throws(SystemError) {
            return try files.entries(of: directory).compactMap { ParkSegment.number($0.name) }
                .sorted()
        } catch {
            if error.isAbsence { return [] }
            throw error
        }
    }

    /// The bytes of a segment; nil when it is gone.
    static func readSegment(
        _ number: UInt64, in directory: Path, _ files: any FileSystem
    ) throws(SystemError) -> ByteBuffer? {
        try readWhole(directory.appending(ParkSegment.name(number)), files)
    }

    /// The bytes of a file; nil when it is not there.
    static func readWhole(
        _ path: Path, _ files: any FileSystem
    ) throws(SystemError) -> ByteBuffer? {
        let handle: FileHandle
        do throws(SystemError) {
            handle = try files.openForReading(path)
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
        defer { files.close(handle) }
        let size = Int(try files.status(of: handle).size)
        var bytes = ByteBuffer(capacity: size)
        _ = try files.readAll(handle, at: 0, size, into: &bytes)
        return bytes
    }
}
