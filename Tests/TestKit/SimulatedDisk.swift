// A disk in memory that forgets what was not synced and fails on request.
import Bytes
import Glibc
import Platform

/// Files by inode, names by path. What lies under `statePrefix` is volatile until it is synced; log
/// files survive everything, as a page cache survives the death of a process. Used by one thread.
package final class SimulatedDisk: FileSystem, @unchecked Sendable {
    /// One file; truncation begins another generation of its bytes.
    package struct Inode {
        package var bytes: [UInt8] = []
        package var generation = 0
        package var links: UInt32 = 1
        package var modified: Int64
        package let birth: Int64
        /// What was never written, in whole blocks.
        var holes: [Range<Int>] = []
        /// Content as of the last sync, and the ranges written since.
        var durable: [UInt8] = []
        var unsynced: [Range<Int>] = []
    }

    package private(set) var inodes: [UInt64: Inode] = [:]
    package private(set) var names: [Path: UInt64] = [:]
    private var directories: Set<Path> = ["/"]
    private var handles: [Int32: UInt64] = [:]
    private var locks: [UInt64: Int32] = [:]
    private var nextInode: UInt64 = 100
    private var nextHandle: Int32 = 1000
    private let clock: ManualClock
    private let statePrefix: Path

    /// Errors for the next writes and syncs on the state, from the front.
    package var stateFaults: [Int32] = []
    /// Bytes that a read returns at most.
    package var readLimit = Int.max
    /// What `status` says of the device that holds a directory: 1 unless told.
    package var devices: [Path: UInt64] = [:]
    /// Paths that cannot be opened or looked at now.
    package var unreadable: [Path: Int32] = [:]
    /// Files that may be looked at, but not opened: `EACCES`.
    package var denied: Set<Path> = []
    /// Symbolic links, by their absolute targets; a target beneath none of the roots is refused.
    package var links: [Path: Path] = [:]
    package var roots: [Path] = ["/"]
    /// Inodes given again to new files, as real file systems do.
    private var freedInodes: [UInt64] = []

    package init(clock: ManualClock, statePrefix: Path = "/state") {
        self.clock = clock
        self.statePrefix = statePrefix
    }

    // MARK: - What the world does

    /// Makes a directory and those above it.
    package func addDirectory(_ path: Path) {
        directories.insert(path)
        if path != "/" { addDirectory(path.directory) }
    }

    @discardableResult
    package func createFile(_ path: Path) -> UInt64 {
        let inode: UInt64
        if let freed = freedInodes.popLast() {
            inode = freed
        } else {
            nextInode += 1
            inode = nextInode
        }
        inodes[inode] = Inode(modified: clock.wall().nanoseconds, birth: clock.wall().nanoseconds)
        names[path] = inode
        return inode
    }

    package func append(_ bytes: [UInt8], to inode: UInt64) {
        inodes[inode]?.bytes += bytes
        inodes[inode]?.modified = clock.wall().nanoseconds
    }

    /// Its writer goes on at a later offset: what is between is NULs, and whole blocks of it are a
    /// hole.
    package func skip(_ inode: UInt64, to size: Int) {
        guard let old = inodes[inode]?.bytes.count, old < size else { return }
        inodes[inode]?.bytes += [UInt8](repeating: 0, count: size - old)
        let (first, last) = ((old + 4095) / 4096 * 4096, size / 4096 * 4096)
        if first < last { inodes[inode]?.holes.append(first..<last) }
    }

    package func truncate(_ inode: UInt64) {
        inodes[inode]?.bytes = []
        inodes[inode]?.holes = []
        inodes[inode]?.generation += 1
        inodes[inode]?.modified = clock.wall().nanoseconds
    }

    package func rename(_ old: Path, to new: Path) {
        guard let inode = names.removeValue(forKey: old) else { return }
        if let replaced = names[new] { unlink(inode: replaced) }
        names[new] = inode
    }

    /// Gives a file one more name.
    package func link(_ inode: UInt64, as name: Path) {
        names[name] = inode
        inodes[inode]?.links += 1
    }

    package func remove(_ path: Path) {
        guard let inode = names.removeValue(forKey: path) else { return }
        unlink(inode: inode)
    }

    private func unlink(inode: UInt64) {
        inodes[inode]?.links -= 1
        reapIfUnused(inode)
    }

    private func reapIfUnused(_ inode: UInt64) {
        guard inodes[inode]?.links == 0, !handles.values.contains(inode) else { return }
        inodes[inode] = nil
        freedInodes.append(inode)
    }

    package func isOpen(_ inode: UInt64) -> Bool { handles.values.contains(inode) }

    /// Descriptors that are open now.
    package var openHandles: Int { handles.count }

    /// The process dies: its descriptors and locks are gone. With the power off as well, unsynced
    /// writes on the state survive in pieces of 512 bytes, each or not.
    package func crash(powerCut: Bool, random: inout some RandomNumberGenerator) {
        let open = Set(handles.values)
        handles.removeAll()
        locks.removeAll()
        for inode in open { reapIfUnused(inode) }
        guard powerCut else { return }
        for inode in inodes.keys.sorted() {
            guard var file = inodes[inode], !file.unsynced.isEmpty else { continue }
            var torn = file.durable
            for range in file.unsynced {
                for start in stride(from: range.lowerBound, to: range.upperBound, by: 512)
                where Bool.random(using: &random) {
                    let end = min(start + 512, range.upperBound)
                    if torn.count < end {
                        torn += [UInt8](repeating: 0, count: end - torn.count)
                    }
                    torn.replaceSubrange(start..<end, with: file.bytes[start..<end])
                }
            }
            file.bytes = torn
            file.durable = torn
            file.unsynced = []
            inodes[inode] = file
        }
    }

    // MARK: - What the agent asks

    package func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry] {
        if let code = unreadable[directory] { throw SystemError("opendir", code) }
        guard directories.contains(directory) else { throw SystemError("opendir", ENOENT) }
        let files = names.filter { $0.key.directory == directory }
            .map { DirectoryEntry(name: $0.key.name, inode: $0.value) }
        let below = directories.filter { $0 != "/" && $0.directory == directory }
            .map { DirectoryEntry(name: $0.name, inode: 1) }
        let links = links.keys.filter { $0.directory == directory }
            .map { DirectoryEntry(name: $0.name, inode: 2) }
        return (files + below + links).sorted { $0.name < $1.name }
    }

    package func status(of path: Path) throws(SystemError) -> FileStatus {
        if let code = unreadable[path] { throw SystemError("statx", code) }
        let real = try followed(path)
        if real != path {
            var status = try status(of: real)
            status.target = real
            return status
        }
        guard let inode = names[path] else {
            if directories.contains(path) {
                return FileStatus(
                    kind: .directory, device: devices[path] ?? 1, inode: 1, size: 0, modified: 0,
                    birth: 0, links: 2)
            }
            throw SystemError("statx", ENOENT)
        }
        return try status(inode: inode)
    }

    package func status(of handle: FileHandle) throws(SystemError) -> FileStatus {
        try status(inode: try inode(handle))
    }

    package func generation(of handle: FileHandle) -> UInt64 { 0 }

    private func status(inode: UInt64) throws(SystemError) -> FileStatus {
        guard let file = inodes[inode] else { throw SystemError("statx", ENOENT) }
        return FileStatus(
            kind: .regular, device: 1, inode: inode, size: UInt64(file.bytes.count),
            modified: file.modified, birth: file.birth, links: file.links)
    }

    private func inode(_ handle: FileHandle) throws(SystemError) -> UInt64 {
        guard let inode = handles[handle.descriptor] else { throw SystemError("handle", EBADF) }
        return inode
    }

    package func openForReading(_ path: Path) throws(SystemError) -> FileHandle {
        if let code = unreadable[path] { throw SystemError("open", code) }
        if denied.contains(path) { throw SystemError("open", EACCES) }
        guard let inode = names[try followed(path)] else { throw SystemError("open", ENOENT) }
        return open(inode)
    }

    private func followed(_ path: Path) throws(SystemError) -> Path {
        var path = path
        for _ in 0..<16 {
            guard let target = links[path] else { return path }
            guard roots.contains(where: { target.lies(beneath: $0) }) else {
                throw SystemError("openat2", EXDEV)
            }
            path = target
        }
        throw SystemError("openat2", ELOOP)
    }

    private func open(_ inode: UInt64) -> FileHandle {
        nextHandle += 1
        handles[nextHandle] = inode
        return FileHandle(descriptor: nextHandle)
    }

    package func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        let bytes = inodes[try inode(handle)]?.bytes ?? []
        guard offset < bytes.count else { return 0 }
        let isState = inodes[try inode(handle)]?.durable.isEmpty == false
        let end = min(bytes.count, Int(offset) + (isState ? limit : min(limit, readLimit)))
        buffer.append(Array(bytes[Int(offset)..<end]))
        return end - Int(offset)
    }

    package func nextData(
        _ handle: FileHandle, from offset: UInt64
    ) throws(SystemError) -> UInt64? {
        guard let file = inodes[try inode(handle)], offset < file.bytes.count else { return nil }
        let end = file.holes.first { $0.contains(Int(offset)) }?.upperBound ?? Int(offset)
        return end < file.bytes.count ? UInt64(end) : nil
    }

    package func close(_ handle: FileHandle) {
        guard let inode = handles.removeValue(forKey: handle.descriptor) else {
            preconditionFailure("closed twice, or never opened")
        }
        if locks[inode] == handle.descriptor { locks[inode] = nil }
        reapIfUnused(inode)
    }

    package func makeDirectory(_ path: Path) throws(SystemError) { addDirectory(path) }

    package func openForWriting(_ path: Path) throws(SystemError) -> FileHandle {
        open(names[path] ?? createFile(path))
    }

    package func write(
        _ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64
    ) throws(SystemError) {
        let inode = try inode(handle)
        if !stateFaults.isEmpty { throw SystemError("pwrite", stateFaults.removeFirst()) }
        guard var file = inodes[inode] else { throw SystemError("pwrite", EIO) }
        let range = Int(offset)..<Int(offset) + bytes.count
        if file.bytes.count < range.upperBound {
            file.bytes += [UInt8](repeating: 0, count: range.upperBound - file.bytes.count)
        }
        file.bytes.replaceSubrange(range, with: bytes.array)
        file.unsynced.append(range)
        inodes[inode] = file
    }

    /// Durable only with the next sync, as a write is.
    package func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError) {
        let inode = try inode(handle)
        if !stateFaults.isEmpty { throw SystemError("ftruncate", stateFaults.removeFirst()) }
        guard var file = inodes[inode] else { throw SystemError("ftruncate", EIO) }
        file.bytes.removeLast(max(0, file.bytes.count - Int(size)))
        file.unsynced = file.unsynced.map { $0.clamped(to: 0..<file.bytes.count) }
        inodes[inode] = file
    }

    package func sync(_ handle: FileHandle) throws(SystemError) {
        let inode = try inode(handle)
        if !stateFaults.isEmpty { throw SystemError("fdatasync", stateFaults.removeFirst()) }
        guard var file = inodes[inode] else { throw SystemError("fdatasync", EIO) }
        file.durable = file.bytes
        file.unsynced = []
        inodes[inode] = file
    }

    package func syncDirectory(_ path: Path) throws(SystemError) {}

    package func lock(_ handle: FileHandle) throws(SystemError) -> Bool {
        let inode = try inode(handle)
        if locks[inode] != nil { return false }
        locks[inode] = handle.descriptor
        return true
    }

    package func inotifySeesChanges(in directory: Path) -> Bool { true }
}
