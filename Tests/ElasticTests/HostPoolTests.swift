// The pool of hosts, rule by rule: rests and probes, choice of host, working sizes, places.
import Elastic
import Platform
import Testing

/// A pool with a clock and requests that tests end by hand.
struct PoolDrive {
    let pool: HostPool
    var now = Instant(nanoseconds: 1_000_000_000_000)
    private var started: [Int: Instant] = [:]

    init(hosts: Int, connections: Int, seed: UInt64 = 1) {
        pool = HostPool(hosts: hosts, connections: connections, seed: seed)
    }

    /// The host that this shipper may post to; nil: it must wait.
    mutating func post(_ shipper: Int) -> Int? {
        guard case .post(let host, let ceiling) = pool.admit(shipper: shipper, now: now) else {
            return nil
        }
        #expect(ceiling > 0)
        started[shipper] = now
        return host
    }

    /// How long this shipper must wait; nil: it may post, and does.
    mutating func wait(_ shipper: Int) -> Duration? {
        switch pool.admit(shipper: shipper, now: now) {
        case .post:
            started[shipper] = now
            return nil
        case .wait(let until): return until - now
        }
    }

    @discardableResult
    mutating func end(
        _ shipper: Int, _ outcome: HostOutcome, bytes: Int = 1 << 20, asked: Duration = .zero
    ) -> [Int] {
        let took = now - (started.removeValue(forKey: shipper) ?? now)
        return pool.finished(
            shipper: shipper, outcome, bytes: bytes, took: took, asked: asked, now: now)
    }

    mutating func pass(_ duration: Duration) { now = now + duration }
}

@Suite("Host pool: rests and probes")
struct HostPoolHealthTests {
    @Test(arguments: 1...4) func `shippers start on different hosts`(hosts: Int) {
        var drive = PoolDrive(hosts: hosts, connections: hosts)
        let used = (0..<hosts).map { drive.post($0) }
        #expect(Set(used) == Set((0..<hosts).map { Optional($0) }))
    }

    @Test func `while one host rests, all requests go to the other`() {
        var drive = PoolDrive(hosts: 2, connections: 2)
        let dead = drive.post(0)
        drive.end(0, .failing)
        for _ in 0..<20 {
            let hosts = [drive.post(0), drive.post(1)]
            #expect(hosts.allSatisfy { $0 != nil && $0 != dead })
            drive.pass(.milliseconds(20))
            drive.end(0, .accepted)
            drive.end(1, .accepted)
        }
    }

    @Test func `after its rest a host gets one probe, and is healthy with the first answer`() {
        for outcome in [HostOutcome.accepted, .busy, .tooLarge, .other] {
            var drive = PoolDrive(hosts: 2, connections: 4)
            let dead = drive.post(0)
            drive.end(0, .failing)
            drive.pass(.milliseconds(501))
            #expect(drive.post(0) == dead)
            #expect(drive.post(1) != dead && drive.post(2) != dead)
            drive.end(1, .accepted)
            #expect(drive.pool.status().hosts[dead ?? 0].isHealthy == false)
            drive.end(0, outcome)
            #expect(drive.pool.status().hosts[dead ?? 0].isHealthy)
        }
    }

    @Test func `rests double to a minute, and begin anew after an answer`() {
        var drive = PoolDrive(hosts: 1, connections: 1)
        for round in 0..<2 {
            for failures in 1...10 {
                #expect(drive.post(0) == 0)
                drive.end(0, .failing)
                guard let rest = drive.wait(0) else {
                    Issue.record("no rest after \(failures) failures in round \(round)")
                    return
                }
                let limit = BackOff.limit(failures: failures)
                #expect(rest >= max(limit / 2, .milliseconds(500)) && rest <= limit)
                drive.pass(rest - .nanoseconds(1))
                #expect(drive.wait(0) == .nanoseconds(1))
                drive.pass(.nanoseconds(1))
            }
            #expect(drive.post(0) == 0)
            drive.end(0, .accepted)
        }
    }

    @Test func `failures of requests that were in flight together count once`() {
        var drive = PoolDrive(hosts: 1, connections: 4)
        for shipper in 0..<4 { #expect(drive.post(shipper) == 0) }
        for shipper in 0..<4 { drive.end(shipper, .failing) }
        #expect(drive.pool.status().hosts[0].failures == 1)
        #expect(drive.wait(0) == .milliseconds(500))
    }

    @Test func `a failure of a request from before the recovery says nothing`() {
        var drive = PoolDrive(hosts: 1, connections: 3)
        for shipper in 0..<2 { #expect(drive.post(shipper) == 0) }
        drive.end(0, .failing)
        drive.pass(.seconds(1))
        #expect(drive.post(0) == 0)
        drive.pass(.milliseconds(1))
        drive.end(0, .accepted)
        drive.end(1, .failing)
        #expect(drive.pool.status().hosts[0].isHealthy)
    }

    @Test func `a host rests as long as the failed request took, and as the server asks`() {
        var drive = PoolDrive(hosts: 1, connections: 1)
        #expect(drive.post(0) == 0)
        drive.pass(.seconds(30))
        drive.end(0, .failing)
        #expect(drive.wait(0) == .seconds(30))
        drive.pass(.seconds(30))
        #expect(drive.post(0) == 0)
        drive.end(0, .failing, asked: .seconds(45))
        #expect(drive.wait(0) == .seconds(45))
        drive.pass(.seconds(45))
        #expect(drive.post(0) == 0)
        drive.pass(.seconds(300))
        drive.end(0, .failing, asked: .seconds(300))
        #expect(drive.wait(0) == .seconds(60))
    }

    @Test func `with all hosts resting the first to recover is tried, by one`() {
        var drive = PoolDrive(hosts: 2, connections: 3)
        let first = drive.post(0)
        drive.end(0, .failing)
        drive.pass(.milliseconds(100))
        #expect(drive.post(1) != first)
        drive.end(1, .failing)
        let waits = (0..<3).map { drive.wait($0) }
        #expect(waits == [.milliseconds(400), .milliseconds(400), .milliseconds(400)])
        drive.pass(.milliseconds(400))
        #expect(drive.post(2) == first)
        #expect(drive.wait(0) == .milliseconds(100))
        drive.pass(.milliseconds(100))
        #expect(drive.post(0) == 1 - (first ?? 0))
        #expect(drive.wait(1) == HostPool.patience)
        // Who waits is named as soon as there is a host again.
        #expect(drive.end(2, .accepted) == [1])
        #expect(drive.post(1) == first)
    }

    @Test func `a probe that says nothing is not repeated at once`() {
        var drive = PoolDrive(hosts: 1, connections: 2)
        #expect(drive.post(0) == 0)
        drive.end(0, .failing)
        drive.pass(.milliseconds(500))
        #expect(drive.post(0) == 0)
        drive.end(0, .unknown)
        #expect(drive.wait(0) == .milliseconds(500))
        #expect(drive.pool.status().hosts[0].failures == 1)
    }

    @Test func `a shipper that stops frees the host it probed`() {
        var drive = PoolDrive(hosts: 1, connections: 2)
        #expect(drive.post(0) == 0)
        drive.end(0, .failing)
        drive.pass(.milliseconds(500))
        #expect(drive.post(0) == 0)
        #expect(drive.wait(1) == HostPool.patience)
        _ = drive.pool.abandon(shipper: 0, now: drive.now)
        #expect(drive.pool.status().inFlight == 0)
        #expect(drive.wait(1) == .milliseconds(500))
        drive.pass(.milliseconds(500))
        #expect(drive.post(1) == 0)
    }

    /// `sick` hosts never answer; each request to them takes a minute.
    @Test(arguments: [(2, 1, 2), (3, 2, 2), (3, 1, 4), (5, 4, 4)])
    func `silent hosts do not hold all shippers`(hosts: Int, sick: Int, connections: Int) {
        var drive = PoolDrive(hosts: hosts, connections: connections)
        // Each host is known, then the last ones fall silent and are found out.
        for host in 0..<hosts {
            drive.end(0, drive.post(0) == nil ? .unknown : .accepted, bytes: host)
        }
        var ends: [Int: (host: Int, at: Instant)] = [:]
        var answered = 0
        let length = Duration.seconds(1800)
        let stop = drive.now + length
        while drive.now < stop {
            for shipper in 0..<connections where ends[shipper] == nil {
                guard let host = drive.post(shipper) else {
                    Issue.record("a shipper must wait")
                    return
                }
                let took: Duration = host >= hosts - sick ? .seconds(60) : .milliseconds(100)
                ends[shipper] = (host, drive.now + took)
            }
            drive.now = ends.values.map(\.at).min() ?? drive.now
            for (shipper, flight) in ends.sorted(by: { $0.key < $1.key })
            where flight.at <= drive.now {
                ends[shipper] = nil
                let isSick = flight.host >= hosts - sick
                if !isSick { answered += 1 }
                drive.end(shipper, isSick ? .failing : .accepted)
            }
        }
        // At least half of the shippers' time goes to the living, but for the first minute.
        let most = Int(length.nanoseconds / 100_000_000) * connections
        #expect(answered > most * 2 / 5)
    }
}

@Suite("Host pool: the faster host")
struct HostPoolLoadTests {
    @Test func `a slow host is used less, but is not forgotten`() {
        var drive = PoolDrive(hosts: 2, connections: 1)
        let early = requests(&drive, seconds: 300) { $0 == 0 ? .seconds(1) : .milliseconds(20) }
        #expect(early[0] > 0 && early[0] * 20 < early[1])
        // It has become as fast as the other one.
        let late = requests(&drive, seconds: 300) { _ in .milliseconds(20) }
        #expect(late[0] * 3 > late[1])
    }

    @Test func `hosts that are much alike are used alike`() {
        var drive = PoolDrive(hosts: 3, connections: 1)
        let used = requests(&drive, seconds: 60) { .milliseconds(20 + $0) }
        #expect(used.allSatisfy { $0 * 4 > used.reduce(0, +) })
    }

    @Test func `many shippers spread by speed and requests in flight`() {
        var drive = PoolDrive(hosts: 2, connections: 6)
        for took in [Duration.milliseconds(10), .milliseconds(30)] {
            #expect(drive.post(0) != nil)
            drive.pass(took)
            drive.end(0, .accepted)
        }
        let hosts = (0..<6).compactMap { drive.post($0) }
        // 16 and 32 ms after rounding.
        #expect(hosts.count { $0 == 0 } == 4)
    }

    @Test func `a host that has fallen silent gets no more requests than it has`() {
        var drive = PoolDrive(hosts: 2, connections: 4)
        for _ in 0..<2 {
            #expect(drive.post(0) != nil)
            drive.pass(.milliseconds(5))
            drive.end(0, .accepted)
        }
        let silent = drive.post(0)
        drive.pass(.seconds(1))
        let hosts = (1..<4).map { drive.post($0) }
        #expect(hosts.allSatisfy { $0 != nil && $0 != silent })
    }

    @Test func `a host never heard of is tried by one first`() {
        var drive = PoolDrive(hosts: 2, connections: 3)
        let known = drive.post(0)
        drive.pass(.milliseconds(100))
        drive.end(0, .accepted)
        let hosts = (0..<2).map { drive.post($0) }
        #expect(hosts == [1 - (known ?? 0), known])
    }

    @Test func `a host that refuses quickly is not taken for a fast one`() {
        var drive = PoolDrive(hosts: 2, connections: 1)
        for round in 0..<50 {
            let host = drive.post(0)
            let isRefused = host == 0 && round > 2
            drive.pass(isRefused ? .zero : .milliseconds(50))
            drive.end(0, isRefused ? .busy : .accepted)
        }
        let next = (0..<10).map { _ in
            let host = drive.post(0)
            drive.pass(.milliseconds(50))
            drive.end(0, .accepted)
            return host
        }
        #expect(next.contains(1))
    }

    /// Requests one after the other; how many each host got.
    private func requests(
        _ drive: inout PoolDrive, seconds: Int, took: (Int) -> Duration
    ) -> [Int] {
        var used = [Int](repeating: 0, count: drive.pool.status().hosts.count)
        let stop = drive.now + .seconds(seconds)
        while drive.now < stop, let host = drive.post(0) {
            used[host] += 1
            drive.pass(took(host))
            drive.end(0, .accepted)
        }
        return used
    }
}
