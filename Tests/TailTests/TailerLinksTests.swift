// Files with several names: hard links, symbolic links, and links that change their mind.
import Bytes
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Links") struct TailerLinksTests {
    private let tailing = Tailing()

    private func notes(_ of: (TailNote) -> Bool) -> [TailNote] { tailing.takeNotes().filter(of) }

    private func isOtherName(_ note: TailNote) -> Bool {
        if case .otherName = note { true } else { false }
    }

    @Test("D42: of a file with two names each line is read once, and one line says so")
    func hardLink() {
        let inode = tailing.file("/logs/b.log", "one\n")
        tailing.cycle()
        tailing.world.link(inode, as: "/logs/a.log")
        tailing.append("two\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "two"])
        let notes = tailing.takeNotes()
        #expect(notes.filter(isOtherName) == [.otherName("/logs/a.log", of: "/logs/b.log")])
        #expect(notes.count == 2, "found, and its other name: \(notes)")
        // Its first name gone, it is the other one.
        tailing.world.remove("/logs/b.log")
        tailing.append("three\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two", "three"])
        #expect(tailing.takeNotes() == [.renamed(from: "/logs/b.log", to: "/logs/a.log")])
        #expect(tailing.files.count == 1)
    }

    @Test("D42: a file is known by a name of its own, whatever the link to it is called")
    func symbolicLink() {
        tailing.world.links["/logs/a.log"] = "/logs/z.log"
        let inode = tailing.file("/logs/z.log", "one\n")
        tailing.cycles(2)
        tailing.append("two\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two"])
        #expect(
            tailing.takeNotes() == [
                .found("/logs/z.log", offset: 0), .otherName("/logs/a.log", of: "/logs/z.log"),
            ])
        tailing.restart()
        tailing.append("three\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two", "three"])
        #expect(tailing.tracked("/logs/z.log") != nil)
    }

    @Test("D43: a link is turned to the next file with lines unread: both are whole")
    func retargeted() {
        tailing.world.addDirectory("/pods")
        var expected: [String] = []
        var old = tailing.file("/pods/0", "0\n")
        tailing.world.links["/logs/a.log"] = "/pods/0"
        tailing.cycle()
        for number in 1...20 {
            tailing.append("old\(number)\n", to: old)
            // Even when the old one is closed, or grows after the link was turned.
            if number % 3 == 0 { tailing.cycles(70) }
            old = tailing.file(Path("/pods/\(number)"), "\(number)\n")
            tailing.append("late\(number)\n", to: old)
            let former = tailing.world.names[Path("/pods/\(number - 1)")]!
            tailing.world.links["/logs/a.log"] = Path("/pods/\(number)")
            if number % 2 == 0 { tailing.cycle() }
            tailing.append("end\(number)\n", to: former)
            tailing.cycles(3)
            expected += ["old\(number)", "end\(number)", "\(number)", "late\(number)"]
        }
        #expect(tailing.texts.sorted() == (["0"] + expected).sorted())
        #expect(tailing.pendingBytes == 0)
    }

    @Test("D43: turned while no agent runs, the old target is found beside the new one")
    func retargetedWhileDown() {
        tailing.world.addDirectory("/pods")
        let old = tailing.file("/pods/0", "one\n")
        tailing.world.links["/logs/a.log"] = "/pods/0"
        tailing.cycles(2)
        tailing.append("two\n", to: old)
        tailing.file("/pods/1", "three\n")
        tailing.world.links["/logs/a.log"] = "/pods/1"
        tailing.restart()
        tailing.cycles(3)
        #expect(tailing.texts.sorted() == ["one", "three", "two"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
    }

    @Test("what is written where a link leads is seen at once")
    func hint() {
        tailing.world.addDirectory("/pods")
        let inode = tailing.file("/pods/0", "one\n")
        tailing.world.links["/logs/a.log"] = "/pods/0"
        tailing.cycle()
        #expect(tailing.tailer.directories == ["/logs", "/pods"])
        tailing.append("two\n", to: inode)
        #expect(!tailing.hint("/pods/0", named: false))
        tailing.read()
        #expect(tailing.texts == ["one", "two"])
        #expect(tailing.hint("/pods/0", named: true), "renamed where it lies: a sweep must look")
        #expect(!tailing.hint("/pods/1", named: true))
    }

    @Test("D73: a link out of the roots is said once, and hides nothing else")
    func refused() {
        tailing.world.addDirectory("/etc")
        tailing.world.roots = ["/logs"]
        tailing.file("/etc/shadow", "secret\n")
        tailing.world.links["/logs/a.log"] = "/etc/shadow"
        tailing.world.links["/logs/b.log"] = "/logs/b.log"
        tailing.file("/logs/c.log", "one\n")
        for _ in 0..<5 {
            tailing.cycle()
            #expect(tailing.sweep(), "what is refused was observed")
        }
        #expect(tailing.texts == ["one"])
        #expect(
            tailing.takeNotes() == [
                .found("/logs/c.log", offset: 0), .refused("/logs/a.log"), .refused("/logs/b.log"),
            ])
        #expect(tailing.hint("/logs/a.log", named: true), "it may be another thing now")
        tailing.world.links["/logs/a.log"] = nil
        tailing.file("/logs/a.log", "two\n")
        tailing.cycle()
        #expect(tailing.texts == ["one", "two"])
    }

    @Test("a file behind a link that is refused now is not taken for deleted")
    func refusedLater() {
        tailing.world.addDirectory("/pods")
        tailing.file("/pods/0", "one\n")
        tailing.file("/logs/b.log", "two\n")
        tailing.world.links["/logs/a.log"] = "/pods/0"
        tailing.cycles(2)
        tailing.world.roots = ["/logs"]
        tailing.restart()
        tailing.cycles(100)
        #expect(tailing.waiting.count == 1)
        tailing.world.roots = ["/"]
        tailing.cycles(2)
        #expect(tailing.texts == ["two", "one"], "once each, the link's file last")
        #expect(tailing.waiting.count == 0)
    }
}
