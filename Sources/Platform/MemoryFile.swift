// Files in memory alone, by which a process tells others of itself without a listener or a disk.
import Bytes
import CLinux
import Glibc

/// What a process shows of itself under `/proc`.
package enum MemoryFile {
    /// Makes an empty file that is gone with this process. Never waits for a disk.
    package static func make(_ name: Path) throws(SystemError) -> FileHandle {
        let descriptor = try unsafe name.withCString { (text) throws(SystemError) in
            // Safety: the name is terminated and copied by the kernel.
            try call("memfd_create") { unsafe tp_memory_file(text) }
        }
        return FileHandle(descriptor: descriptor)
    }

    /// What a look at all processes found.
    package struct Found: Sendable {
        package var process: Int
        /// Tells files of that name apart.
        package var inode: UInt64
        /// To be read and closed by whoever asked.
        package var handle: FileHandle
        /// Whether the process sees the same mounts as this one: paths mean the same to both.
        package var sharesMounts: Bool
    }

    /// The files of that name of all processes that this one may look at, opened for reading.
    /// - Parameter program: what `refused` asks for.
    /// - Returns: each file once, with the process of the lowest number that has it open: others
    ///   are those that look at it as well. Also the processes called `program` that may not be
    ///   looked at.
    package static func find(
        _ name: Path, ofProgram program: Path, files: any FileSystem
    ) -> (found: [Found], refused: [Int]) {
        var found: [Found] = []
        var refused: [Int] = []
        let wanted = Path(bytes: Array("/memfd:".utf8) + name.bytes + Array(" (deleted)".utf8))
        let own = Int(getpid())
        let mounts = link("/proc/self/ns/mnt")
        for entry in (try? files.entries(of: "/proc")) ?? [] {
            guard let process = Int(entry.name.description), process != own else { continue }
            let place = ("/proc" as Path).appending(entry.name)
            let folder = place.appending("fd")
            let names: [DirectoryEntry]
            do {
                names = try files.entries(of: folder)
            } catch {
                let command = try? readSmallFile(place.appending("comm"), limit: 64)
                if error.code == EACCES, command == program.bytes + [UInt8(ascii: "\n")] {
                    refused.append(process)
                }
                continue
            }
            for name in names {
                let path = folder.appending(name.name)
                guard link(path) == wanted, let handle = try? files.openForReading(path) else {
                    continue
                }
                let others = link(place.appending("ns/mnt"))
                let inode = (try? files.status(of: handle))?.inode ?? 0
                if let index = found.firstIndex(where: { $0.inode == inode }) {
                    files.close(handle)
                    found[index].process = min(found[index].process, process)
                    continue
                }
                found.append(
                    Found(
                        process: process, inode: inode, handle: handle,
                        sharesMounts: others != nil && others == mounts))
            }
        }
        return (found, refused)
    }

    /// Where a symbolic link leads.
    private static func link(_ path: Path) -> Path? {
        var target = ByteBuffer(capacity: 4096)
        let count = unsafe try? target.appendUnsafe(upTo: 4096) {
            (room) throws(SystemError) -> Int in
            // Safety: the room is as long as it says; the path is terminated.
            try unsafe path.withCString { (text) throws(SystemError) -> Int in
                try call("readlink") {
                    unsafe Int(tp_read_link(AT_FDCWD, text, room.baseAddress, room.count))
                }
            }
        }
        return count == nil ? nil : Path(bytes: target.array)
    }
}
