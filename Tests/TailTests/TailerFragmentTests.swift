// Last lines without an end: how long they wait, and what is taken of them in the end.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Fragments") struct TailerFragmentTests {
    private let tailing = Tailing()

    private func line(_ length: Int, _ text: String = "x") -> String {
        String(repeating: text, count: length)
    }

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

    @Test("so is that of a file whose successor took its name, or is named by a later date")
    func fragmentOfRotated() {
        for path in ["a.log", "2018-09-20.log", "b.2018-09-20.log", "c.2018-09.1.log", "d-1.log"] {
            tailing.file(Path("/logs/" + path), "one\ntwo")
        }
        tailing.cycle()
        tailing.world.rename("/logs/a.log", to: "/logs/a.log.1")
        for path in ["a.log", "2018-09-21.log", "c.2018-09.10.log", "d-2.log", "b.2018-09-21.lo"] {
            tailing.file(Path("/logs/" + path), "")
        }
        tailing.cycles(50)
        #expect(tailing.tailer.takeFragmentsDue() == [])
        tailing.cycles(20)
        tailing.sweep()
        let due = tailing.tailer.takeFragmentsDue()
        #expect(
            Set(due.map { tailing.tailer.files[$0]?.record.path })
                == ["/logs/a.log.1", "/logs/2018-09-20.log", "/logs/c.2018-09.1.log"])
    }

    @Test("a file named by date whose writer comes back after its fragment goes on behind it")
    func fragmentOfDated() throws {
        let inode = tailing.file("/logs/2018-09-20.log", "one\ntwo")
        tailing.cycle()
        tailing.file("/logs/2018-09-21.log", "three\n")
        tailing.cycles(70)
        tailing.sweep()
        let due = tailing.tailer.takeFragmentsDue()
        #expect(tailing.takeFragment(try #require(due.first), isFinished: true))
        tailing.cycles(70)
        #expect(tailing.files.allSatisfy { $0.handle == nil })
        tailing.append(" more\nfour\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "three", "two", " more", "four"])
        #expect(tailing.total.bytes(.stored) == 24)
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

    @Test("at a shutdown the head of a line too long is taken, and its offset stays before it")
    func longFragmentAtShutdown() throws {
        let inode = tailing.file("/logs/a.log", "one\n" + line(30_000))
        tailing.cycles(2)
        let slot = try #require(tailing.slot("/logs/a.log"))
        #expect(tailing.takeFragment(slot, isFinished: false))
        tailing.settle()
        tailing.image()
        #expect(tailing.texts == ["one", line(10_000)])
        #expect(tailing.longLines.map(\.length) == [30_000])
        #expect(tailing.durable.map(\.committed) == [4])
        tailing.append("end\n", to: inode)
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.longLines.map(\.length) == [30_000, 30_003])
        #expect(tailing.total.bytes(.stored) == tailing.tracked("/logs/a.log")?.size)
        #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
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
