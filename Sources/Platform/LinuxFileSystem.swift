// The disk as Linux has it: each method of the seam as its system calls.
import Bytes
import CLinux
import Glibc

/// The real file system. Has no state of its own; any thread may use it.
package final class LinuxFileSystem: FileSystem {
    package init() {}

    package func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry] {
        // Safety: the stream is closed below on every way out; an entry is copied before the next
        // is read.
        guard let stream = unsafe directory.asDirectory.withCString({ unsafe opendir($0) }) else {
            throw SystemError("opendir", errno)
        }
        defer { unsafe _ = closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw SystemError("readdir", errno) }
                return entries
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                unsafe Path(bytes: Array(raw.prefix { $0 != 0 }))
            }
            if name == "." || name == ".." { continue }
            entries.append(DirectoryEntry(name: name, inode: unsafe UInt64(entry.pointee.d_ino)))
        }
    }

    package func status(of path: Path) throws(SystemError) -> FileStatus {
        var raw = tp_status()
        // Safety: the path and the place for the answer are valid for the call.
        _ = try unsafe path.withCString { (text) throws(SystemError) in
            try call("statx") { unsafe tp_status_of(-1, text, &raw) }
        }
        return FileStatus(raw)
    }

    package func status(of handle: FileHandle) throws(SystemError) -> FileStatus {
        var raw = tp_status()
        // Safety: the place for the answer is valid for the call.
        _ = try call("statx") { unsafe tp_status_of(handle.descriptor, nil, &raw) }
        return FileStatus(raw)
    }

    package func generation(of handle: FileHandle) -> UInt64 {
        UInt64(tp_generation(handle.descriptor))
    }

    package func openForReading(_ path: Path) throws(SystemError) -> FileHandle {
        try open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }

    package func openForWriting(_ path: Path) throws(SystemError) -> FileHandle {
        try open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }

    private func open(_ path: Path, _ flags: Int32) throws(SystemError) -> FileHandle {
        // Safety: the path is valid for the call.
        let descriptor = try unsafe path.withCString { (text) throws(SystemError) in
            try call("open") { unsafe Glibc.open(text, flags, 0o600) }
        }
        return FileHandle(descriptor: descriptor)
    }

    package func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        // Safety: the buffer has room for limit bytes behind those in use.
        try unsafe buffer.appendUnsafe(upTo: limit) { (room) throws(SystemError) in
            try call("pread") {
                unsafe pread(handle.descriptor, room.baseAddress, limit, off_t(offset))
            }
        }
    }

    package func nextData(
        _ handle: FileHandle, from offset: UInt64
    ) throws(SystemError) -> UInt64? {
        do {
            return UInt64(try call("lseek") { tp_seek_data(handle.descriptor, Int64(offset)) })
        } catch {
            switch error.code {
            case ENXIO: return nil
            case EINVAL, EOPNOTSUPP, ENOSYS: return offset
            default: throw error
            }
        }
    }

    package func close(_ handle: FileHandle) {
        _ = Glibc.close(handle.descriptor)
    }

    package func makeDirectory(_ path: Path) throws(SystemError) {
        do {
            // Safety: the path is valid for the call.
            _ = try unsafe path.withCString { (text) throws(SystemError) in
                try call("mkdir") { unsafe mkdir(text, 0o700) }
            }
        } catch {
            if error.code != EEXIST { throw error }
        }
    }

    package func write(
        _ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64
    ) throws(SystemError) {
        // Safety: the span is valid for the call; each step writes what is left of it.
        try unsafe bytes.withUnsafeBytes { (raw) throws(SystemError) in
            var done = 0
            while done < raw.count {
                let written = try call("pwrite") {
                    unsafe pwrite(
                        handle.descriptor, raw.baseAddress! + done, raw.count - done,
                        off_t(offset) + done)
                }
                // A write of nothing is no progress and no error: say what it must mean.
                if written == 0 { throw SystemError("pwrite", ENOSPC) }
                done += written
            }
        }
    }

    package func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError) {
        _ = try call("ftruncate") { ftruncate(handle.descriptor, off_t(size)) }
    }

    package func remove(_ path: Path) throws(SystemError) {
        // Safety: the path is valid for the call.
        _ = try unsafe path.withCString { (text) throws(SystemError) in
            try call("unlink") { unsafe unlink(text) }
        }
    }

    package func sync(_ handle: FileHandle) throws(SystemError) {
        _ = try call("fdatasync") { fdatasync(handle.descriptor) }
    }

    package func syncDirectory(_ path: Path) throws(SystemError) {
        let handle = try open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(handle) }
        _ = try call("fsync") { fsync(handle.descriptor) }
    }

    package func lock(_ handle: FileHandle) throws(SystemError) -> Bool {
        do {
            _ = try call("flock") { flock(handle.descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    package func inotifySeesChanges(in directory: Path) -> Bool {
        guard
            let handle = try? open(
                directory.asDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        else { return false }
        defer { close(handle) }
        return Self.inotifySeesChanges(in: handle.descriptor)
    }

    /// The same of an open directory.
    static func inotifySeesChanges(in descriptor: Int32) -> Bool {
        !remoteFileSystems.contains(tp_file_system_type(descriptor))
    }

    /// Magic numbers of statfs(2): file systems where others change files behind the kernel's back.
    private static let remoteFileSystems: Set<Int64> = [
        0x6969,  // NFS
        0xff53_4d42, 0xfe53_4d42, 0x517b,  // CIFS, SMB2, SMB
        0x6573_5546,  // FUSE
        0x0102_1997,  // 9P
        0x00c3_6400,  // Ceph
        0x6b41_4653,  // AFS
        0x0bd0_0bd0,  // Lustre
    ]
}

extension FileStatus {
    init(_ raw: tp_status) {
        let kind: FileKind =
            switch raw.mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            default: .other
            }
        self.init(
            kind: kind, device: raw.device, inode: raw.inode, size: raw.size,
            modified: raw.modified, birth: raw.birth, links: raw.links)
    }
}
