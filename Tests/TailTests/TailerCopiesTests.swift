// Copies: the text of a file that goes on elsewhere, plain or compressed, is read once.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Copies") struct TailerCopiesTests {
    private let tailing = Tailing(["/logs/a.log*"])

    @discardableResult
    private func pack(_ path: Path) -> UInt64 {
        let inode = tailing.world.names[path] ?? 0
        let packed = tailing.world.createFile(Path(bytes: path.bytes + Array(".gz".utf8)))
        tailing.world.append(gzipped(tailing.bytes(inode)), to: packed)
        tailing.world.remove(path)
        return packed
    }

    @Test("copied and truncated, what was read is not read again, and nothing is abandoned")
    func copyTruncate() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.copy(inode, to: "/logs/a.log.1")
        tailing.rewrite(inode, lines(100..<110))
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<30) + lines(100..<110)))
        #expect(tailing.files.count == 2)
        #expect(tailing.total.bytes(.abandonedByTruncation) == 0)
        #expect(tailing.tracked("/logs/a.log.1")?.record.origin == "/logs/a.log")
        #expect(
            tailing.takeNotes().contains(.copied(from: "/logs/a.log", to: "/logs/a.log.1")))
    }

    @Test("what stands in the copy alone is read from there, under the ids it would have had")
    func unreadInTheCopy() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.append(lines(30..<40), to: inode)
        tailing.copy(inode, to: "/logs/a.log.1")
        tailing.rewrite(inode, lines(100..<110))
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted() == text(of: lines(0..<40) + lines(100..<110)).sorted())
        let first = tailing.taken[0].incarnation
        #expect(tailing.taken.filter { $0.incarnation == first }.count == 40)
        #expect(tailing.total.bytes(.abandonedByTruncation) == 0)
    }

    @Test("a copy made while nobody watched goes on where reading was")
    func whileDown() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.append(lines(30..<40), to: inode)
        tailing.copy(inode, to: "/logs/a.log.1")
        tailing.rewrite(inode, lines(100..<150))
        tailing.restart()
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted() == text(of: lines(0..<40) + lines(100..<150)).sorted())
    }

    @Test("a copy that lacks what was written after it was made is known, too")
    func shorterCopy() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.copy(inode, to: "/logs/a.log.1")
        tailing.append(lines(30..<40), to: inode)
        tailing.cycles(2)
        tailing.rewrite(inode, lines(100..<110))
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<40) + lines(100..<110)))
        // Written to after all, the copy is a log like others.
        tailing.append("more\n", to: tailing.world.names["/logs/a.log.1"] ?? 0)
        tailing.cycles(3)
        #expect(tailing.texts.last == "more")
        tailing.restart()
        tailing.cycles(3)
        #expect(tailing.texts.last == "more")
        #expect(tailing.total.bytes(.filteredCopies) == UInt64(lines(0..<30).utf8.count))
    }

    @Test("a short copy is told by all of its bytes, also once its file is cut")
    func shortCopy() {
        let inode = tailing.file("/logs/a.log", lines(0..<2))
        let copied = tailing.copy(inode, to: "/logs/a.log.1")
        tailing.append(lines(2..<60), to: inode)
        tailing.cycles(3)
        tailing.rewrite(inode, lines(100..<110))
        tailing.cycles(5)
        #expect(tailing.texts.count == 70)
        #expect(tailing.tracked("/logs/a.log.1")?.record.inode == copied)
    }

    @Test("a copy is not read while its file lives, until it was patient for long")
    func backup() {
        let inode = tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.copy(inode, to: "/logs/a.log.1")
        tailing.cycles(30)
        #expect(tailing.texts.count == 30)
        tailing.cycles(40)
        #expect(tailing.texts.count == 60)
    }

    @Test("the same head and another text is another file")
    func equalHeads() {
        let head = String(repeating: "# header\n", count: 200)
        let inode = tailing.file("/logs/a.log", head + lines(0..<100))
        tailing.cycles(2)
        let other = tailing.world.createFile("/logs/a.log.1")
        tailing.world.append(Array((head + lines(200..<300)).utf8), to: other)
        tailing.cycles(2)
        tailing.rewrite(inode, lines(300..<301))
        tailing.cycles(5)
        #expect(tailing.texts.filter { $0.hasPrefix("line") }.count == 201)
        #expect(tailing.texts.filter { $0 == "# header" }.count == 400)
    }

    @Test("rotated and compressed, half read: reading goes on within the gzip")
    func halfReadGzip() {
        tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.append(lines(30..<60), to: tailing.world.names["/logs/a.log"] ?? 0)
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.file("/logs/a.log", lines(100..<110))
        pack("/logs/a.log.1")
        tailing.restart()
        tailing.cycles(5)
        #expect(
            tailing.texts.sorted() == text(of: lines(0..<60) + lines(100..<110)).sorted())
        #expect(Set(tailing.taken.filter { $0.text < "line 6" }.map(\.incarnation)).count <= 2)
        tailing.restart()
        tailing.cycles(5)
        #expect(tailing.texts.count == 70)
    }

    /// 30 lines that were read are `a.log.1` then, and 10 new ones `a.log`.
    private func rotate() {
        tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.file("/logs/a.log", lines(100..<110))
    }

    @Test("compressed while the agent runs, after it was read: nothing is read again")
    func readGzip() {
        rotate()
        tailing.cycles(3)
        pack("/logs/a.log.1")
        tailing.cycles(80)
        #expect(tailing.texts.count == 40)
        #expect(tailing.tracked("/logs/a.log.1.gz")?.record.isWhole == true)
        tailing.world.rename("/logs/a.log.1.gz", to: "/logs/a.log.2.gz")
        tailing.cycles(3)
        tailing.restart()
        tailing.cycles(5)
        #expect(tailing.texts.count == 40)
    }

    @Test(
        "a gzip that nobody knew and that begins as another file does is read", arguments: [0, 100])
    func equalHeads(headers: Int) {
        let head = String(repeating: "# the same header\n", count: headers)
        // Without a header it is a hole that they have in common.
        let hole = headers == 0 ? 100_000 : 0
        for (name, range) in [("/logs/a.log" as Path, 0..<30), ("/logs/a.log.2", 50..<80)] {
            let inode = tailing.file(name, head)
            tailing.world.skip(inode, to: hole)
            tailing.append(lines(range), to: inode)
        }
        tailing.cycles(3)
        tailing.world.remove("/logs/a.log.2")
        let unknown = tailing.world.createFile("/logs/a.log.1.gz")
        let text = [UInt8](repeating: 0, count: hole) + Array((head + lines(100..<130)).utf8)
        tailing.world.append(gzipped(text), to: unknown)
        tailing.cycles(100)
        #expect(tailing.texts.filter { $0.hasPrefix("line") }.count == 90)
        #expect(tailing.tracked("/logs/a.log.1.gz")?.record.isWhole == true)
    }

    @Test(
        "started at its end, a log that is compressed is read on in its gzip", arguments: [30, 300])
    func startedAtEnd(before: Int) {
        let tailing = Tailing(["/logs/a.log*"], startsAtEnd: true)
        let old = tailing.world.createFile("/logs/a.log.9.gz")
        tailing.world.append(gzipped(Array(lines(500..<600).utf8)), to: old)
        let inode = tailing.file("/logs/a.log", lines(0..<before))
        tailing.cycles(3)
        #expect(tailing.texts.isEmpty)
        tailing.append(lines(before..<before + 5), to: inode)
        tailing.cycles(3)
        tailing.append(lines(before + 5..<before + 9), to: inode)
        let text = tailing.world.inodes[inode]?.bytes ?? []
        tailing.world.append(gzipped(text), to: tailing.world.createFile("/logs/a.log.1.gz"))
        tailing.world.remove("/logs/a.log")
        tailing.cycles(100)
        let expected = lines(before..<before + 9).split(separator: "\n").map(String.init)
        #expect(tailing.texts == expected)
    }

    @Test("the gzip of a file that was cut behind its hole is that of what came after")
    func gzipBehindHole() {
        let inode = tailing.fileCutBehindHole("/logs/a.log.1", to: 26_138)
        #expect(tailing.holes == [0..<26_138])
        tailing.world.skip(inode, to: 23_648)
        tailing.append(lines(0..<1_000), to: inode)
        pack("/logs/a.log.1")
        tailing.sweep()
        tailing.cycles(100)
        #expect(tailing.texts == lines(0..<1_000).split(separator: "\n").map(String.init))
        #expect(tailing.tracked("/logs/a.log.1.gz")?.record.isWhole == true)
    }

    @Test("of many gzips of one family each is looked at a few times, not once for each other")
    func manyGzips() {
        for number in 0..<300 {
            let packed = tailing.world.createFile(Path("/logs/a.log.\(number).gz"))
            tailing.world.append(
                gzipped(Array(lines(number * 100..<number * 100 + 30).utf8)), to: packed)
        }
        tailing.sweep()
        #expect(tailing.files.count == 300)
        #expect(tailing.disk.reads < 300 * 10)
    }

    @Test("compressed after its descriptor was given back: the same")
    func closedThenGzip() {
        rotate()
        tailing.cycles(70)
        #expect(tailing.tracked("/logs/a.log.1")?.handle == nil)
        pack("/logs/a.log.1")
        tailing.cycles(80)
        #expect(tailing.texts.count == 40)
        #expect(tailing.tracked("/logs/a.log.1.gz")?.record.isWhole == true)
    }

    @Test("a copy of a file that was not read yet waits until it is")
    func unreadParent() {
        tailing.file("/logs/a.log", lines(0..<30))
        tailing.sweep()
        tailing.bear()
        let packed = tailing.world.createFile("/logs/a.log.gz")
        tailing.world.append(
            gzipped(tailing.bytes(tailing.world.names["/logs/a.log"] ?? 0)), to: packed)
        for _ in 0..<100 { tailing.sweep() }
        tailing.world.remove("/logs/a.log")
        tailing.cycles(20)
        #expect(tailing.texts.count == 30)
        #expect(tailing.files.count == 1)
    }

    @Test("a short new file beside one that is gone is read at once")
    func shortStranger() {
        tailing.file("/logs/a.log", lines(0..<50))
        tailing.cycles(2)
        tailing.world.remove("/logs/a.log")
        tailing.file("/logs/a.log.1", lines(100..<102))
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.texts.count == 52)
    }

    @Test("while the gzip is written and its file is there, nothing is read of it")
    func gzipInTheMaking() {
        tailing.file("/logs/a.log", lines(0..<30))
        tailing.cycles(2)
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        let packed = gzipped(tailing.bytes(tailing.world.names["/logs/a.log.1"] ?? 0))
        let gzip = tailing.world.createFile("/logs/a.log.1.gz")
        tailing.cycles(2)
        for byte in packed {
            tailing.world.append([byte], to: gzip)
            tailing.cycles(1)
        }
        tailing.world.remove("/logs/a.log.1")
        tailing.cycles(80)
        #expect(tailing.texts.count == 30)
        #expect(tailing.tracked("/logs/a.log.1.gz")?.record.isWhole == true)
    }

    @Test("gzips that are there from the start are read as the text they hold")
    func strangerGzips() {
        for number in 1...5 {
            let inode = tailing.world.createFile(Path("/logs/a.log.\(number).gz"))
            let text = lines(number * 1000..<number * 1000 + 300)
            tailing.world.append(
                gzipped(Array(text.utf8)) + gzipped(Array("last \(number)\n".utf8)), to: inode)
        }
        tailing.cycles(10)
        #expect(tailing.texts.count == 5 * 301)
        #expect(Set(tailing.texts).count == 5 * 301)
        tailing.restart()
        tailing.cycles(10)
        #expect(tailing.texts.count == 5 * 301)
    }

    @Test("a gzip in which reading was broken off goes on there")
    func brokenOff() {
        let inode = tailing.world.createFile("/logs/a.log.1.gz")
        tailing.world.append(gzipped(Array(lines(0..<2000).utf8)), to: inode)
        tailing.sweep()
        tailing.bear()
        tailing.turn()
        tailing.settle()
        tailing.image()
        let count = tailing.texts.count
        #expect(count > 0 && count < 2000)
        tailing.restart()
        tailing.cycles(30)
        #expect(tailing.texts == text(of: lines(0..<2000)))
    }

    @Test("of another gzip under the same inode nothing is taken for read")
    func replacedGzip() {
        let inode = tailing.world.createFile("/logs/a.log.1.gz")
        tailing.world.append(gzipped(Array(lines(0..<20).utf8)), to: inode)
        tailing.cycles(5)
        tailing.world.truncate(inode)
        tailing.world.append(gzipped(Array(lines(50..<80).utf8)), to: inode)
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<20) + lines(50..<80)))
    }

    @Test("a file found before its first bytes is a gzip when they come", arguments: [0, 1])
    func lateGzip(first: Int) {
        let inode = tailing.world.createFile("/logs/a.log.new")
        let packed = gzipped(Array(lines(0..<20).utf8))
        tailing.world.append(Array(packed.prefix(first)), to: inode)
        tailing.cycles(3)
        tailing.world.append(Array(packed.dropFirst(first)), to: inode)
        tailing.cycles(5)
        #expect(tailing.texts == text(of: lines(0..<20)))
    }

    @Test("a damaged gzip is read as far as it goes, and said")
    func damaged() {
        let inode = tailing.world.createFile("/logs/a.log.1.gz")
        var packed = gzipped(Array(lines(0..<20).utf8))
        packed[packed.count - 6] ^= 1
        tailing.world.append(packed, to: inode)
        tailing.cycles(20)
        #expect(tailing.texts == text(of: lines(0..<20)))
        let damage = tailing.takeNotes().filter { if case .damaged = $0 { true } else { false } }
        #expect(damage.count == 1)
        #expect(!tailing.hasUnread)
    }

    @Test("more text than may be inflated of one file stays where it is")
    func bomb() {
        let tailing = Tailing(["/logs/*"], inflated: 100_000)
        let bomb = tailing.world.createFile("/logs/bomb.gz")
        tailing.world.append(
            gzipped([UInt8](repeating: 0x20, count: 5_000_000) + [0x0a]), to: bomb)
        let inode = tailing.world.createFile("/logs/lines.gz")
        tailing.world.append(gzipped(Array(lines(0..<100_000).utf8)), to: inode)
        tailing.file("/logs/plain", "one\n")
        tailing.cycles(20)
        #expect(tailing.texts.contains("one"))
        #expect(tailing.texts.count > 1000)
        #expect(tailing.texts.count < 3000)
        let notes = tailing.takeNotes().filter {
            if case .tooLargeInflated = $0 { true } else { false }
        }
        #expect(notes.count == 2)
        #expect(!tailing.hasUnread)
    }
}

extension String {
    fileprivate var path: Path { Path(self) }
}
