// The disk as Linux has it, every method on a real directory, and what it says when it fails.
import Bytes
import Foundation
import Glibc
import Platform
import TestKit
import Testing

@Suite("Linux file system") struct LinuxFileSystemTests {
    private let disk = LinuxFileSystem()
    private let directory = TemporaryDirectory()

    private func path(_ name: Path) -> Path { directory.path.appending(name) }

    private func code(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SystemError)?.code
        }
    }

    @Test("entries are the names in a directory with their inodes")
    func entries() throws {
        try directory.write("x", to: "a")
        try directory.write("y", to: ".hidden")
        try disk.makeDirectory(path("sub"))
        let odd = Path(bytes: [0xff, 0x0a, 0x41])
        disk.close(try disk.openForWriting(path(odd)))
        let entries = try disk.entries(of: directory.path)
        #expect(Set(entries.map(\.name)) == ["a", ".hidden", "sub", odd])
        for entry in entries {
            #expect(try disk.status(of: path(entry.name)).inode == entry.inode)
        }
        #expect(code { _ = try disk.entries(of: path("none")) } == ENOENT)
        #expect(code { _ = try disk.entries(of: path("a")) } == ENOTDIR)
    }

    @Test("data behind a hole is found, and none behind the last")
    func holes() throws {
        try directory.write("", to: "a")
        let handle = try disk.openForWriting(path("a"))
        defer { disk.close(handle) }
        try disk.write(handle, Array("x".utf8).span, at: 1 << 20)
        #expect(try disk.nextData(handle, from: 0) == 1 << 20)
        #expect(try disk.nextData(handle, from: 1 << 20) == 1 << 20)
        #expect(try disk.nextData(handle, from: 1 << 20 + 1) == nil)
        try disk.write(handle, [0, 0].span, at: 0)
        #expect(try disk.nextData(handle, from: 1) == 1, "NULs that were written are data")
    }

    @Test("a status tells kind, size, links and times, by path and by handle alike")
    func status() throws {
        try directory.write("four", to: "a")
        let handle = try disk.openForReading(path("a"))
        defer { disk.close(handle) }
        let status = try disk.status(of: path("a"))
        #expect(status.kind == .regular)
        #expect(status.size == 4)
        #expect(status.links == 1)
        #expect(abs(status.modified - WallTime.now().nanoseconds) < 60_000_000_000)
        #expect(try disk.status(of: handle) == status)
        try FileManager.default.linkItem(atPath: directory.text("a"), toPath: directory.text("b"))
        #expect(try disk.status(of: path("b")).inode == status.inode)
        #expect(try disk.status(of: handle).links == 2)
        for name in ["a", "b"] { try FileManager.default.removeItem(atPath: directory.text(name)) }
        #expect(try disk.status(of: handle).links == 0)
        #expect(code { _ = try disk.status(of: path("a")) } == ENOENT)
        #expect(code { _ = try disk.status(of: Platform.FileHandle(descriptor: -1)) } != nil)
        #expect(try disk.status(of: directory.path).kind == .directory)
        #expect(try disk.status(of: "/dev/null").kind == .other)
    }

    @Test("reads are at their offset, appended, and short only at the end")
    func reading() throws {
        try directory.write("0123456789", to: "a")
        let handle = try disk.openForReading(path("a"))
        defer { disk.close(handle) }
        var buffer = ByteBuffer([UInt8]("x".utf8))
        #expect(try disk.read(handle, at: 2, upTo: 3, into: &buffer) == 3)
        #expect(try disk.read(handle, at: 8, upTo: 10, into: &buffer) == 2)
        #expect(try disk.read(handle, at: 10, upTo: 10, into: &buffer) == 0)
        #expect(try disk.read(handle, at: 1 << 40, upTo: 10, into: &buffer) == 0)
        #expect(buffer.array == Array("x23489".utf8))
        let folder = try disk.openForReading(directory.path)
        defer { disk.close(folder) }
        #expect(code { _ = try disk.read(folder, at: 0, upTo: 1, into: &buffer) } == EISDIR)
        #expect(buffer.array == Array("x23489".utf8))
    }

    @Test("nothing blocks: a FIFO without a writer is opened, and is no file")
    func fifo() throws {
        #expect(mkfifo(directory.text("fifo"), 0o600) == 0)
        let handle = try disk.openForReading(path("fifo"))
        defer { disk.close(handle) }
        #expect(try disk.status(of: handle).kind == .other)
        #expect(try disk.status(of: path("fifo")).kind == .other)
    }

    @Test("links are followed to read, never to write")
    func links() throws {
        try directory.write("target", to: "a")
        try FileManager.default.createSymbolicLink(
            atPath: directory.text("link"), withDestinationPath: directory.text("a"))
        disk.close(try disk.openForReading(path("link")))
        #expect(try disk.status(of: path("link")).kind == .regular)
        #expect(code { _ = try disk.openForWriting(path("link")) } == ELOOP)
        try FileManager.default.createSymbolicLink(
            atPath: directory.text("dangling"), withDestinationPath: directory.text("none"))
        #expect(code { _ = try disk.status(of: path("dangling")) } == ENOENT)
    }

    @Test("what is written stands at its offset, and is ours alone")
    func writing() throws {
        let handle = try disk.openForWriting(path("a"))
        defer { disk.close(handle) }
        try disk.write(handle, Array("world".utf8).span, at: 6)
        try disk.write(handle, Array("hello ".utf8).span, at: 0)
        try disk.write(handle, [UInt8]().span, at: 0)
        try disk.sync(handle)
        try disk.syncDirectory(directory.path)
        #expect(try String(contentsOfFile: directory.text("a"), encoding: .utf8) == "hello world")
        let mode = try FileManager.default.attributesOfItem(atPath: directory.text("a"))
        #expect(mode[.posixPermissions] as? Int == 0o600)
        // Opened again it is neither cut nor made anew.
        disk.close(try disk.openForWriting(path("a")))
        #expect(try disk.status(of: path("a")).size == 11)
        let reader = try disk.openForReading(path("a"))
        defer { disk.close(reader) }
        #expect(code { try disk.write(reader, [1].span, at: 0) } == EBADF)
        #expect(code { _ = try disk.openForWriting(path("none/a")) } == ENOENT)
        #expect(code { try disk.syncDirectory(path("none")) } == ENOENT)
        #expect(code { try disk.sync(Platform.FileHandle(descriptor: -1)) } == EBADF)
    }

    @Test("a full device says so")
    func full() throws {
        let handle = try disk.openForWriting("/dev/full")
        defer { disk.close(handle) }
        #expect(code { try disk.write(handle, [1].span, at: 0) } == ENOSPC)
    }

    @Test("a directory is made for its owner alone; one that is there is no error")
    func makeDirectory() throws {
        try disk.makeDirectory(path("d"))
        try disk.makeDirectory(path("d"))
        let mode = try FileManager.default.attributesOfItem(atPath: directory.text("d"))
        #expect(mode[.posixPermissions] as? Int == 0o700)
        #expect(code { try disk.makeDirectory(path("none/d")) } == ENOENT)
    }

    @Test("a lock holds as long as its handle is open")
    func lock() throws {
        let one = try disk.openForWriting(path("lock"))
        let other = try disk.openForWriting(path("lock"))
        defer { disk.close(other) }
        #expect(try disk.lock(one))
        #expect(try !disk.lock(other))
        disk.close(one)
        #expect(try disk.lock(other))
    }

    @Test("a descriptor is closed once it is closed, and not inherited")
    func closing() throws {
        let handle = try disk.openForWriting(path("a"))
        #expect(fcntl(handle.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        disk.close(handle)
        let reader = try disk.openForReading(path("a"))
        #expect(fcntl(reader.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        disk.close(reader)
    }

    @Test("inotify is trusted on a local disk, and nowhere that is not there")
    func inotify() {
        #expect(disk.inotifySeesChanges(in: directory.path))
        #expect(!disk.inotifySeesChanges(in: path("none")))
    }

    @Test("readAll goes on after short reads, to the count or the end of the file")
    func readAll() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        disk.addDirectory("/logs")
        let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        disk.append(bytes, to: disk.createFile("/logs/a"))
        let handle = try disk.openForReading("/logs/a")
        for limit in [1, 7, 4_096, 10_000] {
            disk.readLimit = limit
            for (start, count) in [(0, 5_000), (10, 20), (4_990, 100), (5_000, 1), (9_000, 1)] {
                var buffer = ByteBuffer(capacity: 0)
                let read = try disk.readAll(handle, at: UInt64(start), count, into: &buffer)
                let expected = Array(bytes.dropFirst(start).prefix(count))
                #expect(buffer.array == expected)
                #expect(read == expected.count)
            }
        }
        disk.close(handle)
    }
}
