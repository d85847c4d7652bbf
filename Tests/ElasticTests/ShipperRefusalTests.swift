// The shipper against servers that refuse: a line, a request, a size.
import Elastic
import Platform
import Testing

@Suite("Shipper, refused")
struct ShipperRefusalTests {
    @Test(arguments: [400, 500])
    func `a request refused whole is taken apart until one event is left`(status: Int) {
        let drive = ShipperDrive()
        drive.deadline = drive.now + .seconds(900)
        let fates = drive.ship([UInt16](repeating: 0, count: 1000)) { seen in
            seen.events.contains(617)
                ? .reply(status, "") : .statuses(seen.events.map { _ in 201 })
        }
        #expect(fates.indices.filter { fates[$0] == .rejected } == [617])
        #expect(drive.shipper.counters.stored == 999)
        // What was accepted was sent in few requests and never again; the rest is the one event.
        let others = drive.seen.filter { $0.events != [617] }
        #expect(others.count < (status == 400 ? 25 : 60))
        let sizes = others.filter { $0.events.contains(617) }.map(\.events.count)
        #expect(sizes == sizes.sorted(by: >))
        #expect(drive.rejected.map(\.status) == [status])
    }

    @Test func `an event refused alone is no candidate while its target takes nothing`() {
        let drive = ShipperDrive()
        drive.deadline = drive.now + .seconds(3600)
        let targets: [UInt16] = (0..<16).map { $0 == 5 ? 9 : 1 }
        drive.ship(targets) { seen in
            seen.events.contains(5) ? .reply(400, "") : .statuses(seen.events.map { _ in 201 })
        }
        #expect(drive.shipper.counters.stored == 15)
        #expect(drive.rejected.isEmpty)
    }

    @Test func `events refused alone do not hold up others that wait`() {
        let drive = ShipperDrive()
        var busy = 4
        drive.deadline = drive.now + .seconds(3600)
        let fates = drive.ship([UInt16](repeating: 0, count: 8)) { seen in
            if seen.events.contains(3) { return .reply(400, "") }
            if seen.events.contains(7) { busy -= 1 }
            return .statuses(seen.events.map { $0 == 7 && busy > 0 ? 429 : 201 })
        }
        #expect(fates.indices.filter { fates[$0] == .rejected } == [3])
    }

    @Test func `a lone refused event goes in its turn once the server has mended`() {
        let drive = ShipperDrive()
        let mended = drive.now + .seconds(300)
        let fates = drive.ship([0, 0, 0, 0]) { seen in
            seen.at < mended && seen.events.contains(1)
                ? .reply(400, "") : .statuses(seen.events.map { _ in 201 })
        }
        #expect(fates.allSatisfy { $0 == .stored })
    }

    @Test func `bodies over the limit are halved, and the limit is remembered`() {
        let drive = ShipperDrive()
        let limit = 700
        let server = { (seen: Seen) -> Answer in
            seen.body.utf8.count > limit
                ? .reply(413, "") : .statuses(seen.events.map { _ in 201 })
        }
        let targets = [UInt16](repeating: 0, count: 64)
        #expect(drive.ship(targets, server).allSatisfy { $0 == .stored })
        let first = drive.seen.count
        #expect(drive.ship(targets, server).allSatisfy { $0 == .stored })
        #expect(!drive.seen[first...].contains { $0.body.utf8.count > limit })
        #expect(
            drive.notices.contains { if case .tooLarge(413, _, 64) = $0 { true } else { false } })
    }

    @Test(arguments: [(429, true), (503, false), (400, false), (404, false)])
    func `a busy server is left alone by all, a refusal holds up only the refused`(
        status: Int, isHeldUp: Bool
    ) {
        let drive = ShipperDrive()
        let targets = [UInt16](repeating: 0, count: 16)
        drive.ship(targets) {
            $0.events.count > 8 ? .reply(413, "") : .statuses($0.events.map { _ in 201 })
        }
        let first = drive.seen.count
        drive.ship(targets) { seen in
            let isFirst = seen.request.number == first + 1
            return .statuses(seen.events.map { _ in isFirst ? status : 201 })
        }
        let seen = Array(drive.seen[first...])
        #expect(Set(seen[0].events).isDisjoint(with: seen[1].events))
        #expect((seen[1].at - seen[0].at > .milliseconds(1)) == isHeldUp)
        #expect(seen.last?.events == seen[0].events)
    }

    @Test func `a limit that is lifted is found out`() {
        let drive = ShipperDrive()
        let targets = [UInt16](repeating: 0, count: 64)
        drive.ship(targets) {
            $0.events.count > 8 ? .reply(413, "") : .statuses($0.events.map { _ in 201 })
        }
        for _ in 0..<200 { drive.ship(targets) { .statuses($0.events.map { _ in 201 }) } }
        #expect(drive.seen.last?.events.count == 64)
    }

    @Test func `connections that break twice during the upload lead to smaller bodies`() {
        let drive = ShipperDrive()
        let fates = drive.ship([UInt16](repeating: 0, count: 64)) {
            $0.events.count > 20 ? .failed(.uploadReset) : .statuses($0.events.map { _ in 201 })
        }
        #expect(fates.allSatisfy { $0 == .stored })
    }

    @Test func `one event over the limit is given back to be parked, the others pass`() {
        let drive = ShipperDrive()
        drive.deadline = drive.now + .seconds(3600)
        let fates = drive.ship([0, 0, 0, 0, 0]) {
            $0.events.contains(2) ? .reply(413, "") : .statuses($0.events.map { _ in 201 })
        }
        // Others were accepted between its attempts.
        #expect(fates == [.stored, .stored, .rejected, .stored, .stored])
        #expect(drive.rejected.map(\.status) == [413])
    }

    @Test func `a line refused in company is given back to be parked`() {
        let drive = ShipperDrive()
        drive.deadline = drive.now + .seconds(600)
        let fates = drive.ship([1, 1, 2, 2]) { seen in
            .items(seen.events.map { item([201, 400, 400, 400][$0], type: "mapper") })
        }
        #expect(fates == [.stored, .rejected, .straggling, .straggling])
        #expect(drive.rejected.count == 1)
        #expect(drive.rejected.first?.type == "mapper")
        #expect(drive.rejected.first?.reason == "the secret line")
        #expect(drive.rejected.first?.offset == 1)
        let rejections = drive.notices.compactMap { notice -> ShipperNotice.Rejection? in
            if case .rejected(let rejection) = notice { rejection } else { nil }
        }
        let one = ShipperNotice.Rejection(
            target: 1, name: "b", status: 400, type: "mapper", events: 1, isParkable: true)
        let two = ShipperNotice.Rejection(
            target: 2, name: "c", status: 400, type: "mapper", events: 2, isParkable: false)
        #expect(Array(rejections.prefix(2)) == [one, two])
    }
}
