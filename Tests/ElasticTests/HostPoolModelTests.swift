// The pool of hosts under random faults, by seed: what holds at every step, and that all heals.
import Bytes
import Elastic
import Foundation
import Platform
import TestKit
import Testing

@Suite("Host pool, by chance")
struct HostPoolModelTests {
    @Test func `the rules hold at every step, and everything heals`() {
        var seeds = Seed.generator(72)
        for round in 0..<40 {
            let seed = seeds.next()
            var world = PoolWorld(seed: seed, wakes: round % 2 == 0)
            world.run(until: .seconds(150))
            world.mend()
            world.run(until: .seconds(350))
            world.checkHealed()
        }
    }

    @Test func `a seed gives the same requests again`() {
        for seed in [UInt64(1), 2, 3] {
            var one = PoolWorld(seed: seed, wakes: true)
            var other = PoolWorld(seed: seed, wakes: true)
            one.run(until: .seconds(300))
            other.run(until: .seconds(300))
            #expect(one.posts == other.posts && one.posts.count > 10)
        }
    }

    @Test func `threads may share a pool`() async {
        let pool = HostPool(hosts: 3, connections: 8, seed: 7)
        let clock = Lock<Int64>(0)
        await withTaskGroup(of: Int.self) { group in
            for shipper in 0..<8 {
                group.addTask {
                    var random = SplitMix64(seed: UInt64(shipper))
                    var posts = 0
                    for _ in 0..<2000 {
                        let time = clock.withLock { time in
                            time += 1_000_000
                            return time
                        }
                        let now = Instant(nanoseconds: time)
                        guard case .post = pool.admit(shipper: shipper, now: now) else { continue }
                        posts += 1
                        let outcomes = HostOutcome.allCases
                        _ = pool.finished(
                            shipper: shipper, outcomes.randomElement(using: &random) ?? .other,
                            bytes: 1000, took: .milliseconds(1), now: now)
                    }
                    return posts
                }
            }
            var posts = 0
            for await some in group { posts += some }
            #expect(posts > 0)
        }
        let status = pool.status()
        #expect(status.inFlight == 0 && status.hosts.allSatisfy { $0.inFlight == 0 })
        #expect((1...8).contains(status.places))
    }
}

/// Hosts that fail and recover, shippers that always have something to post, and a clock.
struct PoolWorld {
    enum Mood: CaseIterable { case well, slow, dead, silent, unwell, reset }

    struct Post: Hashable {
        var shipper: Int
        var host: Int
        var at: Instant
    }

    private struct Flight {
        var host: Int
        var end: Instant
        var outcome: HostOutcome
        var bytes: Int
        var started: Instant
        var isProbe: Bool
    }

    private(set) var posts: [Post] = []
    private let pool: HostPool
    private let seed: UInt64
    private let wakes: Bool
    private var random: SplitMix64
    private var now = Instant(nanoseconds: 0)
    private let connections: Int
    private var moods: [Mood]
    /// Bodies that are larger are refused.
    private var sizes: [Int]
    /// More requests at once are answered with 429.
    private var capacity: Int
    private var isMended = false
    private var flights: [Int: Flight] = [:]
    /// When a shipper without a request in flight asks again.
    private var asks: [Int: Instant] = [:]
    private var probes: [Int: Int] = [:]
    /// Posts to a resting host, by host.
    private var attempts: [Int: [Instant]] = [:]

    init(seed: UInt64, wakes: Bool) {
        var random = SplitMix64(seed: seed)
        let hosts = Int.random(in: 1...4, using: &random)
        connections = Int.random(in: 1...6, using: &random)
        moods = (0..<hosts).map { _ in Mood.allCases.randomElement(using: &random) ?? .well }
        sizes = (0..<hosts).map { _ in 1 << Int.random(in: 10...21, using: &random) }
        capacity = Int.random(in: 1...6, using: &random)
        pool = HostPool(hosts: hosts, connections: connections, seed: random.next())
        self.random = random
        self.seed = seed
        self.wakes = wakes
        for shipper in 0..<connections { asks[shipper] = now }
    }

    mutating func mend() {
        isMended = true
        moods = moods.map { _ in .well }
        sizes = sizes.map { _ in .max }
        capacity = .max
        posts.removeAll()
    }

    mutating func run(until end: Duration) {
        let stop = Instant(nanoseconds: 0) + end
        while true {
            let next = (asks.values.map { $0 } + flights.values.map(\.end)).min() ?? stop
            guard next < stop else { return }
            now = next
            for (shipper, flight) in flights.sorted(by: { $0.key < $1.key })
            where flight.end <= now { land(shipper, flight) }
            // In any order: threads have none.
            for shipper in asks.filter({ $0.value <= now }).keys.sorted().shuffled(using: &random) {
                ask(shipper)
            }
            if !isMended, random.next() % 50 == 0 {
                let host = Int.random(in: moods.indices, using: &random)
                moods[host] = Mood.allCases.randomElement(using: &random) ?? .well
            }
        }
    }

    private mutating func ask(_ shipper: Int) {
        let before = pool.status()
        switch pool.admit(shipper: shipper, now: now) {
        case .wait(let until):
            #expect(until > now && until <= now + .seconds(60), "seed \(seed)")
            let isAnyHealthy = before.hosts.contains(where: \.isHealthy)
            // Whoever is named asks at once when it is woken, so no place is kept for long.
            if wakes, isAnyHealthy {
                #expect(
                    before.inFlight >= before.places
                        || asks.contains {
                            $0.key != shipper && $0.value <= now
                        }, "seed \(seed): a healthy host, a place, and yet a wait")
            }
            asks[shipper] = until
        case .post(let host, let ceiling):
            asks[shipper] = nil
            posts.append(Post(shipper: shipper, host: host, at: now))
            #expect(before.inFlight < before.places, "seed \(seed)")
            #expect(before.places >= 1 && before.places <= connections, "seed \(seed)")
            #expect(ceiling >= 1, "seed \(seed)")
            let isProbe = !before.hosts[host].isHealthy
            if isProbe { checkProbe(of: host, before) }
            start(shipper, host, min(ceiling, 1 << 20), isProbe: isProbe)
        }
    }

    private mutating func checkProbe(of host: Int, _ before: HostPool.Status) {
        #expect(probes[host, default: 0] == 0, "seed \(seed): two probes to host \(host)")
        probes[host, default: 0] += 1
        let isAnyHealthy = before.hosts.contains(where: \.isHealthy)
        let under = probes.values.reduce(0, +)
        #expect(!isAnyHealthy || under <= max(before.places / 2, 1), "seed \(seed)")
        // Fewer than two a second in the long run: of any three, the last comes a second later.
        attempts[host, default: []].append(now)
        let last = attempts[host, default: []].suffix(3)
        if last.count == 3, before.hosts[host].failures > 2, let first = last.first {
            #expect(now - first >= .seconds(1), "seed \(seed)")
        }
    }

    private mutating func start(_ shipper: Int, _ host: Int, _ bytes: Int, isProbe: Bool) {
        let inFlight = flights.count + 1
        let quick = Duration.milliseconds(Int.random(in: 50...500, using: &random))
        var (outcome, took): (HostOutcome, Duration) =
            switch moods[host] {
            case .well: (.accepted, quick)
            case .slow: (.accepted, .seconds(5))
            case .dead: (.failing, .zero)
            case .silent: (.failing, .seconds(30))
            case .unwell: (random.next() % 2 == 0 ? .failing : .other, quick)
            case .reset: (random.next() % 3 == 0 ? .severed : .unknown, quick)
            }
        if outcome == .accepted, bytes > sizes[host] { outcome = .tooLarge }
        if outcome == .accepted, inFlight > capacity { outcome = .busy }
        flights[shipper] = Flight(
            host: host, end: now + took, outcome: outcome, bytes: bytes, started: now,
            isProbe: isProbe)
    }

    private mutating func land(_ shipper: Int, _ flight: Flight) {
        flights[shipper] = nil
        if flight.isProbe { probes[flight.host, default: 0] -= 1 }
        let woken: [Int]
        if random.next() % 50 == 0 {
            woken = pool.abandon(shipper: shipper, now: now)
        } else {
            woken = pool.finished(
                shipper: shipper, flight.outcome, bytes: flight.bytes,
                took: now - flight.started, now: now)
        }
        for other in woken {
            #expect(asks[other] != nil, "seed \(seed): \(other) is named and does not wait")
            if wakes { asks[other] = now }
        }
        // Encoding the next body, and whatever the shipper itself waits for.
        asks[shipper] = now + .milliseconds(Int.random(in: 1...300, using: &random))
    }

    func checkHealed() {
        let status = pool.status()
        let late = posts.filter { $0.at > Instant(nanoseconds: 0) + .seconds(250) }
        for (number, host) in status.hosts.enumerated() {
            #expect(host.isHealthy, "seed \(seed): host \(number) still rests")
            #expect(late.contains { $0.host == number }, "seed \(seed): \(number) is not used")
        }
        for shipper in 0..<connections {
            #expect(late.contains { $0.shipper == shipper }, "seed \(seed): \(shipper) starves")
        }
        #expect(status.places == connections, "seed \(seed)")
    }
}
