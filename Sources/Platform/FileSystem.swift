// The seam to the disk: what the agent asks of files, so that a simulation can answer instead.
import Bytes

/// An open file. Owned by whoever opened it, closed once through `FileSystem.close`.
package struct FileHandle: Hashable, Sendable {
    package let descriptor: Int32
    package init(descriptor: Int32) { self.descriptor = descriptor }
}

/// What kind of thing a path names.
package enum FileKind: Sendable { case regular, directory, other }

/// What statx(2) tells of a file.
package struct FileStatus: Hashable, Sendable {
    package var kind: FileKind
    package var device: UInt64
    package var inode: UInt64
    /// Bytes.
    package var size: UInt64
    /// Last change of the content, nanoseconds since 1970.
    package var modified: Int64
    /// Creation, nanoseconds since 1970; 0 where the file system keeps none.
    package var birth: Int64
    /// Names the file has; 0 once it is deleted.
    package var links: UInt32
    /// Where the file really is, when its path led through a symbolic link.
    package var target: Path?

    package init(
        kind: FileKind, device: UInt64, inode: UInt64, size: UInt64, modified: Int64, birth: Int64,
        links: UInt32
    ) {
        self.kind = kind
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.birth = birth
        self.links = links
    }
}

/// A name in a directory, as readdir(3) gives it.
package struct DirectoryEntry: Hashable, Sendable {
    package var name: Path
    package var inode: UInt64
    package init(name: Path, inode: UInt64) {
        self.name = name
        self.inode = inode
    }
}

/// The disk. Every method is one system call or a short fixed run of them; none is retried beyond
/// EINTR. Log files and the state volume go through the same seam. Implementations need not be
/// thread-safe for one handle, but different threads may use different handles at once.
package protocol FileSystem: AnyObject, Sendable {
    /// The entries of a directory but for "." and "..", in no order.
    func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry]
    /// Status of what a path names, symbolic links followed.
    func status(of path: Path) throws(SystemError) -> FileStatus
    func status(of handle: FileHandle) throws(SystemError) -> FileStatus
    /// What tells apart the files that an inode number is given to one after the other
    /// (FS_IOC_GETVERSION); 0 where the file system keeps no such thing.
    func generation(of handle: FileHandle) -> UInt64
    /// Opens for reading without ever blocking (a FIFO or device is opened, `status` tells its
    /// kind).
    func openForReading(_ path: Path) throws(SystemError) -> FileHandle
    /// Appends up to `limit` bytes found at `offset` to the buffer; returns how many, 0 at the end
    /// of the file.
    func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int
    /// The first byte at or behind `offset` that does not lie in a hole; nil when there is none.
    /// Where the file system knows no holes, `offset` itself.
    func nextData(_ handle: FileHandle, from offset: UInt64) throws(SystemError) -> UInt64?
    func close(_ handle: FileHandle)

    /// Makes a directory, mode 0700; one that is there already is no error.
    func makeDirectory(_ path: Path) throws(SystemError)
    /// Opens for reading and writing, created with mode 0600 if absent, never through a final
    /// symbolic link.
    func openForWriting(_ path: Path) throws(SystemError) -> FileHandle
    /// Writes all of the bytes at the offset.
    func write(_ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64) throws(SystemError)
    /// Cuts the file to so many bytes, fewer than it has.
    func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError)
    /// unlink(2): takes a file's name away.
    func remove(_ path: Path) throws(SystemError)
    /// fdatasync(2).
    func sync(_ handle: FileHandle) throws(SystemError)
    /// fsync(2) of a directory: names made in it are durable.
    func syncDirectory(_ path: Path) throws(SystemError)
    /// An exclusive flock(2) for as long as the handle is open; false when another process holds
    /// it.
    func lock(_ handle: FileHandle) throws(SystemError) -> Bool
    /// Whether inotify(7) tells of every change below the directory: false where others may write
    /// behind the kernel's back (network file systems), or when nobody knows.
    func inotifySeesChanges(in directory: Path) -> Bool
    /// Looks begin or are at their end: what is kept open to make them cheap is closed.
    func closeDirectories()
}

extension FileSystem {
    package func closeDirectories() {}
}

extension FileSystem {
    /// Appends `count` bytes found at `offset`, in as many reads as that takes; returns how many
    /// there are: fewer only at the end of the file.
    package func readAll(
        _ handle: FileHandle, at offset: UInt64, _ count: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        var done = 0
        while done < count {
            let step = try read(
                handle, at: offset + UInt64(done), upTo: count - done, into: &buffer)
            if step == 0 { break }
            done += step
        }
        return done
    }
}
