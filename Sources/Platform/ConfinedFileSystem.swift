// The disk as log files are read from it: nothing outside the roots, whatever links say.
import Bytes
import CLinux
import Glibc

/// The real file system, for log files: names are found beneath roots alone, and nothing is opened
/// for reading but regular files. Writes nothing. Any thread may use it.
package final class ConfinedFileSystem: FileSystem {
    private let base = LinuxFileSystem()
    private let roots: Roots
    private let walk: Lock<ConfinedWalk>

    /// - Parameter directories: how many are kept open at most between calls of
    ///   `closeDirectories`.
    package init(_ roots: Roots, keeping directories: Int = 64) {
        self.roots = roots
        walk = Lock(ConfinedWalk(roots, keeping: directories))
    }

    /// At the limit of descriptors the directories that are kept open give way.
    private func walking<Result>(
        _ body: (inout ConfinedWalk) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try walk.withLock { (walk) throws(SystemError) in
            do throws(SystemError) {
                return try body(&walk)
            } catch {
                guard error.isTooManyOpenFiles else { throw error }
            }
            walk.closeDirectories()
            return try body(&walk)
        }
    }

    package func closeDirectories() { walk.withLock { $0.closeDirectories() } }

    // MARK: - Names

    package func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry] {
        try walking { (walk) throws(SystemError) in
            var entries: [DirectoryEntry] = []
            let descriptor = try walk.list(directory)
            var buffer = ByteBuffer(capacity: 32 << 10)
            while true {
                buffer.clear()
                // Safety: the buffer has room for its whole capacity.
                let count = try unsafe buffer.appendUnsafe(upTo: buffer.capacity) {
                    (room) throws(SystemError) in
                    try call("getdents64") {
                        unsafe Int(tp_directory_entries(descriptor, room.baseAddress, room.count))
                    }
                }
                if count == 0 { return entries }
                appendEntries(in: buffer.bytes, to: &entries)
            }
        }
    }

    /// Of a path beneath no root no more than this is ever asked: what is above a root, and where
    /// files were while the configuration was another one.
    package func status(of path: Path) throws(SystemError) -> FileStatus {
        if roots.reach(of: path).isEmpty { return try base.status(of: path) }
        let place = try walking { (walk) throws(SystemError) in try walk.find(path) }
        var status = FileStatus(place.status)
        if place.path != path { status.target = place.path }
        return status
    }

    /// What is no regular file is opened only to look at: nothing happens to it, and it cannot be
    /// read.
    package func openForReading(_ path: Path) throws(SystemError) -> FileHandle {
        try walking { (walk) throws(SystemError) in
            let place = try walk.find(path)
            let handle = FileHandle(descriptor: try walk.open(place))
            guard try isRegular(handle) else { return handle }
            defer { base.close(handle) }
            // The very file that was looked at, whatever has its name now.
            return FileHandle(descriptor: try call("open") { tp_reopen(handle.descriptor) })
        }
    }

    /// Swapped for a link since it was found, it is as good as gone.
    private func isRegular(_ handle: FileHandle) throws(SystemError) -> Bool {
        var raw = tp_status()
        do throws(SystemError) {
            // Safety: the place for the answer is valid for the call.
            _ = try call("statx") { unsafe tp_status_of(handle.descriptor, nil, &raw) }
            if raw.mode & S_IFMT == S_IFLNK { throw SystemError.swapped }
        } catch {
            base.close(handle)
            throw error
        }
        return raw.mode & S_IFMT == S_IFREG
    }

    package func inotifySeesChanges(in directory: Path) -> Bool {
        let place = try? walking { (walk) throws(SystemError) in try walk.list(directory) }
        return place.map { LinuxFileSystem.inotifySeesChanges(in: $0) } ?? false
    }

    // MARK: - Open files

    package func status(of handle: FileHandle) throws(SystemError) -> FileStatus {
        try base.status(of: handle)
    }

    package func generation(of handle: FileHandle) -> UInt64 { base.generation(of: handle) }

    package func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        try base.read(handle, at: offset, upTo: limit, into: &buffer)
    }

    package func nextData(
        _ handle: FileHandle, from offset: UInt64
    ) throws(SystemError) -> UInt64? {
        try base.nextData(handle, from: offset)
    }

    package func close(_ handle: FileHandle) { base.close(handle) }

    // MARK: - What is never done to log files

    package func makeDirectory(_ path: Path) throws(SystemError) { throw .readOnly("mkdir") }
    package func openForWriting(_ path: Path) throws(SystemError) -> FileHandle {
        throw .readOnly("open")
    }
    package func write(
        _ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64
    ) throws(SystemError) { throw .readOnly("pwrite") }
    package func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError) {
        throw .readOnly("ftruncate")
    }
    package func remove(_ path: Path) throws(SystemError) { throw .readOnly("unlink") }
    package func sync(_ handle: FileHandle) throws(SystemError) { throw .readOnly("fdatasync") }
    package func syncDirectory(_ path: Path) throws(SystemError) { throw .readOnly("fsync") }
    package func lock(_ handle: FileHandle) throws(SystemError) -> Bool { throw .readOnly("flock") }
}

extension SystemError {
    fileprivate static func readOnly(_ call: String) -> SystemError { SystemError(call, EROFS) }
}

/// Reads a run of struct linux_dirent64: inode (8 bytes), offset (8), length (2), kind (1), name.
private func appendEntries(in bytes: Span<UInt8>, to entries: inout [DirectoryEntry]) {
    var place = 0
    while place + 19 <= bytes.count {
        var inode: UInt64 = 0
        for byte in (0..<8).reversed() { inode = inode << 8 | UInt64(bytes[place + byte]) }
        let length = Int(bytes[place + 16]) | Int(bytes[place + 17]) << 8
        guard length > 19, place + length <= bytes.count else { return }
        var name: [UInt8] = []
        // What stands behind the NUL means nothing.
        var index = place + 19
        while index < place + length, bytes[index] != 0 {
            name.append(bytes[index])
            index += 1
        }
        place += length
        if name == [0x2e] || name == [0x2e, 0x2e] { continue }
        entries.append(DirectoryEntry(name: Path(bytes: name), inode: inode))
    }
}
