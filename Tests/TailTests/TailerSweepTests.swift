// Which file is which: names that come, go and change, and what is not to be seen for a while.
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Sweep") struct TailerSweepTests {
    private let tailing = Tailing()

    @Test("a file is read once its record is durable, not before")
    func births() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        tailing.read()
        #expect(tailing.texts == [])
        #expect(tailing.hasUnread)
        tailing.bear()
        tailing.read()
        #expect(tailing.texts == ["one"])
        #expect(tailing.takeNotes() == [.found("/logs/a.log", offset: 0)])
    }

    @Test("a renamed file is the same file, and its successor another one")
    func rename() {
        let first = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.append("two\n", to: first)
        tailing.file("/logs/a.log", "three\n")
        tailing.cycle()
        #expect(tailing.texts == ["one", "two", "three"])
        #expect(tailing.files.count == 2)
        let old = tailing.tracked("/logs/a.log.1")
        #expect(old?.record.inode == first)
        #expect(old?.record.origin == "/logs/a.log")
        #expect(
            tailing.takeNotes().contains(.renamed(from: "/logs/a.log", to: "/logs/a.log.1")))
    }

    @Test("several rotations between two sweeps: all is read, the oldest first")
    func manyRenames() {
        let first = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.append("two\n", to: first)
        tailing.world.rename("/logs/a.log", to: "/logs/a.2.log")
        tailing.file("/logs/a.1.log", "three\n")
        tailing.file("/logs/a.log", "four\n")
        tailing.cycle()
        #expect(Set(tailing.texts) == ["one", "two", "three", "four"])
        #expect(tailing.texts.count == 4)
        #expect(tailing.tracked("/logs/a.2.log")?.record.inode == first)
    }

    @Test("renamed back, a file goes on as if nothing had been")
    func renamedBack() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.20240101")
        tailing.cycle()
        tailing.world.rename("/logs/a.log.20240101", to: "/logs/a.log")
        tailing.append("two\n", to: inode)
        tailing.cycle()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.files.count == 1)
    }

    @Test("rotated to a name that is excluded, a file is still read to its end")
    func renamedToExcluded() {
        let tailing = Tailing(["/logs/*"], exclude: ["*.1"])
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.file("/logs/b.1", "never\n")
        tailing.cycle()
        tailing.append("two\n", to: inode)
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.file("/logs/a.log", "three\n")
        tailing.cycle()
        #expect(Set(tailing.texts) == ["one", "two", "three"])
        #expect(tailing.tracked("/logs/a.log.1")?.record.inode == inode)
    }

    @Test(
        "rotated while the agent was down, out of the patterns or to an excluded name, a file goes on",
        arguments: [["/logs/*.log"], ["/logs/*"]] as [[Path]])
    func renamedWhileDown(globs: [Path]) {
        let tailing = Tailing(globs, exclude: ["*.1"])
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.append("two\n", to: inode)
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.file("/logs/a.log", "three\n")
        tailing.restart()
        tailing.cycles(5)
        #expect(Set(tailing.texts) == ["one", "two", "three"])
        #expect(tailing.texts.count == 3)
        #expect(tailing.total.bytes(.abandonedByDeletion) == 0)
    }

    @Test("a file with two names is read once")
    func hardLink() {
        let inode = tailing.file("/logs/b.log", "one\n")
        tailing.cycle()
        tailing.disk.links["/logs/a.log"] = "/logs/b.log"
        tailing.append("two\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.files.count == 1)
    }

    @Test("what is excluded or no file is left alone; the latter is said once")
    func leftAlone() {
        let tailing = Tailing(exclude: ["*.tmp.log", "/logs/private*"])
        tailing.file("/logs/a.tmp.log", "x\n")
        tailing.file("/logs/private.log", "x\n")
        tailing.file("/logs/pipe.log", "x\n")
        tailing.disk.devices = ["/logs/pipe.log"]
        tailing.world.addDirectory("/logs/dir.log")
        tailing.cycles(3)
        #expect(tailing.texts == [])
        #expect(tailing.files.isEmpty)
        #expect(
            tailing.takeNotes() == [.notRegular("/logs/dir.log"), .notRegular("/logs/pipe.log")])
    }

    @Test("the agent's own output is never read")
    func ownOutput() throws {
        let inode = tailing.file("/logs/own.log", "x\n")
        tailing.tailer.ignore(device: 1, inode: inode)
        tailing.cycles(2)
        #expect(tailing.texts == [])
    }

    @Test("a file or directory that cannot be looked at is not taken for deleted")
    func unreadable() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        // Closed after a minute of quiet.
        tailing.cycles(70)
        #expect(!tailing.world.isOpen(inode))
        for path in ["/logs/a.log", "/logs"] as [Path] {
            tailing.world.unreadable = [path: EACCES]
            for _ in 0..<10 { #expect(!tailing.sweep()) }
            #expect(tailing.files.count == 1)
        }
        tailing.world.unreadable = [:]
        tailing.append("two\n", to: inode)
        tailing.cycles(5)
        #expect(tailing.texts == ["one", "two"])
        let failures = tailing.takeNotes().filter { note in
            if case .sweepFailed = note { true } else { false }
        }
        #expect(failures.count == 2, "each path is reported once")
    }

    @Test("nor is one whose record waits in the state")
    func unreadableAfterRestart() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.restart()
        tailing.world.unreadable = ["/logs/a.log": EACCES]
        for _ in 0..<10 { #expect(!tailing.sweep()) }
        tailing.world.unreadable = [:]
        tailing.append("two\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two"])
    }

    @Test("a failed read while a file is recognised does not make it a new one")
    func failedProof() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.append("two\n", to: inode)
        for failure in 0..<2 {
            tailing.restart()
            tailing.disk.readFaults = [Int32?](repeating: nil, count: failure) + [EIO]
            #expect(!tailing.sweep(), "the sweep was not clean")
            tailing.disk.readFaults = []
            tailing.cycles(2)
            #expect(tailing.texts == ["one", "two"])
        }
    }

    @Test("a deleted file that is closed is forgotten after clean sweeps for half a minute")
    func deletedWhileClosed() {
        tailing.file("/logs/a.log", "one\n")
        tailing.cycles(70)
        tailing.world.remove("/logs/a.log")
        for _ in 0..<30 { tailing.sweep() }
        #expect(tailing.files.count == 1)
        tailing.world.unreadable = ["/logs": EIO]
        tailing.sweep()
        #expect(tailing.files.count == 1)
        tailing.world.unreadable = [:]
        tailing.sweep()
        #expect(tailing.files.isEmpty)
        #expect(tailing.total.bytes(.stored) == 4)
        #expect(tailing.total.bytes(.abandonedByDeletion) == 0)
    }

    @Test("a file that may not be opened neither skips what comes later nor keeps what is gone")
    func denied() {
        let tailing = Tailing(startsAtEnd: true)
        tailing.file("/logs/secret.log", "secret\n")
        tailing.file("/logs/old.log", "old\n")
        tailing.world.denied = ["/logs/secret.log"]
        tailing.cycles(2)
        tailing.file("/logs/new.log", "new\n")
        tailing.cycles(70)
        #expect(tailing.texts == ["new"])
        #expect(tailing.notes.count { if case .unreadable = $0 { true } else { false } } == 1)
        tailing.world.remove("/logs/new.log")
        tailing.cycles(40)
        #expect(tailing.files.map(\.record.path) == ["/logs/old.log"])
        // It may be read at last, and nothing says what of it is old.
        tailing.world.denied = []
        tailing.cycles(2)
        #expect(tailing.texts == ["new", "secret"])
    }

    @Test("one that is known by its inode is waited for")
    func deniedKnown() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycles(2)
        tailing.world.denied = ["/logs/a.log"]
        tailing.restart()
        tailing.cycles(100)
        tailing.world.denied = []
        tailing.append("two\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two"])
    }

    @Test(
        "what cannot be listed for an hour keeps nothing that is gone, if permissions forbid it",
        arguments: [EACCES, EIO])
    func deniedDirectory(code: Int32) {
        let tailing = Tailing(["/logs/*.log", "/private/*.log"])
        tailing.world.addDirectory("/private")
        tailing.world.unreadable["/private"] = code
        tailing.file("/logs/a.log", "one\n")
        tailing.cycles(70)
        tailing.world.remove("/logs/a.log")
        tailing.cycles(100)
        #expect(tailing.tracked("/logs/a.log") != nil)
        tailing.clock.advance(by: .seconds(3600))
        tailing.cycles(40)
        #expect((tailing.tracked("/logs/a.log") == nil) == (code == EACCES))
    }

    @Test("a file deleted while the agent was down is forgotten, its unread bytes counted")
    func deletedWhileDown() {
        tailing.file("/logs/a.log", "one\ntwo\n")
        tailing.sweep()
        tailing.bear()
        tailing.turn(atMost: 1)
        tailing.settle()
        tailing.image()
        tailing.world.remove("/logs/a.log")
        tailing.restart()
        tailing.cycles(30)
        #expect(tailing.pendingBytes == 4)
        tailing.cycle()
        #expect(tailing.pendingBytes == 0)
        #expect(tailing.total.bytes(.stored) == 4)
        #expect(tailing.total.bytes(.abandonedByDeletion) == 4)
        #expect(tailing.takeNotes().contains(.removed("/logs/a.log", unread: 4)))
        tailing.image()
        #expect(tailing.durable.isEmpty)
    }

    @Test("a record whose directory is not there is kept: the volume may be missing")
    func missingDirectory() {
        tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.restart()
        tailing.world.unreadable = ["/logs": ENOENT]
        tailing.cycles(10)
        tailing.world.unreadable = [:]
        tailing.cycles(2)
        #expect(tailing.texts == ["one"])
    }

    @Test("an inode that was given to a new file is a new file", arguments: [false, true])
    func inodeReuse(whileDown: Bool) {
        let inode = tailing.file("/logs/a.log", "one\ntwo\n")
        tailing.cycles(70)
        tailing.world.remove("/logs/a.log")
        if whileDown { tailing.restart() }
        #expect(tailing.file("/logs/b.log", "one\nthree\nfour\n") == inode)
        tailing.cycles(5)
        #expect(tailing.texts == ["one", "two", "one", "three", "four"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
        #expect(tailing.files.count == 1)
    }

    @Test("also where the file system keeps no time of birth", arguments: [false, true])
    func inodeReuseWithoutBirth(whileDown: Bool) {
        tailing.disk.keepsNoBirth = true
        tailing.file("/logs/a.log", "one\ntwo\n")
        tailing.cycles(70)
        tailing.world.remove("/logs/a.log")
        if whileDown { tailing.restart() }
        tailing.file("/logs/b.log", "one\nthree\nfour\n")
        tailing.cycles(5)
        #expect(tailing.texts == ["one", "two", "one", "three", "four"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
    }

    @Test("many records without files are forgotten at once")
    func manyForgotten() {
        for number in 0..<3_000 { tailing.file(Path("/logs/\(number).log")) }
        tailing.cycle()
        for number in 0..<3_000 { tailing.world.remove(Path("/logs/\(number).log")) }
        tailing.restart()
        tailing.cycles(31)
        tailing.image()
        #expect(tailing.durable.isEmpty)
    }
}
