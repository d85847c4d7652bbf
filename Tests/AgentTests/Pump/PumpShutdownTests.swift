// The way to the end: what is waited for, what is left, and that nobody spins on it.
import Elastic
import Platform
import Tail
import TestKit
import Testing

@testable import Agent

@Suite("Pump at shutdown") struct PumpShutdownTests {
    private func lines(_ count: Int) -> String {
        (0..<count).map { "line \($0)\n" }.joined()
    }

    @Test("drain: files reads on until every file has been silent for long enough")
    func drainFiles() throws {
        let pumping = try Pumping()
        let inode = pumping.file("/logs/a.log", "one\n")
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.milliseconds(1_500))
        // What the application writes while it stops, and what it makes anew.
        pumping.append("two\n", to: inode)
        pumping.file("/logs/b.log", "three\n")
        pumping.run(.milliseconds(1_500))
        #expect(pumping.phase != .closed)
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.lineCount == 3)
        #expect(pumping.summary.pendingBytes == 0)
        #expect(pumping.summary.settled.events(.stored) == 3)
        #expect(try pumping.stateRecords().map(\.committed) == [8, 6])
        #expect(!pumping.isStateDirty)
    }

    @Test("drain: files does not end before what is away has come back, and sleeps meanwhile")
    func drainFilesWithBatchesAway() throws {
        let pumping = try Pumping()
        pumping.ships = false
        pumping.file("/logs/a.log", lines(10))
        pumping.run(.seconds(3))
        pumping.pump.beginShutdown()
        #expect(pumping.run(.seconds(20)) < 200)
        #expect(pumping.phase != .closed)
        pumping.ships = true
        pumping.giveBack()
        pumping.run(.seconds(5))
        #expect(pumping.phase == .closed)
        #expect(pumping.summary.pendingBytes == 0)
    }

    @Test("a quiet time of nothing does not make the pump spin either")
    func noQuiet() throws {
        let pumping = try Pumping { $0.shutdown.quiet = .zero }
        pumping.ships = false
        pumping.file("/logs/a.log", lines(10))
        pumping.run(.seconds(3))
        pumping.pump.beginShutdown()
        #expect(pumping.run(.seconds(10)) < 500)
        pumping.ships = true
        pumping.giveBack()
        pumping.run(.seconds(5))
        #expect(pumping.phase == .closed)
    }

    @Test("drain: batches reads nothing more, settles what is in flight, and leaves the rest")
    func drainBatches() throws {
        let pumping = try Pumping(batches: 2) {
            $0.batch.lines = 10
            $0.shutdown.drain = .batches
        }
        pumping.ships = false
        let inode = pumping.file("/logs/a.log", lines(15))
        pumping.run(.milliseconds(500))
        #expect(pumping.cut.count == 1)
        pumping.pump.beginShutdown()
        pumping.append(lines(10), to: inode)
        // Hints still come; they lead nowhere now.
        pumping.pump.take(.written("/logs/a.log"))
        pumping.pump.take(.named("/logs/b.log"))
        pumping.pump.take(.overflow)
        #expect(pumping.run(.seconds(10)) < 100)
        #expect(pumping.cut.map(\.events.count) == [10, 5])
        pumping.giveBack()
        #expect(pumping.run(.seconds(10)) < 100)
        #expect(pumping.phase == .closed)
        let left = UInt64(lines(15).utf8.count)
        #expect(try pumping.stateRecords().map(\.committed) == [left])
        #expect(pumping.summary.settled.events(.stored) == 15)
    }

    @Test("what comes back without a fate stays before the offset, and is read again at the start")
    func withoutFate() throws {
        let pumping = try Pumping { $0.shutdown.drain = .batches }
        pumping.ships = false
        pumping.file("/logs/a.log", "one\ntwo\n")
        pumping.run(.seconds(3))
        pumping.pump.beginShutdown()
        pumping.giveBack(.pending)
        pumping.run(.seconds(5))
        #expect(pumping.phase == .closed)
        #expect(try pumping.stateRecords().map(\.committed) == [0])
        #expect(pumping.summary.pendingBytes == 8)
        #expect(pumping.summary.pendingFiles == 1)
    }

    @Test("cut short, the pump waits for the state alone")
    func cutShort() throws {
        let pumping = try Pumping(batches: 2) { $0.batch.lines = 10 }
        pumping.ships = false
        pumping.keeps = false
        pumping.file("/logs/a.log", lines(30))
        pumping.step()
        pumping.keep()
        pumping.run(.milliseconds(100))
        #expect(pumping.cut.count == 2)
        pumping.giveBack(atMost: 1)
        pumping.pump.beginShutdown()
        pumping.pump.cutShort()
        pumping.run(.seconds(1))
        #expect(pumping.phase == .closing, "an image is on its way")
        pumping.keeps = true
        pumping.keep()
        pumping.run(.seconds(3))
        #expect(pumping.phase == .closed)
        #expect(try pumping.stateRecords().map { $0.tally.events(.stored) } == [10])
        #expect(pumping.summary.pendingFiles == 1)
        let rest = lines(30).utf8.count - lines(10).utf8.count
        #expect(pumping.summary.pendingBytes == UInt64(rest))
    }

    @Test("a state that cannot be written keeps the pump from its end, without haste")
    func failingState() throws {
        let pumping = try Pumping()
        pumping.file("/logs/a.log", "one\n")
        pumping.run(.milliseconds(100))
        pumping.keeperIsFull = true
        pumping.pump.beginShutdown()
        #expect(pumping.run(.seconds(20)) < 300)
        #expect(pumping.phase == .closing)
        pumping.keeperIsFull = false
        pumping.run(.seconds(5))
        #expect(pumping.phase == .closed)
    }

    @Test("fragments: keep leaves the torn last line to the next start")
    func keepFragments() throws {
        let pumping = try Pumping()
        pumping.file("/logs/a.log", "one\ntw")
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.lineCount == 1)
        #expect(pumping.summary.pendingBytes == 2)
        #expect(try pumping.stateRecords().map(\.committed) == [4])
    }

    @Test("fragments: ship sends it, marked torn, and leaves the offset before it")
    func shipFragments() throws {
        let text = lines(1_000)
        let world = try shippedFragments(of: text)
        // Read again at the next start, it goes on as the line it becomes.
        let next = try Pumping(world)
        next.append(" no more\n", to: try #require(world.names["/logs/a.log"]))
        next.rest()
        #expect(next.cut.flatMap(\.events).map(\.offset) == [UInt64(text.utf8.count)])
        #expect(next.cut.flatMap(\.events).map(\.length) == [13])
    }

    /// An agent's life that ends with a torn line behind this text.
    private func shippedFragments(of text: String) throws -> SimulatedDisk {
        let pumping = try Pumping { $0.shutdown.fragments = .ship }
        pumping.file("/logs/a.log", text + "torn")
        pumping.file("/logs/b.log", "whole\n")
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.cut.last?.events.map(\.offset) == [UInt64(text.utf8.count)])
        #expect(pumping.cut.last?.events.map(\.length) == [0])
        #expect(try pumping.stateRecords().map(\.committed) == [UInt64(text.utf8.count), 6])
        #expect(pumping.summary.pendingBytes == 4)
        return pumping.world
    }

    @Test("a byte order mark is no part of a torn line, and no line by itself")
    func fragmentsBehindMarks() throws {
        let pumping = try Pumping { $0.shutdown.fragments = .ship }
        pumping.file("/logs/a.log", "\u{FEFF}torn")
        pumping.file("/logs/b.log", "\u{FEFF}")
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.cut.flatMap(\.events).map(\.length) == [0])
        #expect(pumping.cut.last?.body.contains("\"message\":\"torn\"") == true)
        #expect(pumping.summary.pendingBytes == 10)
    }

    @Test("with drain: batches as well, but for files with whole lines that are not read")
    func shipFragmentsOfBatches() throws {
        let pumping = try Pumping(batches: 2) {
            $0.batch.lines = 10
            $0.shutdown.drain = .batches
            $0.shutdown.fragments = .ship
        }
        let unread = pumping.file("/logs/a.log", "one\ntorn")
        pumping.file("/logs/b.log", "torn")
        pumping.rest()
        pumping.append(" no more\ntorn again", to: unread)
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.cut.flatMap(\.events).map(\.length) == [4, 0])
        #expect(try pumping.stateRecords().map(\.committed) == [4, 0])
        #expect(pumping.summary.pendingBytes == 27)
        #expect(pumping.summary.pendingFiles == 2)
    }

    @Test("a fragment has the same id at every shutdown, and the line it becomes another")
    func idsOfFragments() throws {
        var ids: [String] = []
        var world: SimulatedDisk?
        for _ in 0..<2 { ids.append(try idOfLast(&world, "one\ntorn")) }
        let pumping = try Pumping(world) { $0.shutdown.fragments = .ship }
        pumping.append(" no more\n", to: try #require(pumping.world.names["/logs/a.log"]))
        pumping.rest()
        ids.append(try id(of: try #require(pumping.cut.last)))
        #expect(ids[0] == ids[1])
        #expect(ids[0] != ids[2])
        #expect(ids[0].prefix(28) == ids[2].prefix(28), "the same place in the same file")
        #expect(try pumping.stateRecords().map(\.committed) == [17])
    }

    /// The id of what a whole life of an agent ends with; makes the file in the first one.
    private func idOfLast(_ world: inout SimulatedDisk?, _ text: String) throws -> String {
        let pumping = try Pumping(world) { $0.shutdown.fragments = .ship }
        if world == nil { pumping.file("/logs/a.log", text) }
        world = pumping.world
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        return try id(of: try #require(pumping.cut.last))
    }

    private func id(of batch: CutBatch) throws -> String {
        let action = try #require(batch.body.split(separator: "\n").dropLast().last)
        let start = try #require(action.firstRange(of: "\"_id\":\"")).upperBound
        return String(action[start...].prefix(32))
    }

    @Test("of a line too long without its end the head is sent, marked torn")
    func shipLongFragment() throws {
        let world = try shippedLongFragment()
        // The marker is that of the place before it: the next start knows the file.
        let next = try Pumping(world)
        next.append("\n", to: try #require(world.names["/logs/a.log"]))
        next.rest()
        #expect(next.cut.flatMap(\.events).map(\.offset) == [4])
        #expect(next.cut.flatMap(\.events).map(\.length) == [700_001])
    }

    private func shippedLongFragment() throws -> SimulatedDisk {
        let pumping = try Pumping { $0.shutdown.fragments = .ship }
        pumping.file("/logs/a.log", "one\n" + String(repeating: "x", count: 700_000))
        pumping.rest()
        #expect(pumping.lineCount == 1)
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        let last = try #require(pumping.cut.last)
        #expect(last.events.map(\.offset) == [4])
        #expect(last.events.map(\.length) == [0])
        #expect(last.body.contains("\"torn\""))
        #expect(try pumping.stateRecords().map(\.committed) == [4])
        #expect(pumping.summary.pendingBytes == 700_000)
        return pumping.world
    }

    @Test(
        "more fragments than the batches hold are sent all the same",
        arguments: [Configuration.Drain.files, .batches])
    func manyFragments(_ drain: Configuration.Drain) throws {
        let pumping = try Pumping(batches: 2) {
            $0.batch.lines = 10
            $0.shutdown.drain = drain
            $0.shutdown.fragments = .ship
        }
        for number in 0..<35 { pumping.file(Path("/logs/\(number).log"), "torn \(number)") }
        pumping.rest()
        pumping.pump.beginShutdown()
        pumping.run(.seconds(10))
        #expect(pumping.phase == .closed)
        #expect(pumping.lineCount == 35)
        #expect(pumping.cut.allSatisfy { $0.events.count <= 10 })
    }
}
