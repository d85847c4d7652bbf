// Events that are left while others pass: when they are sent again, with whom, and how many.
import Elastic
import Platform
import Testing

private func takesAll(_ seen: Seen) -> Answer { .statuses(seen.events.map { _ in 201 }) }

@Suite("Stragglers")
struct StragglerTests {
    @Test func `a batch goes home although one of its events is left`() {
        let drive = ShipperDrive()
        let fates = drive.leave([0, 0, 0]) { .statuses($0.events.map { $0 == 1 ? 503 : 201 }) }
        #expect(fates == [.stored, .straggling, .stored])
        #expect(drive.seen.count == 1)
        #expect(drive.shipper.due != nil)
        drive.now = drive.shipper.due!
        #expect(drive.ship([], takesAll) == [])
        #expect(drive.settled == [1: .stored])
        #expect(drive.shipper.due == nil)
    }

    @Test func `two events that answer 503 for an hour delay nothing else`() {
        let drive = ShipperDrive()
        let end = drive.now + .seconds(3600)
        let server = { (seen: Seen) -> Answer in
            .statuses(seen.events.map { $0 < 2 && seen.at < end ? 503 : 201 })
        }
        drive.leave([0, 0], server)
        var next = 2
        while drive.now < end + .seconds(61) {
            let before = drive.now
            let fates = drive.leave([0, 0, 0, 1], from: next, server)
            #expect(fates == [.stored, .stored, .stored, .stored])
            #expect(drive.now - before < .milliseconds(5))
            next += 4
            drive.now = drive.now + .seconds(1)
        }
        #expect(drive.settled == [0: .stored, 1: .stored])
        // They were asked for ever more rarely, not with every batch.
        let tries = drive.seen.filter { $0.events.contains(0) }
        #expect(tries.count > 60 && tries.count < 250)
    }

    @Test func `due stragglers go behind the events of the next batch, in one request`() {
        let drive = ShipperDrive()
        drive.leave([0, 0]) { .statuses($0.events.map { $0 == 0 ? 429 : 201 }) }
        drive.now = drive.now + .seconds(61)
        let fates = drive.leave([0, 0], from: 2, takesAll)
        #expect(fates == [.stored, .stored])
        #expect(drive.seen.last?.events == [2, 3, 0])
        #expect(drive.settled == [0: .stored])
    }

    @Test func `a poisoned line in a quiet log waits for the next good line, and is parked`() {
        let drive = ShipperDrive()
        let server = { (seen: Seen) -> Answer in
            .statuses(seen.events.map { $0 == 0 ? 400 : 201 })
        }
        drive.deadline = drive.now + .seconds(300)
        #expect(drive.ship([0], server) == [.straggling])
        #expect(drive.rejected.isEmpty)
        drive.now = drive.deadline
        // Not due, but company for it has come.
        #expect(drive.leave([0], from: 1, server) == [.stored])
        #expect(drive.seen.last?.events == [1, 0])
        #expect(drive.rejected.map(\.offset) == [0])
        #expect(drive.shipper.due == nil)
    }

    @Test func `refused whole once and as an item since, a line takes company, and is parked`() {
        let drive = ShipperDrive()
        let server = { (seen: Seen) -> Answer in
            if seen.request.number == 1 { return .reply(400, "") }
            return .statuses(seen.events.map { $0 == 0 ? 400 : 201 })
        }
        drive.deadline = drive.now + .seconds(300)
        #expect(drive.ship([0], server) == [.straggling])
        drive.now = drive.deadline
        #expect(drive.leave([0], from: 1, server) == [.stored])
        #expect(drive.seen.last?.events == [1, 0])
        #expect(drive.rejected.map(\.offset) == [0])
    }

    @Test func `lines of another target are no company`() {
        let drive = ShipperDrive()
        let server = { (seen: Seen) -> Answer in
            .statuses(seen.events.map { $0 == 0 ? 400 : 201 })
        }
        for number in 0..<50 {
            drive.leave([number == 0 ? 7 : 3], from: number, server)
            drive.now = drive.now + .seconds(1)
        }
        #expect(drive.rejected.isEmpty)
        #expect(drive.shipper.due != nil)
    }

    @Test func `a target that fails is crowded at half its share, and others still find room`() {
        let drive = ShipperDrive(stragglerBytes: 16 << 10)
        let server = { (seen: Seen) -> Answer in
            .statuses(seen.events.map { $0 % 2 == 1 ? 503 : 201 })
        }
        var first = 0
        while drive.crowded.isEmpty {
            drive.leave([5, 9, 5, 9], from: first, padding: 400, server)
            first += 4
        }
        #expect(drive.crowded == [9])
        #expect(
            drive.leave([5, 5], from: 1000, padding: 400, { _ in .statuses([201, 201]) })
                == [.stored, .stored])
        drive.now = drive.now + .seconds(100)
        drive.leave([5], from: 2000, takesAll)
        while drive.shipper.due != nil {
            drive.now = drive.now + .seconds(61)
            drive.ship([], takesAll)
        }
        #expect(drive.crowded.isEmpty)
        #expect(drive.settled.values.allSatisfy { $0 == .stored })
        #expect(drive.settled.count == first / 2)
    }

    @Test func `a target that answers 429 does not hold up what goes to another`() {
        let drive = ShipperDrive()
        let server = { (seen: Seen) -> Answer in
            .statuses(seen.events.map { $0 < 20 ? 429 : 201 })
        }
        drive.leave([UInt16](repeating: 9, count: 20), server)
        var next = 20
        for _ in 0..<100 {
            drive.now = drive.now + .seconds(1)
            let before = drive.now
            #expect(drive.leave([5], from: next, server) == [.stored])
            #expect(drive.now - before < .milliseconds(5) || next == 20)
            next += 1
        }
    }

    @Test func `what finds no room holds its batch, and is not lost`() {
        let drive = ShipperDrive(stragglerBytes: 8 << 10)
        let end = drive.now + .seconds(120)
        let fates = drive.leave([UInt16](repeating: 0, count: 40), padding: 400) { seen in
            .statuses(seen.events.map { _ in seen.at < end ? 503 : 201 })
        }
        #expect(fates.allSatisfy { $0 == .stored })
        #expect(drive.now >= end)
        #expect(drive.seen.count < 60)
    }
}
