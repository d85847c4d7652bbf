// What inotify tells of a real directory.
import Foundation
import Glibc
import Platform
import TestKit
import Testing

@Suite("Watch") struct WatchTests {
    private let directory = TemporaryDirectory()

    private func path(_ name: Path) -> Path { directory.path.appending(name) }

    @Test("made, written, renamed, deleted: each is a hint with the path it concerns")
    func hints() throws {
        var watch = try Watch()
        try watch.add(directory.path)
        #expect(try watch.hints() == [])
        #expect(try wait(for: [watch.descriptor], atMost: .zero) == [false])

        let handle = try LinuxFileSystem().openForWriting(path("a"))
        defer { LinuxFileSystem().close(handle) }
        #expect(try wait(for: [watch.descriptor], atMost: .zero) == [true])
        #expect(try watch.hints() == [.named(path("a"))])

        for _ in 0..<3 { try LinuxFileSystem().write(handle, [1, 2, 3].span, at: 0) }
        #expect(try watch.hints() == [.written(path("a"))])

        try FileManager.default.moveItem(
            atPath: directory.text("a"), toPath: directory.text("b"))
        #expect(try watch.hints() == [.named(path("a")), .named(path("b"))])

        try LinuxFileSystem().write(handle, [4].span, at: 3)
        #expect(try watch.hints() == [.written(path("b"))])
        #expect(ftruncate(handle.descriptor, 0) == 0)
        #expect(try watch.hints() == [.written(path("b"))])

        try FileManager.default.removeItem(atPath: directory.text("b"))
        #expect(try watch.hints() == [.named(path("b"))])
        #expect(try watch.hints() == [])
    }

    @Test("many hints come at once, each path once")
    func many() throws {
        var watch = try Watch()
        try watch.add(directory.path)
        let disk = LinuxFileSystem()
        for round in 0..<2 {
            for number in 0..<1_500 {
                let handle = try disk.openForWriting(
                    path(Path("a file with a long name \(number)")))
                try disk.write(handle, [UInt8(round)].span, at: 0)
                disk.close(handle)
            }
        }
        let hints = try watch.hints()
        #expect(hints.count == Set(hints).count)
        #expect(
            Set(hints).isSuperset(
                of: (0..<1_500).map {
                    .written(path(Path("a file with a long name \($0)")))
                }))
    }

    @Test("a directory that goes away says so, and can be watched again")
    func directoryGone() throws {
        let disk = LinuxFileSystem()
        var watch = try Watch()
        try disk.makeDirectory(path("sub"))
        try watch.add(path("sub"))
        try FileManager.default.removeItem(atPath: directory.text("sub"))
        #expect(try watch.hints() == [.directoryGone(path("sub"))])
        #expect(throws: SystemError.self) { try watch.add(path("sub")) }
        try disk.makeDirectory(path("sub"))
        try watch.add(path("sub"))
        disk.close(try disk.openForWriting(path("sub/a")))
        #expect(try watch.hints() == [.named(path("sub/a"))])
        // Moved away, its old path tells nothing any more.
        try FileManager.default.moveItem(
            atPath: directory.text("sub"), toPath: directory.text("moved"))
        #expect(try watch.hints() == [.directoryGone(path("sub"))])
        disk.close(try disk.openForWriting(path("moved/b")))
        #expect(try watch.hints() == [])
    }

    @Test("what is no longer wanted is no longer watched")
    func keeping() throws {
        let disk = LinuxFileSystem()
        var watch = try Watch()
        for name in ["one", "two"] as [Path] {
            try disk.makeDirectory(path(name))
            try watch.add(path(name))
            try watch.add(path(name))
        }
        watch.keep([path("two")])
        for name in ["one/a", "two/a"] as [Path] { disk.close(try disk.openForWriting(path(name))) }
        #expect(try watch.hints() == [.named(path("two/a"))])
    }

    @Test("only directories are watched")
    func onlyDirectories() throws {
        try directory.write("x", to: "a")
        var watch = try Watch()
        let error = #expect(throws: SystemError.self) { try watch.add(path("a")) }
        #expect(error?.code == ENOTDIR)
    }
}
