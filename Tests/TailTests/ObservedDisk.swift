// A disk in front of another: counts what is asked of it, fails on request, knows hard links.
import Bytes
import Glibc
import Platform

/// Used by one thread.
final class ObservedDisk: FileSystem, @unchecked Sendable {
    private let base: any FileSystem

    /// Writes, syncs and openings for writing so far.
    private(set) var changes = 0
    /// The change with this number (from 0) fails, and with `isDead` all that come after it.
    var failing: (number: Int, code: Int32)?
    var isDead = false

    /// Bytes that reads of log files returned, and how many reads there were.
    private(set) var bytesRead = 0
    private(set) var reads = 0
    /// Looks at paths, listings and openings so far.
    private(set) var looks = 0
    /// Log files that may be open at a time, and how many are.
    var descriptors = Int.max
    private(set) var openFiles = 0
    private(set) var refusals = 0
    /// Errors for the next reads, from the front; nil for none.
    var readFaults: [Int32?] = []

    /// Called before a file is opened for reading.
    var beforeOpening: (Path) -> Void = { _ in }

    /// More names of files: hard links.
    var links: [Path: Path] = [:]
    /// Paths that name something that is no file.
    var devices: Set<Path> = []
    /// Set in every status: a file system that keeps no time of birth.
    var keepsNoBirth = false

    init(_ base: any FileSystem) { self.base = base }

    private func change(_ call: String) throws(SystemError) {
        defer { changes += 1 }
        guard let failing else { return }
        if changes == failing.number || (isDead && changes > failing.number) {
            throw SystemError(call, failing.code)
        }
    }

    private func real(_ path: Path) -> Path { links[path] ?? path }

    private func adapted(_ status: FileStatus, _ path: Path? = nil) -> FileStatus {
        var status = status
        if keepsNoBirth { status.birth = 0 }
        if let path, devices.contains(path) { status.kind = .other }
        return status
    }

    func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry] {
        looks += 1
        var entries = try base.entries(of: directory)
        for (name, target) in links where name.directory == directory {
            guard let status = try? base.status(of: target) else { continue }
            entries.append(DirectoryEntry(name: name.name, inode: status.inode))
        }
        return entries
    }

    func status(of path: Path) throws(SystemError) -> FileStatus {
        looks += 1
        return adapted(try base.status(of: real(path)), path)
    }

    func status(of handle: FileHandle) throws(SystemError) -> FileStatus {
        adapted(try base.status(of: handle))
    }

    /// Generations of inodes, in place of the base's.
    var generations: [UInt64: UInt64] = [:]

    func generation(of handle: FileHandle) -> UInt64 {
        let inode = try? base.status(of: handle).inode
        return inode.flatMap { generations[$0] } ?? base.generation(of: handle)
    }

    func closeDirectories() { base.closeDirectories() }

    func openForReading(_ path: Path) throws(SystemError) -> FileHandle {
        beforeOpening(path)
        looks += 1
        if openFiles >= descriptors {
            refusals += 1
            throw SystemError("open", EMFILE)
        }
        let handle = try base.openForReading(real(path))
        openFiles += 1
        return handle
    }

    func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        if !readFaults.isEmpty, let code = readFaults.removeFirst() {
            throw SystemError("pread", code)
        }
        let count = try base.read(handle, at: offset, upTo: limit, into: &buffer)
        bytesRead += count
        reads += 1
        return count
    }

    /// Whether the file system knows holes, and how often it was asked.
    var knowsHoles = true
    private(set) var holeQuestions = 0

    func nextData(_ handle: FileHandle, from offset: UInt64) throws(SystemError) -> UInt64? {
        holeQuestions += 1
        return knowsHoles ? try base.nextData(handle, from: offset) : offset
    }

    func close(_ handle: FileHandle) {
        base.close(handle)
        openFiles -= 1
    }

    func makeDirectory(_ path: Path) throws(SystemError) {
        try change("mkdir")
        try base.makeDirectory(path)
    }

    func openForWriting(_ path: Path) throws(SystemError) -> FileHandle {
        try change("open")
        return try base.openForWriting(path)
    }

    func write(
        _ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64
    ) throws(SystemError) {
        try change("pwrite")
        try base.write(handle, bytes, at: offset)
    }

    func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError) {
        try change("ftruncate")
        try base.truncate(handle, to: size)
    }

    func remove(_ path: Path) throws(SystemError) {
        try change("unlink")
        try base.remove(path)
    }

    func sync(_ handle: FileHandle) throws(SystemError) {
        try change("fdatasync")
        try base.sync(handle)
    }

    func syncDirectory(_ path: Path) throws(SystemError) {
        try change("fsync")
        try base.syncDirectory(path)
    }

    func lock(_ handle: FileHandle) throws(SystemError) -> Bool { try base.lock(handle) }

    func inotifySeesChanges(in directory: Path) -> Bool { base.inotifySeesChanges(in: directory) }
}
