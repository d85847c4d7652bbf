// Nothing outside the roots is opened, whatever links say and whenever they say it.
import Bytes
import Foundation
import Glibc
import Platform
import TestKit
import Testing

@Suite("Confined file system") struct ConfinedFileSystemTests {
    private let directory = TemporaryDirectory()
    private let disk: ConfinedFileSystem

    init() throws {
        disk = ConfinedFileSystem(
            Roots([
                [directory.path.appending("logs"), directory.path.appending("pods")],
                [directory.path.appending("other")],
            ]))
        for name in ["logs/sub", "pods/a", "other", "outside/deep"] {
            try FileManager.default.createDirectory(
                atPath: directory.text(name), withIntermediateDirectories: true)
        }
        try directory.write("good", to: "logs/good.log")
        try directory.write("pod", to: "pods/a/0.log")
        try directory.write("other", to: "other/o.log")
        try directory.write("secret", to: "outside/secret.log")
        try directory.write("secret", to: "outside/deep/secret.log")
    }

    private func path(_ name: String) -> Path { directory.path.appending(Path(name)) }

    private func link(_ name: String, to target: String) throws {
        unlink(directory.text(name))
        try FileManager.default.createSymbolicLink(
            atPath: directory.text(name), withDestinationPath: target)
    }

    private func text(_ name: String) throws -> String {
        let handle = try disk.openForReading(path(name))
        defer { disk.close(handle) }
        var buffer = ByteBuffer(capacity: 100)
        _ = try disk.readAll(handle, at: 0, 100, into: &buffer)
        return String(decoding: buffer.array, as: UTF8.self)
    }

    private func code(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SystemError)?.code
        }
    }

    private func expectRefused(_ name: String, _ place: SourceLocation = #_sourceLocation) {
        for code in [
            code { _ = try disk.openForReading(path(name)) },
            code { _ = try disk.status(of: path(name)) },
        ] {
            #expect(code == EXDEV || code == ELOOP, "\(name)", sourceLocation: place)
        }
    }

    @Test("what lies beneath a root is found, opened and listed")
    func beneath() throws {
        #expect(try text("logs/good.log") == "good")
        let status = try disk.status(of: path("logs/good.log"))
        #expect(status == (try LinuxFileSystem().status(of: path("logs/good.log"))))
        #expect(status.target == nil)
        let entries = try disk.entries(of: path("logs"))
        #expect(Set(entries.map(\.name)) == ["good.log", "sub"])
        for entry in entries {
            let found = try disk.status(of: path("logs").appending(entry.name))
            #expect(found.inode == entry.inode)
        }
        #expect(try disk.entries(of: path("logs/sub")) == [])
        #expect(code { _ = try disk.status(of: path("logs/none")) } == ENOENT)
        #expect(code { _ = try disk.status(of: path("logs/good.log/x")) } == ENOTDIR)
        #expect(disk.inotifySeesChanges(in: path("logs")))
    }

    @Test("a large directory is listed whole")
    func manyEntries() throws {
        for number in 0..<3000 {
            try directory.write("", to: "logs/sub/file with a name \(number)")
        }
        #expect(try disk.entries(of: path("logs/sub")).count == 3000)
    }

    @Test("links are followed within the roots of their group: relative, absolute, in a chain")
    func followed() throws {
        try link("logs/relative.log", to: "good.log")
        try link("logs/absolute.log", to: directory.text("pods/a/0.log"))
        try link("logs/chain.log", to: "../logs/./absolute.log")
        try link("logs/dir", to: "../pods/a")
        try link("pods/a/back.log", to: "../../logs/relative.log")
        try link("logs/sub/up.log", to: "../good.log")
        for (name, content, target) in [
            ("relative.log", "good", "logs/good.log"), ("absolute.log", "pod", "pods/a/0.log"),
            ("chain.log", "pod", "pods/a/0.log"), ("dir/0.log", "pod", "pods/a/0.log"),
            ("dir/back.log", "good", "logs/good.log"), ("sub/up.log", "good", "logs/good.log"),
        ] {
            #expect(try text("logs/" + name) == content)
            #expect(try disk.status(of: path("logs/" + name)).target == path(target))
        }
        #expect(
            Set(try disk.entries(of: path("logs/dir")).map(\.name)) == ["0.log", "back.log"])
    }

    @Test("a link that leaves the roots of its group is refused, however it does so")
    func refused() throws {
        for target in [
            directory.text("outside/secret.log"), "../outside/secret.log", "/etc/shadow",
            "/dev/zero", "/proc/kmsg", "/proc/self/fd/0", "/proc/self/root/etc/shadow",
            "../pods/../outside/secret.log", directory.text("pods") + "/../outside/secret.log",
            directory.text("other/o.log"), "../../../../../../../../../etc/shadow", "bad.log",
            directory.text("logsX"), directory.text("pods") + "X/0.log", "..", "/",
        ] {
            try link("logs/bad.log", to: target)
            expectRefused("logs/bad.log")
        }
        try link("logs/way", to: "../outside")
        expectRefused("logs/way/secret.log")
        expectRefused("logs/way/deep/secret.log")
        #expect(code { _ = try disk.entries(of: path("logs/way")) } == EXDEV)
        #expect(!disk.inotifySeesChanges(in: path("logs/way")))
        try link("logs/hop.log", to: "way/secret.log")
        expectRefused("logs/hop.log")
        #expect(code { _ = try disk.openForReading(path("outside/secret.log")) } == EXDEV)
        #expect(code { _ = try disk.openForReading(path("logs/../outside/secret.log")) } == EXDEV)
    }

    @Test("a chain of more links than any installation has is refused")
    func endless() throws {
        try link("logs/l0.log", to: "good.log")
        for number in 1...40 { try link("logs/l\(number).log", to: "l\(number - 1).log") }
        #expect(try text("logs/l15.log") == "good")
        expectRefused("logs/l16.log")
        try link("logs/a", to: "b")
        try link("logs/b", to: "a/c")
        expectRefused("logs/a/x.log")
    }

    @Test("a root may be reached through links, but not through those beneath another root")
    func rootBehindLinks() throws {
        try link("entry", to: "logs")
        let disk = ConfinedFileSystem(Roots([[path("entry")]]))
        #expect(try disk.entries(of: path("entry")).count == 2)
        #expect(try disk.status(of: path("entry/good.log")).kind == .regular)
        try link("logs/inner", to: "../outside")
        let nested = ConfinedFileSystem(Roots([[path("logs")], [path("logs/inner")]]))
        #expect(code { _ = try nested.entries(of: path("logs/inner")) } == EXDEV)
        #expect(code { _ = try nested.openForReading(path("logs/inner/secret.log")) } == EXDEV)
        try link("logs/inner", to: "sub")
        try directory.write("inner", to: "logs/sub/x.log")
        nested.closeDirectories()
        #expect(try nested.entries(of: path("logs/inner")).count == 1)
    }

    @Test("what is no regular file is never opened for reading, and nothing waits for it")
    func notRegular() throws {
        #expect(mkfifo(directory.text("logs/pipe.log"), 0o600) == 0)
        #expect(mkfifo(directory.text("logs/pipe.log"), 0o600) == -1)
        let pipe = try disk.openForReading(path("logs/pipe.log"))
        defer { disk.close(pipe) }
        #expect(try disk.status(of: pipe).kind == .other)
        var buffer = ByteBuffer(capacity: 10)
        #expect(code { _ = try disk.read(pipe, at: 0, upTo: 1, into: &buffer) } == EBADF)
        #expect(try disk.status(of: path("logs/pipe.log")).kind == .other)
        #expect(try disk.status(of: path("logs/sub")).kind == .directory)
        let sub = try disk.openForReading(path("logs/sub"))
        defer { disk.close(sub) }
        #expect(try disk.status(of: sub).kind == .directory)
    }

    @Test("a directory that was made anew is found after the next look")
    func madeAnew() throws {
        #expect(try text("logs/good.log") == "good")
        try FileManager.default.moveItem(
            atPath: directory.text("logs"), toPath: directory.text("old"))
        try FileManager.default.createDirectory(
            atPath: directory.text("logs"), withIntermediateDirectories: false)
        try directory.write("new", to: "logs/good.log")
        disk.closeDirectories()
        #expect(try text("logs/good.log") == "new")
    }

    @Test("nothing is written, and no descriptor stays open")
    func leavesNothing() throws {
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .filter {
                    let target = try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/self/fd/" + $0)
                    return target.map { $0.hasPrefix(directory.path.description) } == true
                }.count
        }
        try link("logs/bad.log", to: "../outside/secret.log")
        try link("logs/far.log", to: directory.text("pods/a/0.log"))
        for _ in 0..<3 {
            _ = try text("logs/good.log")
            _ = try text("logs/far.log")
            _ = try disk.entries(of: path("logs/sub"))
            expectRefused("logs/bad.log")
        }
        #expect(try descriptors() > 0)
        disk.closeDirectories()
        #expect(try descriptors() == 0)
        #expect(code { _ = try disk.openForWriting(path("logs/new")) } == EROFS)
        #expect(code { try disk.remove(path("logs/good.log")) } == EROFS)
        #expect(try text("logs/good.log") == "good")
    }

    @Test("more directories than are kept open at a time")
    func manyDirectories() throws {
        for number in 0..<200 {
            try FileManager.default.createDirectory(
                atPath: directory.text("logs/sub/\(number)"), withIntermediateDirectories: true)
            try directory.write("\(number)", to: "logs/sub/\(number)/x")
        }
        for number in 0..<200 { _ = try disk.entries(of: path("logs/sub/\(number)")) }
        for number in 0..<200 { #expect(try text("logs/sub/\(number)/x") == "\(number)") }
    }
}
