// What is read of a file: lines, long lines, fragments, and what truncation does to them.
import Bytes
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Reading") struct TailerReadingTests {
    private let tailing = Tailing()

    private func line(_ length: Int, _ text: String = "x") -> String {
        String(repeating: text, count: length)
    }

    // MARK: - Truncation

    @Test("a truncated file is another file, read from its head; what was unread is counted")
    func truncation() {
        let inode = tailing.file("/logs/a.log", "one\ntwo\nthree\n")
        tailing.sweep()
        tailing.bear()
        tailing.turn(atMost: 1)
        tailing.rewrite(inode, "new\n")
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "new"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
        #expect(tailing.total.bytes(.stored) == 8)
        #expect(tailing.total.bytes(.abandonedByTruncation) == 10)
        #expect(tailing.takeNotes().contains(.truncated("/logs/a.log", unread: 10)))
        #expect(tailing.world.openHandles == 1)
    }

    @Test("the same when a hint is quicker than the sweep")
    func truncationHinted() {
        let inode = tailing.file("/logs/a.log", "one\ntwo\nthree\n")
        tailing.sweep()
        tailing.bear()
        tailing.turn(atMost: 1)
        tailing.rewrite(inode, "")
        tailing.read()
        tailing.append("new\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "new"])
        #expect(tailing.total.bytes(.abandonedByTruncation) == 10)
    }

    @Test("truncated and grown past the offset with the same head, a file is read anew")
    func regrown() {
        let inode = tailing.file("/logs/a.log", "head\none\n")
        tailing.cycle()
        tailing.rewrite(inode, "head\ntwo\nthree\n")
        tailing.cycles(3)
        #expect(tailing.texts == ["head", "one", "head", "two", "three"])
        // All of the first file was read: nothing is missing.
        #expect(tailing.total.bytes(.abandonedByTruncation) == 0)
        #expect(tailing.total.bytes(.stored) == 24)
    }

    @Test("truncated and grown to exactly its old size, too")
    func sameSize() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycle()
        tailing.rewrite(inode, "two\n")
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "two"])
    }

    @Test("truncated with lines in flight: those end well, and the file begins anew")
    func truncatedInFlight() {
        let inode = tailing.file("/logs/a.log", "one\ntwo\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        tailing.rewrite(inode, "new\n")
        tailing.sweep()
        tailing.read()
        #expect(tailing.files.count == 2)
        tailing.bear()
        tailing.read()
        tailing.settle()
        tailing.sweep()
        #expect(tailing.files.count == 1)
        #expect(tailing.texts == ["one", "two", "new"])
        #expect(tailing.total.bytes(.stored) == 12)
        #expect(tailing.total.bytes(.abandonedByTruncation) == 0)
    }

    @Test("dead with truncated lines in flight, each byte is counted once")
    func truncatedAndDead() {
        let inode = tailing.file("/logs/a.log", "one\ntwo\nthree\n")
        tailing.sweep()
        tailing.bear()
        tailing.turn(atMost: 2)
        tailing.settle(but: 1)
        tailing.rewrite(inode, "n\n")
        tailing.sweep()
        tailing.read()
        tailing.image()
        tailing.restart()
        tailing.cycles(40)
        let total = tailing.total
        #expect(total.bytes(.stored) == 2)
        #expect(total.bytes(.abandonedByTruncation) + total.bytes(.abandonedByDeletion) == 14)
    }

    @Test("truncated before anything is read of it again, a file is not taken for the one it was")
    func truncatedAtItsHead() {
        let inode = tailing.file("/logs/a.log", line(2_000) + "\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        tailing.image()
        tailing.restart()
        tailing.sweep()
        tailing.rewrite(inode, "new\n")
        tailing.read()
        tailing.bear()
        tailing.read()
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.texts == [line(2_000), "new", "new"])
        #expect(tailing.taken.dropFirst().first == tailing.taken.last)
    }

    @Test("of two incarnations of one file the later is taken up again, whatever the clock said")
    func laterIncarnation() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        tailing.clock.wallOffset -= 3_600_000_000_000
        tailing.rewrite(inode, "two\n")
        tailing.sweep()
        tailing.read()
        tailing.bear()
        tailing.read()
        // Both are in the state, and neither has anything that proves or disproves it.
        #expect(tailing.durable.count == 2)
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two", "two"])
        #expect(tailing.taken.dropFirst().first == tailing.taken.last)
    }

    // MARK: - Windows and lines

    @Test("lines of any length come out whole or cut, whatever the file grows by")
    func anyGrowth() {
        var random = Seed.generator(40)
        for round in 0..<30 {
            let maxLine = Int.random(in: 1...6_000, using: &random)
            let tailing = Tailing(maxLine: maxLine)
            let inode = tailing.file("/logs/a.log")
            var expected: [String] = []
            var text = ""
            for number in 0..<40 {
                let length = Int.random(in: 0...(number % 5 == 0 ? 12_000 : 300), using: &random)
                let line = line(length, ["a", "b", "c"].randomElement(using: &random) ?? "d")
                expected.append(line)
                text += line + "\n"
            }
            var rest = text[...]
            while !rest.isEmpty {
                let step = Int.random(in: 1...9_000, using: &random)
                tailing.append(String(rest.prefix(step)), to: inode)
                rest = rest.dropFirst(step)
                tailing.cycle()
            }
            let cut = expected.map { String($0.prefix(maxLine)) }
            let taken = tailing.texts.map { String($0.prefix(maxLine)) }
            #expect(taken == cut, "seed \(Seed.current), round \(round), max_line \(maxLine)")
            #expect(tailing.total.bytes(.stored) == UInt64(text.utf8.count))
            // Told by their length, cut lines are the same however they were read.
            for line in tailing.longLines {
                let index = tailing.taken.firstIndex { $0.offset == line.offset } ?? 0
                #expect(line.length == UInt64(expected[index].utf8.count))
                #expect(line.hash == xxh3(Array(expected[index].utf8).span))
            }
        }
    }

    @Test("a line that grows by 4 KiB is followed at the price of its own length")
    func growingLine() {
        let maxLine = 64 << 10
        let tailing = Tailing(maxLine: maxLine)
        let inode = tailing.file("/logs/a.log", "first\n")
        tailing.cycle()
        for _ in 0..<16 {
            tailing.append(line(4_096), to: inode)
            tailing.cycle()
        }
        // Beyond max_line the rest is not read again: 4 KiB of overlap and what is new.
        tailing.append(line(8_192), to: inode)
        tailing.cycle()
        let before = tailing.disk.bytesRead
        for _ in 0..<50 {
            tailing.append(line(4_096), to: inode)
            tailing.cycle()
        }
        #expect(tailing.disk.bytesRead - before == 50 * 8_192)
        tailing.append("\nlast\n", to: inode)
        tailing.cycle()
        #expect(tailing.longLines.map(\.length) == [68 * 4_096])
        #expect(tailing.texts.map(\.count) == [5, maxLine, 4])
        #expect(tailing.total.allBytes == tailing.tracked("/logs/a.log")?.size)
    }

    @Test("a quiet file costs no read; one that grows its overlap and what is new")
    func readCost() {
        let inode = tailing.file("/logs/a.log", line(99, "y") + "\n")
        for _ in 0..<99 { tailing.append(line(99, "y") + "\n", to: inode) }
        tailing.cycle()
        let before = tailing.disk.reads
        tailing.cycles(20)
        #expect(tailing.disk.reads == before)
        let bytes = tailing.disk.bytesRead
        tailing.append("more\n", to: inode)
        tailing.cycle()
        #expect(tailing.disk.bytesRead - bytes == 4_096 + 5)
    }

    @Test("short reads and failed reads lose nothing and double nothing")
    func shortReads() {
        var random = Seed.generator(41)
        let tailing = Tailing(maxLine: 500)
        tailing.world.readLimit = 700
        let inode = tailing.file("/logs/a.log")
        var expected: [String] = []
        for number in 0..<300 {
            let text = "\(number) " + line(Int.random(in: 0...900, using: &random))
            expected.append(String(text.prefix(500)))
            tailing.append(text + "\n", to: inode)
            if Int.random(in: 0..<4, using: &random) == 0 {
                tailing.disk.readFaults = (0..<2).map { _ in Bool.random(using: &random) ? EIO : nil
                }
            }
            tailing.cycle()
        }
        tailing.disk.readFaults = []
        tailing.cycles(800)
        #expect(tailing.texts.map { String($0.prefix(500)) } == expected, "seed \(Seed.current)")
        #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
    }

    @Test("a failed read at the end of a long line does not begin the file anew")
    func longLineFailure() {
        let tailing = Tailing(maxLine: 100)
        let inode = tailing.file("/logs/a.log", "one\n" + line(5_000))
        tailing.cycles(2)
        tailing.append("end\nlast\n", to: inode)
        tailing.sweep()
        // The window is read, the head of the line is not.
        tailing.disk.readFaults = [nil, EIO]
        tailing.read()
        tailing.cycles(3)
        #expect(tailing.texts == ["one", line(100), "last"])
        #expect(tailing.longLines.map(\.length) == [5_003])
        #expect(tailing.longLines.first?.hash == xxh3(Array((line(5_000) + "end").utf8).span))
        #expect(tailing.files.count == 1)
        #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
    }

    @Test("a long line that is truncated before its end is given up")
    func longLineTruncated() {
        let tailing = Tailing(maxLine: 100)
        let inode = tailing.file("/logs/a.log", "one\n" + line(5_000))
        tailing.cycles(2)
        tailing.rewrite(inode, "new\n")
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "new"])
        #expect(tailing.total.bytes(.abandonedByTruncation) == 5_000)
    }

    // MARK: - Fragments

    @Test("an unterminated line waits for its end as long as its file lives")
    func tornLine() {
        let inode = tailing.file("/logs/a.log", "one\ntw")
        tailing.cycles(100)
        #expect(tailing.texts == ["one"])
        #expect(!tailing.hasUnread)
        #expect(tailing.pendingBytes == 2)
        tailing.append("o\n", to: inode)
        tailing.cycle()
        #expect(tailing.texts == ["one", "two"])
    }

    @Test("the last line of a deleted file is due after a minute of silence, and ends it")
    func fragmentOfDeleted() throws {
        tailing.file("/logs/a.log", "one\ntw")
        tailing.cycle()
        tailing.world.remove("/logs/a.log")
        tailing.cycles(30)
        #expect(tailing.tailer.takeFragmentsDue() == [])
        tailing.cycles(60)
        tailing.sweep()
        let due = tailing.tailer.takeFragmentsDue()
        #expect(due.count == 1)
        #expect(tailing.takeFragment(try #require(due.first), isFinished: true))
        #expect(tailing.texts == ["one", "tw"])
        tailing.cycles(2)
        #expect(tailing.files.isEmpty)
        #expect(tailing.world.openHandles == 0)
        #expect(tailing.total.bytes(.stored) == 6)
    }

    @Test("so is that of a file whose successor took its name, but not of one that has a date")
    func fragmentOfRotated() {
        tailing.file("/logs/a.log", "one\ntw")
        tailing.file("/logs/2018-09-20.log", "three\nfou")
        tailing.cycle()
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        tailing.file("/logs/a.log", "")
        tailing.file("/logs/2018-09-21.log", "")
        tailing.cycles(70)
        tailing.sweep()
        let due = tailing.tailer.takeFragmentsDue()
        #expect(due.map { tailing.tailer.files[$0]?.record.path } == ["/logs/a.log.1"])
    }

    @Test(
        "at a shutdown a fragment is taken and its offset stays before it",
        arguments: [10, 4_000, 4_096, 5_000, 9_000], [1, 100, 4_096, 5_000])
    func fragmentAtShutdown(before: Int, length: Int) throws {
        let inode = tailing.file("/logs/a.log", line(before - 1) + "\n" + line(length, "f"))
        tailing.cycles(2)
        let slot = try #require(tailing.slot("/logs/a.log"))
        #expect(tailing.takeFragment(slot, isFinished: false))
        tailing.settle()
        tailing.image()
        #expect(tailing.texts == [line(before - 1), line(length, "f")])
        #expect(tailing.durable.map(\.committed) == [UInt64(before)])
        // And goes on there, whole, whether the agent stays or comes again.
        tailing.append("end\n", to: inode)
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.texts.last == line(length, "f") + "end")
        #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
    }

    @Test("what a fragment is asked of a whole line, of nothing, or of a line too long is none")
    func noFragment() throws {
        let tailing = Tailing(maxLine: 100)
        tailing.file("/logs/a.log", "one\n")
        let whole = tailing.file("/logs/b.log", "one\ntw")
        let long = tailing.file("/logs/c.log", line(90))
        tailing.cycle()
        tailing.append("o\n", to: whole)
        tailing.append(line(90), to: long)
        for path in ["/logs/a.log", "/logs/b.log", "/logs/c.log"] as [Path] {
            #expect(!tailing.takeFragment(try #require(tailing.slot(path)), isFinished: false))
        }
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "one", "two"])
    }

    @Test("a deleted file whose last line is too long and has no end is let go all the same")
    func longFragment() {
        let tailing = Tailing(maxLine: 100)
        tailing.file("/logs/a.log", "one\n" + line(5_000))
        tailing.cycle()
        tailing.world.remove("/logs/a.log")
        for _ in 0..<90 {
            tailing.cycle()
            for slot in tailing.tailer.takeFragmentsDue() {
                _ = tailing.takeFragment(slot, isFinished: true)
            }
        }
        #expect(tailing.texts.first == "one")
        #expect(tailing.files.isEmpty)
        #expect(tailing.world.openHandles == 0)
        #expect(tailing.total.allBytes == 5_004)
    }
}
