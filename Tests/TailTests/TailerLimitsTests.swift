// Too few descriptors, and too much unread in files that are deleted.
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Tailer and limits") struct TailerLimitsTests {
    // MARK: - Descriptors

    @Test(
        "with fewer descriptors than files each line is read once, and no file is taken for another",
        arguments: [true, false])
    func descriptors(kernels: Bool) {
        let tailing = kernels ? Tailing() : Tailing(openFiles: 4)
        if kernels { tailing.disk.descriptors = 4 }
        var inodes: [UInt64] = []
        for number in 0..<30 { inodes.append(tailing.file(Path("/logs/\(number).log"), "one\n")) }
        tailing.cycles(40)
        #expect(tailing.texts.count == 30)
        for round in 0..<3 {
            for inode in inodes { tailing.append("more \(round)\n", to: inode) }
            tailing.cycles(60)
            #expect(tailing.texts.count == 30 * (round + 2))
        }
        #expect(tailing.disk.openFiles <= 4)
        #expect(kernels == (tailing.disk.refusals > 0))
        #expect(Set(tailing.taken.map(\.incarnation)).count == 30)
        #expect(tailing.files.count == 30)
        #expect(tailing.total.allBytes == UInt64(30 * (4 + 3 * 7)))
        #expect(tailing.total.allBytes == tailing.total.bytes(.stored))
    }

    @Test(
        "the least recently written file gives up its descriptor, and those in need of one do not")
    func leastRecent() {
        let tailing = Tailing(openFiles: 3)
        let inodes = ["a", "b", "c"].map { tailing.file(Path("/logs/\($0).log"), "one\n") }
        tailing.cycle()
        tailing.append("two\n", to: inodes[0])
        tailing.cycle()
        // What is read of it is not settled.
        tailing.append("two\n", to: inodes[1])
        tailing.sweep()
        tailing.read()
        let new = tailing.file("/logs/d.log", "one\n")
        tailing.sweep()
        #expect([0, 1, 2].map { tailing.world.isOpen(inodes[$0]) } == [true, true, false])
        #expect(tailing.world.isOpen(new))
        tailing.cycles(3)
        #expect(tailing.texts.count == 6)
    }

    @Test(
        "without any descriptor nothing is deleted, reset or forgotten",
        arguments: [EMFILE, ENFILE, EACCES, EIO, ESTALE])
    func unobservable(code: Int32) {
        for whileDown in [false, true] {
            let tailing = Tailing()
            let inode = tailing.file("/logs/a.log", "one\n")
            tailing.cycles(70)
            #expect(!tailing.world.isOpen(inode))
            if whileDown { tailing.restart() }
            tailing.append("two\n", to: inode)
            for path in ["/logs/a.log", "/logs"] as [Path] {
                tailing.world.unreadable = [path: code]
                tailing.cycles(100)
                #expect(tailing.texts == ["one"])
            }
            tailing.world.unreadable = [:]
            tailing.cycles(3)
            #expect(tailing.texts == ["one", "two"])
            #expect(Set(tailing.taken.map(\.incarnation)).count == 1)
            #expect(tailing.total.bytes(.stored) == 8)
            #expect(tailing.total.allBytes == 8)
        }
    }

    // MARK: - Deleted files

    /// Two files of 100 lines each, deleted one after the other, nothing read.
    private func deletedFiles(held: UInt64) -> (Tailing, [UInt64]) {
        let tailing = Tailing(maxLine: 20, held: held)
        let line = "123456789\n"
        let inodes = ["/logs/a.log", "/logs/b.log"].map { path in
            tailing.file(Path(path), String(repeating: line, count: 1000))
        }
        tailing.sweep()
        tailing.bear()
        for path in ["/logs/b.log", "/logs/a.log"] as [Path] {
            tailing.world.remove(path)
            tailing.sweep()
        }
        return (tailing, inodes)
    }

    @Test("without a limit every deleted file is held to its end")
    func heldWithoutLimit() {
        let (tailing, inodes) = deletedFiles(held: 0)
        #expect(inodes.allSatisfy(tailing.world.isOpen))
        #expect(tailing.tailer.held == (2, 20_000))
        tailing.cycles(10)
        #expect(tailing.texts.count == 2000)
        #expect(!inodes.contains(where: tailing.world.isOpen))
        #expect(tailing.total.bytes(.stored) == 20_000)
    }

    @Test("beyond the limit the file deleted first is let go, and what is unread in it is counted")
    func letGo() {
        let (tailing, inodes) = deletedFiles(held: 19_999)
        #expect(inodes.map(tailing.world.isOpen) == [true, false])
        #expect(tailing.takeNotes().last == .letGo("/logs/b.log", unread: 10_000))
        #expect(tailing.tailer.held == (1, 10_000))
        tailing.cycles(10)
        #expect(tailing.texts.count == 1000)
        #expect(tailing.total.bytes(.stored) == 10_000)
        #expect(tailing.total.bytes(.abandonedHeld) == 10_000)
        tailing.image()
        #expect(tailing.durable.isEmpty)
        #expect(tailing.files.isEmpty)
    }

    @Test("what is on its way when a file is let go has its own fate")
    func letGoInFlight() {
        let (tailing, inodes) = deletedFiles(held: 20_000)
        while tailing.files.contains(where: { $0.position == 0 }) { tailing.turn() }
        let read = tailing.files.map(\.position)
        #expect(read[0] > 0 && (1..<10_000).contains(read[1]), "\(read)")
        #expect(tailing.world.isOpen(inodes[1]))
        // It grows while nothing is settled.
        tailing.append("123456789\n", to: inodes[1])
        tailing.sweep()
        #expect(inodes.map(tailing.world.isOpen) == [true, false])
        #expect(tailing.total.bytes(.abandonedHeld) == 10_010 - read[1])
        #expect(tailing.total.bytes(.stored) == 0)
        tailing.image()
        #expect(tailing.durable.contains { $0.size == read[1] && $0.committed == 0 })
        tailing.settle()
        #expect(tailing.total.bytes(.stored) == read[0] + read[1])
        #expect(tailing.files.count == 1)
        tailing.cycles(10)
        #expect(tailing.total.allBytes == 20_010)
        #expect(tailing.total.bytes(.abandonedHeld) == 10_010 - read[1])
    }
}
