// Holes: writers that go on at their old offset after their file was cut.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Holes") struct TailerHolesTests {
    private let tailing = Tailing()

    @Test("five megabytes of hole at the head cost a few reads, and the lines behind it are exact")
    func leading() {
        let inode = tailing.file("/logs/a.log")
        tailing.world.skip(inode, to: 5_000_123)
        tailing.append("one\ntwo\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.taken.map(\.offset) == [5_000_123, 5_000_127])
        #expect(tailing.holes == [0..<5_000_123])
        #expect(tailing.disk.bytesRead < 100_000)
        #expect(tailing.disk.reads < 10)
        #expect(tailing.total.bytes(.filteredHoles) == 5_000_123)
        #expect(tailing.total.bytes(.stored) == 8)
        tailing.append("three\n", to: inode)
        tailing.cycles(2)
        tailing.restart()
        tailing.append("four\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two", "three", "four"])
    }

    @Test("cut by copytruncate under a writer that does not append, the next lines are exact")
    func copyTruncate() {
        let inode = tailing.file("/logs/a.log", String(repeating: "old line\n", count: 10_000))
        tailing.cycles(2)
        for round in 1...3 {
            let size = tailing.world.inodes[inode]!.bytes.count
            tailing.world.truncate(inode)
            tailing.world.skip(inode, to: size)
            tailing.append("round \(round)\n", to: inode)
            tailing.cycles(3)
            #expect(tailing.texts.count == 10_000 + round)
            #expect(tailing.taken.last?.text == "round \(round)")
            #expect(tailing.taken.last?.offset == UInt64(size))
        }
    }

    @Test("a hole between lines is no line, one within a line ends it", arguments: ["", "abc"])
    func inner(rest: String) {
        let inode = tailing.file("/logs/a.log", "one\n" + rest)
        tailing.world.skip(inode, to: 1_000_000)
        tailing.append("def\nlast\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one"] + (rest.isEmpty ? [] : [rest]) + ["def", "last"])
        #expect(tailing.holes == [UInt64(4 + rest.count)..<1_000_000])
        #expect(tailing.total.allBytes == 1_000_009)
    }

    @Test(
        "a long line ends at a hole, whether it fits the window or not", arguments: [7_000, 50_000])
    func longLine(length: Int) {
        let tailing = Tailing(maxLine: 5_000)
        let inode = tailing.file("/logs/a.log", String(repeating: "x", count: length))
        tailing.world.skip(inode, to: 1_000_000)
        tailing.append("last\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.longLines.map(\.length) == [UInt64(length)])
        #expect(tailing.longLines.map(\.isTorn) == [true])
        #expect(tailing.texts == [String(repeating: "x", count: 5_000), "last"])
        #expect(tailing.holes == [UInt64(length)..<1_000_000])
    }

    @Test("NULs that were written are bytes of their line")
    func data() {
        let nuls = String(repeating: "\0", count: 9_000)
        let inode = tailing.file("/logs/a.log", nuls + "a\nb\0c\n")
        tailing.cycles(2)
        #expect(tailing.texts == [nuls + "a", "b\0c"])
        #expect(tailing.holes.isEmpty)
        tailing.append("\0\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts.last == "\0")
    }

    @Test(
        "in a gzip a hole is NULs, however many; fewer than a block are bytes of their line",
        arguments: [1024, 5_000, 40_000, 1_000_123])
    func gzip(size: Int) {
        let tailing = Tailing(["/logs/a.log*"])
        let nuls = [UInt8](repeating: 0, count: size)
        let few = [UInt8](repeating: 0, count: 700)
        let packed = tailing.world.createFile("/logs/a.log.1.gz")
        tailing.world.append(
            gzipped(nuls + Array("one\ntwo\n".utf8) + few + Array("three\n".utf8)), to: packed)
        tailing.cycles(80)
        #expect(tailing.texts == ["one", "two", String(repeating: "\0", count: 700) + "three"])
        #expect(tailing.total.bytes(.filteredHoles) == UInt64(size))
        #expect(tailing.total.allBytes == UInt64(size + 714))
        tailing.restart()
        tailing.cycles(5)
        #expect(tailing.texts.count == 3)
    }

    @Test(
        "cut when its hole was passed, a file with a longer hole goes on behind that",
        arguments: [false, true])
    func longerHole(isReadBetween: Bool) {
        let tailing = Tailing(maxLine: 500)
        let inode = tailing.fileCutBehindHole("/logs/a.log", to: 13_331)
        #expect(tailing.holes == [0..<13_331])
        tailing.world.skip(inode, to: 13_900)
        if isReadBetween {
            tailing.cycles(3)
            #expect(!tailing.hasReady)
        }
        tailing.append("new\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["new"])
        #expect(tailing.taken.map(\.offset) == [13_900])
    }

    @Test("where the file system knows no holes, their NULs are a long line")
    func unknown() {
        tailing.disk.knowsHoles = false
        let inode = tailing.file("/logs/a.log")
        tailing.world.skip(inode, to: 100_000)
        tailing.append("one\ntwo\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.longLines.map(\.length) == [100_003])
        #expect(tailing.texts.last == "two")
        #expect(tailing.holes.isEmpty)
    }

    @Test("a hole with nothing behind it is waited at, and no reason to be busy")
    func trailing() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.world.skip(inode, to: 1_000_000)
        tailing.cycles(3)
        #expect(tailing.texts == ["one"])
        #expect(!tailing.hasReady)
        #expect(!tailing.hasUnread)
        let reads = tailing.disk.reads
        tailing.cycles(20)
        #expect(tailing.disk.reads == reads)
        tailing.append("two\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.taken.last?.offset == 1_000_000)
    }

    @Test("deleted, a file with nothing but a hole behind its last line is closed")
    func deleted() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.world.skip(inode, to: 1_000_000)
        tailing.cycles(3)
        tailing.world.remove("/logs/a.log")
        tailing.cycles(10)
        #expect(tailing.files.isEmpty)
        #expect(tailing.world.openHandles == 0)
        #expect(tailing.total.bytes(.filteredHoles) == 999_996)
        #expect(tailing.total.allBytes == 1_000_000)
    }
}
