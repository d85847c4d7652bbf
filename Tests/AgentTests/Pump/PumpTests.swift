// The pump between files and batches: when it cuts, when it stops reading, what it writes down.
import Elastic
import Glibc
import Platform
import Tail
import TestKit
import Testing

@testable import Agent

@Suite("Pump") struct PumpTests {
    private func lines(_ count: Int) -> String {
        (0..<count).map { "line \($0)\n" }.joined()
    }

    // MARK: - Batches

    @Test("a batch is cut at its lines")
    func cutByLines() throws {
        let pumping = try Pumping { $0.batch.lines = 10 }
        pumping.file("/logs/a.log", lines(25))
        pumping.rest()
        #expect(pumping.cut.map(\.events.count) == [10, 10, 5])
        #expect(pumping.summary == summary(lines: 25, bytes: lines(25).utf8.count))
    }

    private func summary(lines: Int, bytes: Int, left: Int = 0) -> Summary {
        var tally = Tally()
        tally.add(.stored, events: UInt64(lines), bytes: UInt64(bytes))
        return Summary(
            settled: tally, pendingFiles: left == 0 ? 0 : 1, pendingBytes: UInt64(left))
    }

    @Test("a batch is cut at its bytes, one line beyond them at most")
    func cutByBytes() throws {
        let pumping = try Pumping {
            $0.batch.bytes = 4_000
            $0.maxLine = 1_000
        }
        pumping.file("/logs/a.log", lines(100))
        pumping.rest()
        #expect(pumping.lineCount == 100)
        #expect(pumping.cut.count > 5)
        for batch in pumping.cut.dropLast() {
            let last = Int(try #require(batch.events.last).start)
            #expect(last < 4_000)
            #expect(batch.body.utf8.count >= 4_000)
        }
    }

    @Test("a batch that does not fill is cut at its age, counted from its first line")
    func cutByAge() throws {
        let pumping = try Pumping { $0.batch.age = .seconds(5) }
        let inode = pumping.file("/logs/a.log", "one\n")
        pumping.run(.milliseconds(3_900))
        pumping.append("two\n", to: inode)
        pumping.pump.take(.written("/logs/a.log"))
        pumping.run(.seconds(1))
        #expect(pumping.cut.isEmpty)
        pumping.run(.milliseconds(200))
        #expect(pumping.cut.map(\.events.count) == [2])
    }

    @Test("empty lines make no batch, and are settled with what is around them")
    func emptyLines() throws {
        let pumping = try Pumping()
        pumping.file("/logs/a.log", "\n\r\n\n")
        pumping.rest()
        #expect(pumping.cut.isEmpty)
        #expect(try pumping.stateRecords().map(\.committed) == [4])
        #expect(pumping.summary.settled.events(.filtered) == 3)
        #expect(pumping.summary.settled.bytes(.filtered) == 4)
        #expect(pumping.summary.pendingBytes == 0)
    }

    @Test("lines of several files share a batch, and each file's offset moves by its own")
    func sharedBatch() throws {
        let pumping = try Pumping()
        pumping.file("/logs/a.log", "one\ntwo\n")
        pumping.file("/logs/b.log", "three\n\nfour\n")
        pumping.rest()
        #expect(pumping.cut.count == 1)
        #expect(pumping.cut[0].events.map(\.offset) == [0, 4, 0, 7])
        #expect(pumping.cut[0].events.map(\.length) == [4, 4, 6, 5])
        let records = try pumping.stateRecords()
        #expect(records.map(\.committed) == [8, 12])
        #expect(records.map(\.tally.allBytes) == [8, 12])
        #expect(records.map { $0.tally.events(.stored) } == [2, 2])
    }

    @Test("without a free batch nothing is read, and nobody spins")
    func backPressure() throws {
        let pumping = try Pumping(batches: 2) { $0.batch.lines = 10 }
        pumping.ships = false
        let inode = pumping.file("/logs/a.log", lines(100))
        pumping.run(.seconds(3))
        #expect(pumping.lineCount == 20)
        let steps = pumping.run(.seconds(60))
        #expect(steps < 200)
        pumping.append(lines(100), to: inode)
        pumping.pump.take(.written("/logs/a.log"))
        #expect(pumping.run(.seconds(60)) < 200)
        #expect(pumping.lineCount == 20)
        #expect(try pumping.stateRecords().map(\.committed) == [0])
        // The second batch comes back first: the offset waits for the first.
        pumping.giveBack(atMost: 1)
        pumping.run(.seconds(3))
        #expect(pumping.lineCount == 30)
        #expect(try pumping.stateRecords().map { $0.tally.events(.stored) } == [10])
        pumping.ships = true
        pumping.giveBack()
        pumping.run(.seconds(20))
        #expect(pumping.lineCount == 200)
        #expect(pumping.summary.pendingBytes == 0)
    }

    @Test("the offset stays before a batch that is away, whatever came back after it")
    func order() throws {
        let pumping = try Pumping(batches: 3) { $0.batch.lines = 10 }
        pumping.ships = false
        pumping.file("/logs/a.log", lines(30))
        pumping.run(.seconds(1))
        #expect(pumping.cut.count == 3)
        // The oldest is taken aside.
        pumping.giveBack(.pending, atMost: 1)
        pumping.giveBack(.stored)
        pumping.run(.seconds(3))
        #expect(try pumping.stateRecords().map(\.committed) == [0])
        #expect(pumping.summary.settled.events(.stored) == 20)
        #expect(pumping.summary.pendingBytes == UInt64(lines(30).utf8.count))
    }

    // MARK: - The state

    @Test("nothing is read of a file before its birth is durable")
    func births() throws {
        let pumping = try Pumping()
        pumping.keeps = false
        pumping.file("/logs/a.log", "one\n")
        pumping.run(.seconds(30))
        #expect(pumping.cut.isEmpty)
        pumping.keep()
        pumping.keeps = true
        pumping.rest()
        #expect(pumping.lineCount == 1)
    }

    @Test("images are written when something changed, once a second at most")
    func imagePacing() throws {
        let pumping = try Pumping { $0.batch.age = .milliseconds(10) }
        let inode = pumping.file("/logs/a.log", "one\n")
        for _ in 0..<100 {
            pumping.append("more\n", to: inode)
            pumping.pump.take(.written("/logs/a.log"))
            pumping.run(.milliseconds(50))
        }
        #expect((4...7).contains(pumping.images.count), "\(pumping.images.count)")
        for (one, next) in zip(pumping.images, pumping.images.dropFirst()) {
            #expect(next - one >= .seconds(1))
        }
        pumping.rest()
        let count = pumping.images.count
        pumping.run(.seconds(300))
        #expect(pumping.images.count == count, "nothing changed")
    }

    @Test("a failing state is tried again once a second, said once, and recovers")
    func failingState() throws {
        let pumping = try Pumping()
        let inode = pumping.file("/logs/a.log", "one\n")
        pumping.rest()
        pumping.world.stateFaults = [Int32](repeating: ENOSPC, count: 5)
        pumping.append("two\n", to: inode)
        pumping.pump.take(.written("/logs/a.log"))
        let tried = pumping.imagesTried
        #expect(pumping.run(.seconds(4)) < 100)
        #expect(pumping.imagesTried - tried <= 5)
        #expect(pumping.logged(.stateWriteFailed) == 1)
        #expect(pumping.lineCount == 2, "shipping goes on")
        pumping.run(.seconds(10))
        #expect(pumping.logged(.stateWriteFailed) == 1)
        #expect(pumping.logged(.stateRecovered) == 1)
        #expect(try pumping.stateRecords().map(\.committed) == [8])
    }

    @Test("a full births area on a volume that takes no image drives nobody round and round")
    func fullState() throws {
        let pumping = try Pumping()
        pumping.keeperIsFull = true
        pumping.file("/logs/a.log", "one\n")
        pumping.file("/logs/b.log", "two\n")
        #expect(pumping.run(.seconds(30)) < 400)
        #expect(pumping.imagesTried <= 32)
        #expect(pumping.logged(.stateWriteFailed) == 1)
        #expect(pumping.logged(.stateRecovered) == 0)
        #expect(pumping.cut.isEmpty)
        pumping.keeperIsFull = false
        pumping.rest()
        #expect(pumping.lineCount == 2)
        #expect(pumping.logged(.stateRecovered) == 1)
    }

    @Test("births that fail are tried again at the pace of images")
    func failingBirths() throws {
        let pumping = try Pumping()
        pumping.rest()
        pumping.world.stateFaults = [Int32](repeating: EIO, count: 12)
        pumping.file("/logs/a.log", "one\n")
        pumping.pump.take(.named("/logs/a.log"))
        #expect(pumping.run(.seconds(5)) < 100)
        pumping.run(.seconds(20))
        #expect(pumping.lineCount == 1)
        #expect(pumping.logged(.stateWriteFailed) == 1)
        #expect(pumping.logged(.stateRecovered) == 1)
    }

    @Test("an idle pump sleeps from sweep to sweep")
    func idle() throws {
        let pumping = try Pumping()
        for number in 0..<20 { pumping.file(Path("/logs/\(number).log"), "one\n") }
        pumping.run(.seconds(100))
        // A sweep of no cost comes once a second.
        #expect(pumping.run(.seconds(100)) <= 110)
    }

    // MARK: - Holes

    @Test("a hole makes no document and is counted; what stands before it is sent, marked torn")
    func holes() throws {
        let pumping = try Pumping()
        let inode = pumping.file("/logs/a.log")
        pumping.world.skip(inode, to: 20_000)
        pumping.append("one\nabc", to: inode)
        pumping.world.skip(inode, to: 5_000_000)
        pumping.append("two\n", to: inode)
        pumping.rest()
        #expect(pumping.lineCount == 3)
        #expect(pumping.cut.flatMap(\.events).map(\.offset) == [20_000, 20_004, 5_000_000])
        #expect(pumping.cut.flatMap(\.events).map(\.length) == [4, 3, 4])
        #expect(pumping.summary.settled.bytes(.filteredHoles) == 5_000_000 - 7)
        #expect(pumping.summary.settled.allBytes == 5_000_004)
        #expect(pumping.summary.pendingBytes == 0)
        #expect(!pumping.cut.contains { $0.body.contains("u0000") })
    }

    // MARK: - What is said

    @Test("each line that is cut is logged, whether its end stands in the same window or not")
    func cutLines() throws {
        let pumping = try Pumping { $0.maxLine = 100 }
        let inode = pumping.file(
            "/logs/a.log",
            "one\n" + String(repeating: "x", count: 101) + "\n" + lines(3)
                + String(repeating: "y", count: 5_000) + "\n")
        pumping.rest()
        #expect(pumping.lineCount == 6)
        #expect(pumping.logged(.fileLineCut) == 2)
        // Found in one window while the end of the file is another's.
        pumping.append(String(repeating: "z", count: 102) + "\n", to: inode)
        pumping.rest()
        #expect(pumping.logged(.fileLineCut) == 3)
    }

    @Test("an input without any file at the start is said once; one with a file is not")
    func emptyInput() throws {
        let pumping = try Pumping {
            var other = Configuration.Input()
            other.paths = ["/logs/none*", "/nowhere/*"]
            $0.inputs.append(other)
        }
        pumping.file("/logs/a.log", "one\n")
        pumping.run(.seconds(10))
        #expect(pumping.logged(.inputEmpty) == 1)
        pumping.file("/logs/none.txt", "two\n")
        pumping.run(.seconds(10))
        #expect(pumping.logged(.fileFound) == 2)
        #expect(pumping.logged(.inputEmpty) == 1)
    }

    @Test("a deleted file that is let go is an error in the log, and makes no summary wrong")
    func letGo() throws {
        let pumping = try Pumping(batches: 1) {
            $0.held.bytes = 1_000
            $0.maxLine = 1_000
            $0.batch.lines = 10
        }
        pumping.ships = false
        pumping.file("/logs/a.log", lines(1_000))
        pumping.run(.seconds(5))
        pumping.world.remove("/logs/a.log")
        pumping.run(.seconds(5))
        #expect(pumping.logged(.fileLetGo) == 1)
        pumping.ships = true
        pumping.rest()
        #expect(pumping.lineCount == 10)
        #expect(pumping.summary.pendingBytes == 0)
        #expect(pumping.world.openHandles == 4, "the state's own")
        #expect(try pumping.stateRecords().isEmpty)
    }

    // MARK: - Fragments

    @Test("the unterminated rest of a deleted file is sent, marked torn, and ends it")
    func finishedFragment() throws {
        let pumping = try Pumping { $0.maxLine = 100 }
        let long = String(repeating: "x", count: 500)
        pumping.file("/logs/a.log", "one\ntw")
        pumping.file("/logs/b.log", "three\n" + long)
        pumping.rest()
        pumping.world.remove("/logs/a.log")
        pumping.world.remove("/logs/b.log")
        pumping.run(.seconds(90))
        #expect(pumping.cut.dropFirst().flatMap(\.events).map(\.offset).sorted() == [4, 6])
        #expect(pumping.cut.dropFirst().flatMap(\.events).map(\.length).sorted() == [2, 500])
        #expect(pumping.world.openHandles == 4, "the state's own")
        #expect(pumping.summary.pendingBytes == 0)
        #expect(pumping.summary.settled.bytes(.stored) == 512)
    }

    @Test("fragments of many files fill no batch beyond its limit")
    func manyFragments() throws {
        let pumping = try Pumping { $0.batch.lines = 10 }
        for number in 0..<35 { pumping.file(Path("/logs/\(number).log"), "torn \(number)") }
        pumping.rest()
        for number in 0..<35 { pumping.world.remove(Path("/logs/\(number).log")) }
        pumping.run(.seconds(90))
        #expect(pumping.lineCount == 35)
        #expect(pumping.cut.allSatisfy { $0.events.count <= 10 })
        #expect(pumping.world.openHandles == 4, "the state's own")
    }
}
