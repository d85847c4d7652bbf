// What the pump does with events that were left or refused when their batch came home.
import Elastic
import Glibc
import Platform
import Tail
import TestKit
import Testing

@testable import Agent

@Suite("Pump, returns") struct PumpReturnsTests {
    /// Ten lines of 7 bytes.
    private let lines = (0..<10).map { "line \($0)\n" }.joined()

    private func committed(_ pumping: Pumping) throws -> [UInt64] {
        try pumping.stateRecords().map(\.committed)
    }

    @Test("a straggler holds its file's offset before its span, and nothing else")
    func straggler() throws {
        let pumping = try Pumping { $0.batch.lines = 5 }
        pumping.ships = false
        pumping.file("/logs/a.log", lines)
        pumping.file("/logs/b.log", lines)
        pumping.rest()
        pumping.giveBack(straggling: [14])
        pumping.rest()
        // The other half of the first file is read and stored meanwhile.
        pumping.giveBack()
        pumping.rest()
        pumping.giveBack()
        pumping.rest()
        #expect(pumping.lineCount == 20)
        #expect(pumping.pump.stragglers == 2)
        #expect(try committed(pumping) == [0, 0])
        #expect(pumping.summary.pendingBytes == 140)
        pumping.settleStragglers()
        pumping.rest()
        #expect(pumping.pump.stragglers == 0)
        #expect(try committed(pumping) == [70, 70])
        #expect(pumping.summary.settled.events(.stored) == 20)
        #expect(pumping.summary.pendingBytes == 0)
    }

    @Test("a rejected line is parked with its bytes as they stand in the file, then passed")
    func parked() throws {
        let pumping = try Pumping()
        pumping.ships = false
        pumping.file("/logs/a.log", "one\r\ntwo\nthree\n")
        pumping.rest()
        pumping.giveBack(straggling: [], rejected: [0, 5])
        pumping.keeps = false
        pumping.rest()
        #expect(try committed(pumping) == [0])
        pumping.keeps = true
        pumping.rest()
        #expect(pumping.parked.map(\.raw) == [Array("one\r\n".utf8), Array("two\n".utf8)])
        #expect(pumping.parked.map(\.path) == ["/logs/a.log", "/logs/a.log"])
        #expect(pumping.parked.map(\.offset) == [0, 5])
        #expect(pumping.parked.allSatisfy { $0.status == 400 && $0.type == "mapper" })
        #expect(pumping.parked.allSatisfy { $0.reason == "said so" && $0.posted.last == 0x0a })
        #expect(try committed(pumping) == [15])
        #expect(pumping.summary.settled.events(.parked) == 2)
        #expect(pumping.summary.settled.bytes(.parked) == 9)
        #expect(pumping.logged(.lineParked) == 2)
    }

    @Test("of a line that is longer than is kept, the head is what is parked")
    func longLine() throws {
        let pumping = try Pumping { $0.maxLine = 1_024 }
        pumping.ships = false
        let long = String(repeating: "x", count: 5_000) + "\nshort\n"
        pumping.file("/logs/a.log", long)
        pumping.rest()
        pumping.giveBack(straggling: [], rejected: [0])
        pumping.rest()
        let raw = try #require(pumping.parked.first?.raw)
        #expect(raw.starts(with: Array(repeating: UInt8(ascii: "x"), count: 1_024)))
        #expect(pumping.parked.first?.length == 5_001)
    }

    @Test("bytes that are gone by truncation are not parked as the line's: the document is")
    func truncated() throws {
        let pumping = try Pumping()
        pumping.ships = false
        let inode = pumping.file("/logs/a.log", "one\ntwo\n")
        pumping.rest()
        pumping.world.truncate(inode)
        pumping.append("six\nsix\nsix\nsix\n", to: inode)
        pumping.giveBack(straggling: [], rejected: [4])
        pumping.step()
        pumping.keep()
        pumping.step()
        #expect(pumping.parked.map(\.raw) == [nil])
        #expect(String(decoding: pumping.parked[0].posted, as: UTF8.self).contains("two"))
    }

    @Test(
        "a park that is full or fails keeps the line, stops its input and says so; others go on",
        arguments: [ParkError.full(limit: 7), .system(SystemError("pwrite", ENOSPC))])
    func full(_ failure: ParkError) throws {
        let pumping = try Pumping { configuration in
            configuration.inputs.append(configuration.inputs[0])
            configuration.inputs[0].paths = ["/logs/a*.log"]
            configuration.inputs[1].paths = ["/logs/b*.log"]
        }
        pumping.ships = false
        pumping.parkRoom = 1
        pumping.parkFailure = failure
        let one = pumping.file("/logs/a.log", lines)
        pumping.rest()
        pumping.giveBack(straggling: [], rejected: [7, 14])
        pumping.rest()
        #expect(pumping.parked.map(\.offset) == [7])
        #expect(pumping.logged(.lineParked) == 1)
        #expect(pumping.logged(.parkFull) + pumping.logged(.parkFailed) == 1)
        #expect(pumping.logged(.inputWaiting) == 1)
        pumping.append(lines, to: one)
        pumping.pump.take(.written("/logs/a.log"))
        let other = pumping.file("/logs/b.log", lines)
        pumping.pump.take(.named("/logs/b.log"))
        pumping.ships = true
        pumping.run(.seconds(30))
        // One question a second, not more.
        #expect(pumping.parkTried < 45)
        #expect(Set(pumping.cut.dropFirst().flatMap(\.events).map(\.file)).count == 1)
        #expect(pumping.lineCount == 20)
        #expect(try committed(pumping).sorted() == [0, 70])
        pumping.parkRoom = 10
        pumping.rest()
        #expect(pumping.lineCount == 30)
        #expect(try committed(pumping).sorted() == [70, 140])
        #expect(pumping.logged(.parkRecovered) == 1)
        _ = other
    }

    @Test("inputs that lead to a target which takes nothing wait, others go on")
    func crowded() throws {
        let pumping = try Pumping { configuration in
            configuration.inputs.append(configuration.inputs[0])
            configuration.inputs[0].paths = ["/logs/a*.log"]
            configuration.inputs[1].paths = ["/logs/b*.log"]
            configuration.inputs[1].dataset = "other"
        }
        pumping.ships = false
        let one = pumping.file("/logs/a.log", "one\n")
        let other = pumping.file("/logs/b.log", "other\n")
        pumping.rest()
        let target = try #require(pumping.cut[0].events.first).target
        pumping.giveBack(straggling: [0], crowded: [target])
        pumping.ships = true
        pumping.append(lines, to: one)
        pumping.append(lines, to: other)
        pumping.pump.take(.written("/logs/a.log"))
        pumping.pump.take(.written("/logs/b.log"))
        pumping.run(.seconds(5))
        #expect(pumping.lineCount == 12)
        #expect(pumping.logged(.inputWaiting) == 1)
        pumping.settleStragglers()
        pumping.rest()
        #expect(pumping.logged(.inputWaiting) == 2)
        #expect(pumping.lineCount == 22)
        #expect(try committed(pumping) == [74, 76])
    }

    @Test("a shutdown waits for what straggles and for what is to be parked")
    func shutdown() throws {
        let pumping = try Pumping { $0.shutdown.drain = .batches }
        pumping.ships = false
        pumping.parkRoom = 0
        pumping.file("/logs/a.log", lines)
        pumping.rest()
        pumping.giveBack(straggling: [7], rejected: [14])
        pumping.pump.beginShutdown()
        pumping.rest()
        #expect(pumping.phase == .drainingBatches)
        pumping.settleStragglers()
        pumping.rest()
        #expect(pumping.phase == .drainingBatches)
        pumping.parkRoom = 1
        pumping.rest()
        #expect(pumping.phase == .closed)
        #expect(pumping.summary.pendingBytes == 0)
        #expect(try committed(pumping) == [70])
    }
}
