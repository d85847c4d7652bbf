// Log files as the text they hold: gzips are inflated, all else is what it is.
import Bytes
import Platform
import Tail

/// A disk for those who only read: a descriptor of a gzip reads as its text. `status` is the file's
/// own. Owned by one thread.
final class UnpackedFiles: FileSystem, @unchecked Sendable {
    private let disk: any FileSystem
    private var readers: [Int32: GzipReader] = [:]

    init(_ disk: any FileSystem) { self.disk = disk }

    func openForReading(_ path: Path) throws(SystemError) -> FileHandle {
        let handle = try disk.openForReading(path)
        do {
            let isRegular = try disk.status(of: handle).kind == .regular
            if isRegular, try disk.isGzip(handle) == true {
                readers[handle.descriptor] = GzipReader(disk: disk)
            }
        } catch {
            disk.close(handle)
            throw error
        }
        return handle
    }

    func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        guard var reader = readers[handle.descriptor] else {
            return try disk.read(handle, at: offset, upTo: limit, into: &buffer)
        }
        if offset < reader.start {
            reader = GzipReader(disk: disk)
            readers[handle.descriptor] = reader
        }
        _ = try reader.advance(handle, to: offset)
        guard reader.start <= offset, reader.end > offset || !reader.isAtEnd else { return 0 }
        return try reader.read(handle, at: offset, upTo: limit, into: &buffer)
    }

    func nextData(_ handle: FileHandle, from offset: UInt64) throws(SystemError) -> UInt64? {
        readers[handle.descriptor] == nil ? try disk.nextData(handle, from: offset) : offset
    }

    func close(_ handle: FileHandle) {
        readers[handle.descriptor] = nil
        disk.close(handle)
    }

    func entries(of directory: Path) throws(SystemError) -> [DirectoryEntry] {
        try disk.entries(of: directory)
    }
    func generation(of handle: FileHandle) -> UInt64 { disk.generation(of: handle) }
    func status(of path: Path) throws(SystemError) -> FileStatus { try disk.status(of: path) }
    func status(of handle: FileHandle) throws(SystemError) -> FileStatus {
        try disk.status(of: handle)
    }
    func makeDirectory(_ path: Path) throws(SystemError) { try disk.makeDirectory(path) }
    func openForWriting(_ path: Path) throws(SystemError) -> FileHandle {
        try disk.openForWriting(path)
    }
    func write(_ handle: FileHandle, _ bytes: Span<UInt8>, at offset: UInt64) throws(SystemError) {
        try disk.write(handle, bytes, at: offset)
    }
    func truncate(_ handle: FileHandle, to size: UInt64) throws(SystemError) {
        try disk.truncate(handle, to: size)
    }
    func remove(_ path: Path) throws(SystemError) { try disk.remove(path) }
    func sync(_ handle: FileHandle) throws(SystemError) { try disk.sync(handle) }
    func syncDirectory(_ path: Path) throws(SystemError) { try disk.syncDirectory(path) }
    func lock(_ handle: FileHandle) throws(SystemError) -> Bool { try disk.lock(handle) }
    func inotifySeesChanges(in directory: Path) -> Bool { disk.inotifySeesChanges(in: directory) }
}
