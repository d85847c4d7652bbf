// Inodes that are given to another file: the generation tells where nothing else does.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Generations of inodes") struct TailerGenerationTests {
    private let tailing = Tailing()

    /// A file that is settled and closed, on a file system that keeps no birth.
    private func settled() -> UInt64 {
        tailing.disk.keepsNoBirth = true
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.disk.generations[inode] = 7
        tailing.cycles(70)
        #expect(!tailing.world.isOpen(inode))
        return inode
    }

    @Test("D40: an inode of another generation is another file, though its bytes begin alike")
    func whileUp() {
        let inode = settled()
        #expect(tailing.durable.map(\.generation) == [7])
        tailing.disk.generations[inode] = 8
        tailing.append("two\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "one", "two"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
        #expect(tailing.files.map(\.record.generation) == [8])
    }

    @Test("D40: the same after a restart")
    func whileDown() {
        let inode = settled()
        tailing.disk.generations[inode] = 8
        tailing.append("two\n", to: inode)
        tailing.restart()
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "one", "two"])
        #expect(Set(tailing.taken.map(\.incarnation)).count == 2)
    }

    @Test("the same generation, or one that is not known, is no reason", arguments: [7, 0])
    func same(_ generation: UInt64) {
        let inode = settled()
        tailing.disk.generations[inode] = generation
        tailing.append("two\n", to: inode)
        tailing.cycles(3)
        tailing.restart()
        tailing.append("three\n", to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one", "two", "three"])
        #expect(tailing.durable.map(\.generation) == [7])
    }

    @Test("a record without a generation gets one when its file is met again")
    func filled() {
        tailing.file("/logs/a.log", "one\n")
        tailing.cycles(2)
        #expect(tailing.durable.map(\.generation) == [0])
        tailing.disk.generations[tailing.world.names["/logs/a.log"]!] = 9
        tailing.restart()
        tailing.cycles(2)
        #expect(tailing.durable.map(\.generation) == [9])
        #expect(tailing.texts == ["one"])
    }
}
