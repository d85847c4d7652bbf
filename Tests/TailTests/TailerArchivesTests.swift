// Copies that are made in another directory, as logrotate's `olddir` does it.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Copies in other directories") struct TailerArchivesTests {
    private let tailing = Tailing(["/logs/a.log", "/logs/old/*", "/logs/*/b.log"])

    init() {
        for directory: Path in ["/logs/old", "/logs/x", "/logs/y"] {
            tailing.world.addDirectory(directory)
        }
    }

    private func pack(_ inode: UInt64, to path: Path) {
        tailing.world.append(gzipped(tailing.bytes(inode)), to: tailing.world.createFile(path))
    }

    @Test(
        "compressed into another directory while nobody watched, its rest is read, under its ids",
        arguments: [30, 25])
    func packedWhileDown(read: Int) {
        let inode = tailing.file("/logs/a.log", lines(0..<read))
        tailing.cycles(2)
        tailing.append(lines(read..<30), to: inode)
        pack(inode, to: "/logs/old/a.log-20261121.gz")
        tailing.world.remove("/logs/a.log")
        tailing.file("/logs/a.log", lines(100..<130))
        tailing.restart()
        tailing.cycles(5)
        #expect(tailing.texts.sorted() == text(of: lines(0..<30) + lines(100..<130)).sorted())
        let first = tailing.taken[0].incarnation
        #expect(tailing.taken.filter { $0.incarnation == first }.count == 30)
        #expect(tailing.tracked("/logs/old/a.log-20261121.gz")?.record.origin == "/logs/a.log")
    }

    @Test("of two copies of one record, both found at the start, one is read on")
    func twoCopies() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.copy(inode, to: "/logs/old/a.log.1")
        pack(inode, to: "/logs/old/a.log.1.gz")
        tailing.world.remove("/logs/a.log")
        tailing.restart()
        tailing.cycles(10)
        #expect(Set(tailing.texts) == Set(text(of: lines(0..<30))))
    }

    @Test("compressed into another directory between two looks, it is not read again")
    func packedWhileRunning() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        pack(inode, to: "/logs/old/a.log.1.gz")
        tailing.world.remove("/logs/a.log")
        tailing.file("/logs/a.log", lines(100..<130))
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<30) + lines(100..<130)))
    }

    @Test("compressed into another directory before it was read, it is read once")
    func packedUnread() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.sweep()
        tailing.bear()
        pack(inode, to: "/logs/old/a.log.1.gz")
        tailing.world.remove("/logs/a.log")
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<30)))
    }

    @Test("copied into another directory before it was read, it is read once", arguments: [30, 3])
    func copiedUnread(count: Int) {
        let inode = tailing.file("/logs/a.log", lines(0..<count))
        tailing.sweep()
        tailing.bear()
        tailing.copy(inode, to: "/logs/old/a.log.1")
        tailing.sweep()
        tailing.cycles(1)
        tailing.rewrite(inode, lines(100..<130))
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted() == text(of: lines(0..<count) + lines(100..<130)).sorted())
    }

    @Test("found together with its file, a gzip is its copy, whatever comes first")
    func together() {
        let tailing = Tailing(["/logs/old/*", "/logs/a.log*"])
        tailing.world.addDirectory("/logs/old")
        tailing.file("/logs/a.log", lines(50..<80))
        tailing.cycles(2)
        tailing.file("/logs/a.log.1", lines(0..<30))
        let packed = tailing.world.createFile("/logs/old/a.log.1.gz")
        tailing.world.append(gzipped(Array(lines(0..<30).utf8)), to: packed)
        tailing.cycles(2)
        tailing.world.remove("/logs/a.log.1")
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(50..<80) + lines(0..<30)))
    }

    @Test("found before its first bytes, a copy is known when they come; a file of its own is read")
    func emptyCopy() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        let (copied, other) = (
            tailing.file("/logs/old/a.log.1"), tailing.file("/logs/old/a.log.2")
        )
        tailing.cycles(2)
        tailing.append(lines(0..<30), to: copied)
        tailing.append("short\n", to: other)
        tailing.cycles(2)
        tailing.rewrite(inode, lines(100..<130))
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted()
                == text(of: lines(0..<30) + lines(100..<130) + "short\n").sorted())
    }

    @Test("cut and grown since it was read, its new life is known elsewhere as well")
    func copiedNewLife() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.rewrite(inode, lines(100..<120))
        tailing.copy(inode, to: "/logs/old/a.log.1")
        tailing.cycles(2)
        tailing.rewrite(inode, lines(200..<230))
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted()
                == text(of: lines(0..<30) + lines(100..<120) + lines(200..<230)).sorted())
    }

    @Test(
        "copied into another directory and truncated, only what is new is read", arguments: [0, 1])
    func copyTruncate(restarts: Int) {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.append(lines(30..<35), to: inode)
        tailing.copy(inode, to: "/logs/old/a.log-20261121")
        if restarts == 0 { tailing.cycles(1) }
        tailing.rewrite(inode, lines(100..<110))
        if restarts == 1 { tailing.restart() }
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted() == text(of: lines(0..<35) + lines(100..<110)).sorted())
        #expect(tailing.total.bytes(.abandonedByTruncation) == 0)
    }

    @Test("a file of the same name and text elsewhere is no copy: rotation would have renamed it")
    func sameName() {
        let inode = tailing.file("/logs/x/b.log", lines(0..<30))
        tailing.cycles(2)
        tailing.copy(inode, to: "/logs/y/b.log")
        tailing.world.remove("/logs/x/b.log")
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<30) + lines(0..<30)))
    }

    @Test("the same head and another text elsewhere is another file")
    func sameHead() {
        let banner = lines(0..<25)
        tailing.file("/logs/a.log", banner + lines(25..<40))
        tailing.cycles(2)
        tailing.world.remove("/logs/a.log")
        tailing.file("/logs/old/a.log.1", banner + lines(50..<80))
        tailing.cycles(5)
        #expect(
            tailing.texts == text(of: banner + lines(25..<40) + banner + lines(50..<80)))
    }

    @Test(
        "a short file is known while it is open; by its record alone it is not", arguments: [0, 1])
    func short(restarts: Int) {
        let inode = tailing.file("/logs/a.log", lines(0..<3))
        tailing.cycles(2)
        pack(inode, to: "/logs/old/a.log.1.gz")
        tailing.world.remove("/logs/a.log")
        if restarts == 1 { tailing.restart() }
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<3) + (restarts == 1 ? lines(0..<3) : "")))
    }

    @Test("what another input names is read for that one")
    func otherInput() {
        let tailing = Tailing(["/logs/a.log"], otherInput: ["/logs/old/*"])
        tailing.world.addDirectory("/logs/old")
        tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.file("/logs/old/a.log.1", lines(0..<30))
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<30) + lines(0..<30)))
    }
}
