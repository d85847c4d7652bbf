// The shipper in single situations: what it sends, when, and what it says.
import Bytes
import Elastic
import Platform
import Testing

@Suite("Shipper")
struct ShipperTests {
    @Test(arguments: BodyEncoding.allCases)
    func `a healthy server gets the whole body once`(encoding: BodyEncoding) {
        let drive = ShipperDrive(encoding: encoding)
        let fates = drive.ship([0, 1, 0]) { .statuses($0.events.map { _ in 201 }) }
        #expect(fates == [.stored, .stored, .stored])
        #expect(drive.seen.map(\.body) == [makeBatch(targets: [0, 1, 0]).body.bytes.text])
        #expect(drive.seen[0].request.rawBytes == drive.seen[0].body.utf8.count)
        #expect(drive.waits.isEmpty && drive.notices.isEmpty)
        #expect(drive.shipper.counters.stored == 3 && drive.shipper.counters.requests == 1)
    }

    @Test func `an empty batch is done without a request`() {
        let drive = ShipperDrive()
        #expect(drive.ship([]) { _ in .statuses([]) } == [])
        #expect(drive.seen.isEmpty)
    }

    @Test func `each kind of answer leads to its fate`() {
        let drive = ShipperDrive()
        let fates = drive.ship([0, 0, 0, 3]) { _ in
            .items([item(201), item(200), item(409), item(201, more: #","failure_store":"used""#)])
        }
        #expect(fates == [.stored, .dropped, .duplicate, .diverted])
        #expect(drive.notices == [.diverted(target: 3, name: "d", events: 1)])
        let counters = drive.shipper.counters
        #expect([counters.stored, counters.dropped, counters.duplicate] == [1, 1, 1])
        #expect(counters.diverted == 1 && counters.resent == 0)
    }

    @Test(arguments: BodyEncoding.allCases)
    func `only what is pending is sent again, with unchanged lines`(encoding: BodyEncoding) {
        let drive = ShipperDrive(encoding: encoding)
        let busy = [[1, 2, 5], [1, 5], [5], []]
        let fates = drive.ship([0, 0, 0, 0, 0, 0]) { seen in
            .statuses(seen.events.map { busy[seen.request.number - 1].contains($0) ? 429 : 201 })
        }
        #expect(fates.allSatisfy { $0 == .stored })
        #expect(drive.seen.map(\.events) == [[0, 1, 2, 3, 4, 5], [1, 2, 5], [1, 5], [5]])
        let lines = Set(drive.seen[0].body.split(separator: "\n"))
        for seen in drive.seen {
            #expect(seen.body.split(separator: "\n").allSatisfy { lines.contains($0) })
            #expect(seen.body.hasSuffix("\n"))
        }
    }

    @Test(arguments: [
        Answer.reply(200, ""), .reply(200, "<html>"), .reply(200, "{}"), .reply(204, ""),
        .statuses([201, 201]), .statuses([201, 201, 201, 201]), .statuses([]),
        .reply(200, #"{"items":[{"create":{"status":201}},{"create":{"status":201}},{"create":"#),
        .failed(.connect), .failed(.dns), .failed(.tls), .failed(.timeout), .failed(.uploadReset),
        .failed(.replyReset), .failed(.stale), .failed(.truncated), .failed(.tooLarge),
        .failed(.aborted), .failed(.other),
    ])
    func `an unknown outcome is followed by the same events`(answer: Answer) {
        let drive = ShipperDrive()
        let fates = drive.ship([0, 0, 0]) {
            $0.request.number == 1 ? answer : .statuses([409, 409, 409])
        }
        #expect(fates == [.duplicate, .duplicate, .duplicate])
        #expect(drive.seen.map(\.events) == [[0, 1, 2], [0, 1, 2]])
    }

    @Test(arguments: [
        Answer.failed(.connect), .reply(503, "x"), .reply(429, ""), .reply(401, ""),
        .reply(404, ""), .reply(302, ""), .reply(200, ""), .reply(500, ""), .reply(400, ""),
        .reply(413, ""), .failed(.uploadReset), .items([]),
    ])
    func `an outage meets less than two requests a second, and loses nothing`(answer: Answer) {
        for seed in 1...20 as ClosedRange<UInt64> {
            let drive = ShipperDrive(seed: seed)
            let outage = drive.now + .seconds(1800)
            let fates = drive.ship([0, 0, 0, 0, 0, 0, 0, 0]) { seen in
                seen.at < outage ? answer : .statuses(seen.events.map { _ in 201 })
            }
            #expect(fates.allSatisfy { $0 == .stored })
            let times = drive.seen.map(\.at).filter { $0 < outage }
            #expect(times.count < 200)
            for start in times {
                let window = times.filter { $0 >= start && $0 < start + .seconds(10) }
                #expect(window.count < 20)
            }
            #expect(drive.waits.allSatisfy { $0 <= .seconds(60) })
            #expect(drive.waits.max() ?? .zero > .seconds(10))
            let first = drive.seen.map(\.at).first { $0 >= outage }
            #expect(first.map { $0 - outage <= .seconds(60) } == true)
        }
    }

    @Test(arguments: [401, 403, 404, 503])
    func `a new secret ends the back-off where who we are was refused, and no other`(
        status: Int
    ) {
        let drive = ShipperDrive()
        drive.shipper.take(makeBatch(targets: [0]), now: drive.now)
        guard case .post = drive.shipper.next(now: drive.now) else {
            Issue.record("nothing is posted")
            return
        }
        let nothing: [UInt8] = []
        drive.shipper.finish(
            .reply(status: status, retryAfter: "60"), body: nothing.span, now: drive.now,
            wall: WallTime(nanoseconds: 0))
        guard case .wait = drive.shipper.next(now: drive.now) else {
            Issue.record("no back-off")
            return
        }
        drive.shipper.takeNewSecret(now: drive.now)
        let isPosted = if case .post = drive.shipper.next(now: drive.now) { true } else { false }
        #expect(isPosted == (status == 401 || status == 403))
    }

    @Test func `items answered 429 for ever are asked for ever more rarely`() {
        let drive = ShipperDrive()
        drive.deadline = drive.now + .seconds(3600)
        let fates = drive.ship([0, 0]) { .statuses($0.events.map { $0 == 0 ? 201 : 429 }) }
        #expect(fates == [.stored, .straggling])
        #expect(drive.seen.count < 300)
        #expect(drive.seen.dropFirst().allSatisfy { $0.events == [1] })
        for (index, wait) in drive.waits.enumerated() {
            #expect(wait <= max(BackOff.limit(failures: index + 1), .milliseconds(500)))
        }
    }

    @Test(arguments: [("7", 7000), ("600", 60000), ("Thu, 01 Jan 1970 00:00:09 GMT", 9000)])
    func `Retry-After is kept to, up to a minute`(text: String, milliseconds: Int) {
        let drive = ShipperDrive()
        drive.ship([0]) {
            $0.request.number == 1 ? .reply(503, "", retryAfter: text) : .statuses([201])
        }
        #expect(drive.waits == [.milliseconds(milliseconds)])
        #expect(
            drive.notices == [
                .busy(status: 503, type: "unknown", wait: .milliseconds(milliseconds)),
                .recovered(attempts: 1),
            ])
    }

    @Test(arguments: ["0", "soon", ""])
    func `a Retry-After that says nothing leaves the back-off`(text: String) {
        let drive = ShipperDrive()
        drive.ship([0]) {
            $0.request.number < 9 ? .reply(503, "", retryAfter: text) : .statuses([201])
        }
        #expect(drive.waits.count == 8)
        #expect(drive.waits.max() ?? .zero > .seconds(1))
    }

    @Test func `the next host is asked when one cannot be reached`() {
        let drive = ShipperDrive(hosts: 3)
        drive.ship([0]) { seen in
            switch seen.request.number {
            case 1: .failed(.connect)
            case 2: .reply(502, "")
            case 3: .reply(429, "")
            case 4: .failed(.stale)
            default: .statuses([201])
            }
        }
        drive.ship([0]) { _ in .statuses([201]) }
        #expect(drive.seen.prefix(3).map(\.request.host) == [0, 1, 2])
        // An answer of 429 and a dead connection are no reason to leave a host out.
        #expect(drive.seen.count == 6)
    }

    @Test func `access and configuration faults keep everything and say so`() {
        let drive = ShipperDrive()
        let error = #"{"error":{"type":"security_exception","reason":"the secret line"}}"#
        drive.ship([0, 0]) { seen in
            switch seen.request.number {
            case 1: .reply(401, error)
            case 2: .reply(405, #"{"error":"Incorrect method"}"#)
            default: .statuses([201, 201])
            }
        }
        #expect(
            drive.notices == [
                .credentials(status: 401, type: "security_exception"),
                .configuration(status: 405, type: "unknown"), .recovered(attempts: 2),
            ])
    }

    @Test func `what the server quotes is only noticed when asked for`() {
        for reasons in [false, true] {
            let drive = ShipperDrive(reasons: reasons)
            drive.ship([0, 0]) {
                $0.request.number == 1 ? .statuses([201, 400]) : .statuses([201])
            }
            let quotes = drive.notices.contains { "\($0)".contains("the secret line") }
            #expect(quotes == reasons)
        }
    }

    @Test func `an error type that is no name is not repeated`() {
        let drive = ShipperDrive()
        drive.ship([5, 5]) {
            $0.request.number == 1
                ? .items([item(400, type: #"a\nFORGED"#), item(404, type: "not_found")])
                : .statuses($0.events.map { _ in 201 })
        }
        let rejections = drive.notices.compactMap { notice -> ShipperNotice.Rejection? in
            if case .rejected(let rejection) = notice { rejection } else { nil }
        }
        #expect(rejections.map(\.type) == ["unknown", "not_found"])
        #expect(rejections.allSatisfy { $0.target == 5 && $0.name == "f" })
        #expect(rejections.allSatisfy { $0.events == 1 && !$0.isParkable })
    }

    @Test func `abandoned, a batch comes back with what is pending`() {
        let drive = ShipperDrive()
        drive.deadline = drive.now
        let fates = drive.leave([0, 0]) { _ in .reply(503, "") }
        #expect(fates == [.pending, .pending])
    }
}
