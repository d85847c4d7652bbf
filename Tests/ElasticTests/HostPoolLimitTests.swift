// The pool of hosts: how large bodies may be, and how many requests at once.
import Elastic
import Platform
import Testing

@Suite("Host pool: working size")
struct WorkingSizeTests {
    private var drive = PoolDrive(hosts: 1, connections: 1)

    @Test mutating func `a refused body halves the size, at least to one byte`() {
        #expect(send(1000, .tooLarge) == 500)
        #expect(send(800, .severed) == 400)
        // A larger one, in flight meanwhile.
        #expect(send(1000, .tooLarge) == 400)
        #expect(send(1, .tooLarge) == 1)
        #expect(send(0, .tooLarge) == 1)
    }

    @Test mutating func `32 accepted bodies near the ceiling double it`() {
        #expect(send(1000, .tooLarge) == 500)
        for _ in 0..<31 { #expect(send(400, .accepted) == 500) }
        for _ in 0..<100 { #expect(send(250, .accepted) == 500) }
        for outcome in [HostOutcome.busy, .other, .failing, .unknown] {
            #expect(send(400, outcome) == 500)
            drive.pass(.seconds(60))
        }
        #expect(send(400, .accepted) == 1000)
        for _ in 0..<31 { #expect(send(1000, .accepted) == 1000) }
        #expect(send(600, .accepted) == 2000)
    }

    @Test mutating func `after ten minutes without a refusal one accepted body doubles it`() {
        #expect(send(1000, .tooLarge) == 500)
        drive.pass(.seconds(599))
        #expect(send(400, .accepted) == 500)
        drive.pass(.seconds(1))
        #expect(send(200, .accepted) == 500)
        #expect(send(400, .accepted) == 1000)
        #expect(send(900, .accepted) == 1000)
    }

    @Test mutating func `a limit that stays is tried ever more rarely`() {
        let needed = growths(limit: 1500, bodies: 100_000)
        #expect(needed == [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 32768])
    }

    @Test mutating func `a limit that was lifted is forgotten`() {
        _ = growths(limit: 1500, bodies: 3000)
        _ = growths(limit: .max, bodies: 6000)
        #expect(drive.pool.status().hosts[0].ceiling == .max)
        // And the next one is found out as quickly as the first.
        #expect(growths(limit: 1500, bodies: 40).first == 32)
    }

    @Test func `sizes are each host's own, and known to all shippers`() {
        var drive = PoolDrive(hosts: 2, connections: 2)
        let small = drive.post(0) ?? 0
        drive.end(0, .tooLarge, bytes: 1000)
        #expect(drive.pool.status().hosts[small].ceiling == 500)
        #expect(drive.pool.status().hosts[1 - small].ceiling == .max)
        var ceilings: [Int: Int] = [:]
        for shipper in 0..<2 {
            guard
                case .post(let host, let ceiling) = drive.pool.admit(
                    shipper: shipper, now: drive.now)
            else { continue }
            ceilings[host] = ceiling
        }
        #expect(ceilings == [small: 500, 1 - small: .max])
    }

    /// Sends bodies as large as allowed, at most a TiB, to a host with a limit; how many were
    /// accepted before each refusal.
    private mutating func growths(limit: Int, bodies: Int) -> [Int] {
        var accepted = 0
        var counts: [Int] = []
        for _ in 0..<bodies {
            let bytes = min(drive.pool.status().hosts[0].ceiling, 1 << 40)
            if bytes > limit {
                _ = send(bytes, .tooLarge)
                if accepted > 0 { counts.append(accepted) }
                accepted = 0
                // Down to where it works, as a shipper halves.
                while drive.pool.status().hosts[0].ceiling > limit {
                    _ = send(drive.pool.status().hosts[0].ceiling, .tooLarge)
                }
            } else {
                accepted += 1
                _ = send(bytes, .accepted)
            }
        }
        return counts
    }

    /// The ceiling after a request of so many bytes.
    private mutating func send(_ bytes: Int, _ outcome: HostOutcome) -> Int {
        #expect(drive.post(0) == 0)
        drive.pass(.milliseconds(1))
        drive.end(0, outcome, bytes: bytes)
        return drive.pool.status().hosts[0].ceiling
    }
}

@Suite("Host pool: places")
struct RequestLimitTests {
    @Test func `429 halves the requests in flight, once for all that were refused together`() {
        var drive = PoolDrive(hosts: 2, connections: 8)
        for shipper in 0..<8 { #expect(drive.post(shipper) != nil) }
        for shipper in 0..<8 { drive.end(shipper, .busy) }
        #expect(drive.pool.status().places == 4)
        for shipper in 0..<4 { #expect(drive.post(shipper) != nil) }
        #expect(drive.wait(4) == HostPool.patience)
        drive.end(0, .busy)
        #expect(drive.pool.status().places == 2)
    }

    @Test func `there is always one place`() {
        var drive = PoolDrive(hosts: 1, connections: 2)
        for _ in 0..<5 {
            #expect(drive.post(0) == 0)
            drive.end(0, .busy)
            #expect(drive.pool.status().places == 1)
        }
    }

    @Test func `as many successes as there are places make one more`() {
        var drive = PoolDrive(hosts: 1, connections: 4)
        #expect(drive.post(0) == 0)
        drive.end(0, .busy)
        var places: [Int] = []
        for _ in 0..<8 {
            #expect(drive.post(0) == 0)
            drive.end(0, .accepted)
            places.append(drive.pool.status().places)
        }
        #expect(places == [2, 2, 3, 3, 3, 4, 4, 4])
    }

    @Test func `what began before a refusal does not make up for it`() {
        var drive = PoolDrive(hosts: 1, connections: 4)
        for shipper in 0..<4 { #expect(drive.post(shipper) == 0) }
        drive.end(0, .busy)
        for shipper in 1..<4 { drive.end(shipper, .accepted) }
        #expect(drive.pool.status().places == 2)
    }

    @Test func `places are given in the order of asking`() {
        var drive = PoolDrive(hosts: 1, connections: 3)
        #expect(drive.post(0) == 0)
        drive.end(0, .busy)
        #expect(drive.post(0) == 0)
        #expect(drive.wait(1) == HostPool.patience)
        #expect(drive.wait(2) == HostPool.patience)
        #expect(drive.end(0, .other) == [1])
        // The place is kept for the one who was named.
        #expect(drive.wait(0) == HostPool.patience)
        #expect(drive.wait(2) == HostPool.patience)
        #expect(drive.post(1) == 0)
        #expect(drive.end(1, .other) == [2])
        #expect(drive.post(2) == 0)
        #expect(drive.end(2, .other) == [0])
    }

    @Test func `a place is not kept for ever for one who does not come`() {
        var drive = PoolDrive(hosts: 1, connections: 3)
        #expect(drive.post(0) == 0)
        drive.end(0, .busy)
        #expect(drive.post(0) == 0)
        #expect(drive.wait(1) == HostPool.patience)
        #expect(drive.end(0, .other) == [1])
        #expect(drive.wait(0) == HostPool.patience)
        #expect(drive.pool.abandon(shipper: 1, now: drive.now) == [0])
        #expect(drive.wait(2) == HostPool.patience)
        drive.pass(HostPool.patience * 2 + .nanoseconds(1))
        #expect(drive.post(2) == 0)
    }
}

@Suite("Host outcome")
struct HostOutcomeTests {
    @Test(arguments: [
        (200, HostOutcome.accepted), (201, .other), (301, .other), (400, .other), (401, .other),
        (403, .other), (404, .other), (408, .other), (413, .other), (429, .busy), (500, .failing),
        (501, .other), (502, .failing), (503, .failing), (504, .failing), (599, .failing),
    ])
    func `an answer says that the host is there, but for most of 5xx`(
        status: Int, expected: HostOutcome
    ) {
        let reply = BulkOutcome.reply(status: status, retryAfter: nil)
        #expect(outcome(reply) == expected)
        #expect(outcome(reply, isTooLarge: true) == .tooLarge)
        #expect(outcome(reply, hasBusyItems: true) == (status == 200 ? .busy : expected))
        #expect(outcome(reply, isReadable: false) == (status == 200 ? .other : expected))
    }

    @Test(arguments: BulkFailure.Kind.allCases)
    func `no answer is a failure of the host, unless it is none of its own`(
        kind: BulkFailure.Kind
    ) {
        let failure = BulkOutcome.failed(BulkFailure(kind: kind, description: "", uploaded: 1))
        let expected: HostOutcome =
            switch kind {
            case .stale, .aborted: .unknown
            case .tooLarge: .other
            default: .failing
            }
        #expect(outcome(failure) == expected)
        #expect(outcome(failure, isTooLarge: true) == .severed)
    }

    private func outcome(
        _ outcome: BulkOutcome, isReadable: Bool = true, hasBusyItems: Bool = false,
        isTooLarge: Bool = false
    ) -> HostOutcome {
        HostOutcome(
            outcome, isReadable: isReadable, hasBusyItems: hasBusyItems, isTooLarge: isTooLarge)
    }
}
