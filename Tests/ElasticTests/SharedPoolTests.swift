// Shippers that share a pool of hosts: what one of them learns ends the waiting of the others.
import Bytes
import Elastic
import Platform
import Testing

@Suite("Shippers of one pool") struct SharedPoolTests {
    /// Two shippers, each with a batch, whose first requests fail in the same way.
    private func bothFail(
        _ outcome: BulkOutcome, _ check: (inout Shipper, inout Shipper, Instant) -> Void
    ) {
        let pool = HostPool(hosts: 1, connections: 2, seed: 1)
        var settings = ShipperSettings()
        settings.encoding = .plain
        var one = Shipper(settings: settings, pool: pool, seed: 1)
        settings.number = 1
        var other = Shipper(settings: settings, pool: pool, seed: 2)
        var now = Instant(nanoseconds: 1_000_000_000)
        one.take(makeBatch(targets: [0]), now: now)
        other.take(makeBatch(targets: [0], from: 1), now: now)
        // Again and again, so that the waits have grown.
        var failures = 0
        while failures < 8 {
            if post(&one, at: now) {
                finish(&one, outcome, now)
                failures += 1
            }
            if post(&other, at: now) {
                finish(&other, outcome, now)
                failures += 1
            }
            now = min(wait(&one, at: now), wait(&other, at: now))
        }
        check(&one, &other, now)
    }

    private func wait(_ shipper: inout Shipper, at now: Instant) -> Instant {
        guard case .wait(let until) = shipper.next(now: now) else {
            Issue.record("a request at once after a failure")
            return now
        }
        return until
    }

    private func post(_ shipper: inout Shipper, at now: Instant) -> Bool {
        if case .post = shipper.next(now: now) { true } else { false }
    }

    private func finish(_ shipper: inout Shipper, _ outcome: BulkOutcome, _ now: Instant) {
        let body =
            outcome == .reply(status: 200, retryAfter: nil)
            ? #"{"errors":false,"items":[\#(item(201))]}"# : ""
        shipper.finish(
            outcome, body: Array(body.utf8).span, now: now, wall: WallTime(nanoseconds: 0))
    }

    @Test(
        arguments: [
            .reply(status: 502, retryAfter: nil), .reply(status: 503, retryAfter: "60"),
            .reply(status: 504, retryAfter: nil),
            .failed(BulkFailure(kind: .connect, description: "as told", uploaded: 0)),
        ] as [BulkOutcome])
    func `once the host is well for one shipper, the other waits no longer`(
        _ outcome: BulkOutcome
    ) {
        bothFail(outcome) { one, other, now in
            let isOne = post(&one, at: now)
            if !isOne { #expect(post(&other, at: now)) }
            let success = BulkOutcome.reply(status: 200, retryAfter: nil)
            if isOne {
                #expect(!post(&other, at: now))
                finish(&one, success, now)
                #expect(one.drainWoken() == [1])
                #expect(post(&other, at: now))
            } else {
                finish(&other, success, now)
                #expect(other.drainWoken() == [0])
                #expect(post(&one, at: now))
            }
        }
    }

    @Test func `a shipper that was asked for patience keeps to it, whatever others are told`() {
        bothFail(.reply(status: 429, retryAfter: "30")) { one, other, now in
            // Both may go on at the same moment; each has a place, or waits for the other's.
            let patient = post(&one, at: now)
            #expect(patient)
            finish(&one, .reply(status: 429, retryAfter: "30"), now)
            if post(&other, at: now) {
                finish(&other, .reply(status: 200, retryAfter: nil), now)
            }
            #expect(!post(&one, at: now + .seconds(29)))
            #expect(post(&one, at: now + .seconds(30)))
        }
    }
}
