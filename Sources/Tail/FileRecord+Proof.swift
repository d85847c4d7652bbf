// Whether a file on the disk is the one that a record speaks of.
import Bytes
import Platform

extension FileRecord {
    /// The inode was given to another file since, as far as birth and generation tell.
    func isReplaced(
        by handle: FileHandle, _ status: FileStatus, _ disk: any FileSystem
    ) -> Bool {
        if birth != 0 && status.birth != 0 && birth != status.birth { return true }
        if generation == 0 { return false }
        let now = disk.generation(of: handle)
        return now != 0 && now != generation
    }

    /// Same birth and generation where both are known, long enough, the same head, the same bytes
    /// before the offset. `scratch` is overwritten.
    package func isProven(
        on handle: FileHandle, _ status: FileStatus, _ disk: any FileSystem,
        _ scratch: inout ByteBuffer
    ) throws(SystemError) -> Bool {
        if isReplaced(by: handle, status, disk) { return false }
        if isCompressed { return try isProvenCompressed(on: handle, status, disk, &scratch) }
        guard status.size >= committed, status.size >= headLength else { return false }
        // Nothing was read of it: at least it is no text any more that is a gzip now.
        if headLength == 0, try disk.isGzip(handle) == true { return false }
        guard try disk.hash(of: handle, at: 0, headLength, &scratch) == headHash else {
            return false
        }
        let start = marker.offset - marker.length
        return try disk.hash(of: handle, at: start, marker.length, &scratch) == marker.hash
    }
}

extension FileRecord {
    /// A gzip that was read whole and did not change since is the same; of another one the head
    /// tells, and its markers when reading has come to them.
    private func isProvenCompressed(
        on handle: FileHandle, _ status: FileStatus, _ disk: any FileSystem,
        _ scratch: inout ByteBuffer
    ) throws(SystemError) -> Bool {
        if isWhole && status.size == packedSize && status.modified == modified { return true }
        guard try disk.isGzip(handle) == true else { return false }
        scratch.clear()
        let length = Int(headLength)
        let gzip = GzipReader(disk: disk)
        guard try gzip.read(handle, at: 0, upTo: length, into: &scratch) == length else {
            return false
        }
        return xxh3(scratch.bytes) == headHash
    }

    /// Takes the head of a file that is not read from its beginning, so that its copies are known.
    /// False where there are fewer bytes.
    mutating func takeHead(
        of handle: FileHandle, upTo end: UInt64, _ disk: any FileSystem,
        _ scratch: inout ByteBuffer
    ) throws(SystemError) -> Bool {
        scratch.clear()
        let length = Int(min(end, UInt64(FileRecord.headLimit)))
        guard try disk.readAll(handle, at: 0, length, into: &scratch) == length else {
            return false
        }
        takeHead(scratch.bytes)
        return true
    }

    /// Takes these bytes, at most `headLimit`, for the head.
    mutating func takeHead(_ bytes: Span<UInt8>) {
        headLength = UInt64(bytes.count)
        headHash = xxh3(bytes)
        if startHash == nil, bytes.count >= FileRecord.startLength {
            startHash = xxh3(bytes.extracting(0..<FileRecord.startLength))
        }
    }

    /// Takes size and time of change from the disk.
    mutating func see(_ status: FileStatus) {
        if isCompressed {
            if packedSize != status.size || modified != status.modified { isWhole = false }
            packedSize = status.size
        } else {
            size = status.size
        }
        modified = status.modified
    }
}

extension FileSystem {
    /// XXH3 of a stretch of a file; nil when the file ends before it.
    func hash(
        of handle: FileHandle, at start: UInt64, _ length: UInt64, _ scratch: inout ByteBuffer
    ) throws(SystemError) -> UInt64? {
        scratch.clear()
        let count = try readAll(handle, at: start, Int(length), into: &scratch)
        return count == Int(length) ? xxh3(scratch.bytes) : nil
    }
}
