// What is durable when, whose turn it is, and which descriptors are held.
import Bytes
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Tailer and state") struct TailerStateTests {
    private let tailing = Tailing()

    // MARK: - Starts

    @Test("start: end begins behind the last newline of what the very first sweep finds")
    func startAtEnd() {
        let tailing = Tailing(startsAtEnd: true)
        let long = String(repeating: "y", count: 9_000)
        let inode = tailing.file("/logs/a.log", "old\nolder\n" + long)
        tailing.file("/logs/empty.log")
        tailing.file("/logs/none.log", "no newline")
        tailing.cycle()
        tailing.file("/logs/b.log", "new file\n")
        tailing.append("\nnew\n", to: inode)
        tailing.cycles(2)
        #expect(Set(tailing.texts) == [long, "new", "new file"])
        let record = tailing.tracked("/logs/a.log")?.record
        #expect(record?.base == 10)
        #expect(record?.tally.bytes(.abandonedAtStart) == 10)
        #expect(record?.committed == record?.tally.allBytes)
        // At the next start it is no first sweep any more.
        tailing.restart()
        tailing.file("/logs/c.log", "another\n")
        tailing.cycles(2)
        #expect(tailing.texts.last == "another")
        #expect(tailing.texts.count == 4)
    }

    @Test("after a restart each file goes on where it was committed")
    func restart() {
        let inode = tailing.file("/logs/a.log", "one\ntwo\nthree\n")
        tailing.sweep()
        tailing.bear()
        tailing.turn(atMost: 1)
        tailing.turn(atMost: 1)
        tailing.settle(but: 1)
        tailing.image()
        let before = tailing.taken
        tailing.restart()
        tailing.append("four\n", to: inode)
        tailing.cycles(2)
        // What was in flight is read again, under the same name.
        #expect(tailing.texts == ["one", "two", "two", "three", "four"])
        #expect(tailing.taken[2] == before[1])
        #expect(tailing.takeNotes().contains(.found("/logs/a.log", offset: 4)))
    }

    @Test("dead before its first image, a file goes on under the incarnation it was born with")
    func restartFromBirth() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        tailing.restart()
        tailing.cycle()
        #expect(tailing.texts == ["one", "one"])
        #expect(tailing.taken[0] == tailing.taken[1])
    }

    @Test("in another home every incarnation is new, and nothing is read before an image says so")
    func home() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.file("/logs/b.log", "two\n")
        tailing.cycle()
        let before = Set(tailing.durable.map(\.incarnation))
        tailing.restart(from: "elsewhere")
        tailing.append("three\n", to: inode)
        tailing.file("/logs/c.log", "four\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.needsImage)
        tailing.image()
        tailing.read()
        #expect(Set(tailing.texts) == ["one", "two", "three", "four"])
        #expect(tailing.texts.count == 4)
        let after = tailing.files.map(\.record)
        #expect(before.isDisjoint(with: after.map(\.incarnation)))
        #expect(Set(tailing.durable.map(\.incarnation)) == Set(after.map(\.incarnation)))
        #expect(after.first { $0.path == "/logs/a.log" }?.base == 4)
        #expect(!tailing.needsImage)
        // Births go their usual way again.
        tailing.file("/logs/d.log", "five\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        #expect(tailing.texts.last == "five")
    }

    @Test("a failed image makes nothing durable, and bears nothing")
    func failedImage() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        var buffer = ByteBuffer(capacity: 0)
        tailing.tailer.encodeImage(into: &buffer)
        tailing.tailer.imageFailed()
        tailing.read()
        #expect(tailing.texts == [])
        tailing.image()
        tailing.read()
        #expect(tailing.texts == ["one"])
    }

    @Test("of births that do not all fit, the others wait for an image, and are asked for once")
    func manyBirths() {
        for name in ["a", "b", "c"] { tailing.file(Path("/logs/\(name).log"), name + "\n") }
        tailing.sweep()
        #expect(tailing.takeBirths() == 3)
        #expect(tailing.takeBirths() == nil)
        tailing.tailer.birthsAreDurable(1, failed: false)
        tailing.read()
        #expect(tailing.texts == ["a"])
        #expect(tailing.takeBirths() == nil, "only an image will do")
        #expect(tailing.needsImage)
        #expect(tailing.isDirty)
        tailing.image()
        tailing.read()
        #expect(tailing.texts == ["a", "b", "c"])
        #expect(tailing.takeBirths() == nil)
    }

    @Test("births that failed are asked for again")
    func failedBirths() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        #expect(tailing.takeBirths() == 1)
        tailing.tailer.birthsAreDurable(0, failed: true)
        #expect(!tailing.needsImage)
        #expect(tailing.takeBirths() == 1)
    }

    @Test("a file that an image bore while its birth was on its way is not born again")
    func bornTwice() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        #expect(tailing.takeBirths() == 1)
        tailing.image()
        tailing.tailer.birthsAreDurable(0, failed: false)
        #expect(tailing.takeBirths() == nil)
        #expect(!tailing.needsImage)
        tailing.read()
        #expect(tailing.texts == ["one"])
    }

    // MARK: - Descriptors

    @Test("a quiet file gives its descriptor back and takes it again when it grows")
    func closedAndReopened() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycles(50)
        #expect(tailing.world.openHandles == 1)
        tailing.cycles(20)
        #expect(tailing.world.openHandles == 0)
        #expect(tailing.takeNotes().contains(.finished("/logs/a.log", bytes: 4)))
        tailing.append("two\n", to: inode)
        tailing.cycle()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.world.openHandles == 1)
        #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
    }

    @Test("what is not durable is not closed, however quiet")
    func notDurable() {
        tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        tailing.bear()
        tailing.read()
        for _ in 0..<70 { tailing.sweep() }
        #expect(tailing.world.openHandles == 1)
        tailing.settle()
        for _ in 0..<70 { tailing.sweep() }
        #expect(tailing.world.openHandles == 1)
        tailing.image()
        tailing.sweep()
        #expect(tailing.world.openHandles == 0)
    }

    @Test("deleted while open, a file is read to its end, made durable, and closed")
    func deletedWhileOpen() {
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.sweep()
        tailing.world.remove("/logs/a.log")
        tailing.append("two\n", to: inode)
        tailing.sweep()
        tailing.bear()
        tailing.read()
        tailing.settle()
        tailing.sweep()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.world.openHandles == 1, "its end is not durable yet")
        tailing.image()
        tailing.sweep()
        #expect(tailing.world.openHandles == 1, "its writer may have it open still")
        for _ in 0..<5 { tailing.sweep() }
        #expect(tailing.world.openHandles == 0)
        #expect(tailing.files.isEmpty)
        #expect(tailing.world.inodes[inode] == nil)
        #expect(tailing.total.bytes(.stored) == 8)
        #expect(tailing.total.allBytes == 8)
    }

    // MARK: - Turns

    @Test("of one lineage the older file is read first, whichever was added first")
    func lineage() {
        let old = tailing.file("/logs/a.log", "1\n")
        tailing.cycle()
        tailing.world.rename("/logs/a.log", to: "/logs/b.log")
        let new = tailing.file("/logs/a.log", "3\n")
        tailing.cycle()
        for round in 0..<4 {
            tailing.append("old \(round)\n", to: old)
            tailing.append("new \(round)\n", to: new)
            // The hints come in the order that is wrong.
            _ = tailing.tailer.hint("/logs/a.log", named: false)
            _ = tailing.tailer.hint("/logs/b.log", named: false)
            tailing.read()
            #expect(Array(tailing.texts.suffix(2)) == ["old \(round)", "new \(round)"])
        }
    }

    @Test("files take turns: none waits for another's end")
    func fairness() {
        let tailing = Tailing(maxLine: 10)
        let text = String(repeating: "x\n", count: 20_000)
        for name in ["a", "b", "c"] { tailing.file(Path("/logs/\(name).log"), text) }
        tailing.sweep()
        tailing.bear()
        var turns: [Path] = []
        for _ in 0..<9 {
            let before = tailing.files.map(\.position)
            tailing.turn()
            let files = tailing.files
            let moved = files.indices.filter { files[$0].position != before[$0] }
            turns += moved.map { files[$0].record.path }
        }
        let once: [Path] = ["/logs/a.log", "/logs/b.log", "/logs/c.log"]
        #expect(turns == once + once + once)
    }

    @Test("a deleted file goes before all others")
    func deletedFirst() {
        let inode = tailing.file("/logs/z.log", "1\n")
        let other = tailing.file("/logs/a.log", "2\n")
        tailing.cycle()
        tailing.append("a\n", to: other)
        tailing.append("z\n", to: inode)
        tailing.world.remove("/logs/z.log")
        tailing.sweep()
        tailing.read()
        #expect(Array(tailing.texts.suffix(2)) == ["z", "a"])
    }

    @Test(
        "a hint makes a known file ready, and asks for a sweep only where a sweep would find more")
    func hints() {
        let tailing = Tailing(exclude: ["*.tmp.log"])
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.file("/logs/pipe.log")
        tailing.disk.devices = ["/logs/pipe.log"]
        tailing.cycle()
        tailing.append("two\n", to: inode)
        #expect(!tailing.hint("/logs/a.log", named: false))
        #expect(tailing.hasReady)
        tailing.read()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.hint("/logs/a.log", named: true))
        #expect(tailing.hint("/logs/new.log", named: true))
        #expect(tailing.hint("/logs/new.log", named: false))
        #expect(!tailing.hint("/logs/new.txt", named: true))
        #expect(!tailing.hint("/logs/x.tmp.log", named: true))
        #expect(!tailing.hint("/elsewhere/a.log", named: true))
        #expect(!tailing.hint("/logs/pipe.log", named: false), "it was refused before")
    }

    @Test("slots of files that are gone are used again")
    func slots() {
        for number in 0..<50 {
            tailing.file("/logs/a.log", "\(number)\n")
            tailing.cycles(2)
            tailing.world.remove("/logs/a.log")
            tailing.cycles(8)
        }
        #expect(tailing.texts == (0..<50).map(String.init))
        #expect(tailing.slotCount <= 2)
        #expect(tailing.world.openHandles == 0)
    }
}
