// The state behind the pool's lock: where the next request goes, and who waits.
import Bytes
import Platform

/// Everything the pool knows. Owned by whoever has its lock.
struct HostPoolState: Sendable {
    /// A request in flight.
    struct Flight: Sendable {
        var host: Int
        var started: Instant
        var era: Int
        var isProbe: Bool
    }

    /// A shipper that was told to wait.
    struct Waiter: Sendable {
        var shipper: Int
        /// A place is kept for it until then: it was named to be woken.
        var keptUntil: Instant?
    }

    var hosts: [HostRecord]
    var limit: RequestLimit
    /// By shipper.
    var flights: [Flight?]
    var inFlight = 0
    /// In the order of asking.
    var line: [Waiter] = []
    private var requests: UInt64 = 0
    private var lastRequest = 0
    var indices = BackingIndex()
    var random: SplitMix64

    init(hosts: Int, connections: Int, seed: UInt64) {
        precondition(hosts > 0)
        self.hosts = Array(repeating: HostRecord(), count: hosts)
        limit = RequestLimit(most: connections)
        flights = Array(repeating: nil, count: connections)
        line.reserveCapacity(connections)
        random = SplitMix64(seed: seed)
    }

    mutating func admit(shipper: Int, now: Instant) -> Admission {
        precondition(flights[shipper] == nil, "the shipper has a request in flight")
        let kept = keptPlaces(besides: shipper, now)
        guard inFlight + kept < limit.places else {
            return queue(shipper, until: now + HostPool.patience)
        }
        if let host = dueHost(now) { return start(shipper, host, isProbe: true, now) }
        if let host = bestHost(now) { return start(shipper, host, isProbe: false, now) }
        // Nobody is healthy, and who is not resting any more is being probed.
        var until: Instant?
        for host in hosts where !host.isProbed {
            if let end = host.restsUntil { until = until.map { min($0, end) } ?? end }
        }
        let patience = now + HostPool.patience
        if hosts.contains(where: \.isProbed) { until = min(until ?? patience, patience) }
        return queue(shipper, until: until ?? patience)
    }

    mutating func nextRequest() -> Int {
        lastRequest += 1
        return lastRequest
    }

    // MARK: - Hosts

    /// The host to be probed next: the one whose rest ended first. While others are healthy, probes
    /// take half of the places at most (but one in any case), so that silent hosts cannot hold all
    /// shippers.
    private func dueHost(_ now: Instant) -> Int? {
        var due: Int?
        var probed = 0
        var isAnyHealthy = false
        for (number, host) in hosts.enumerated() {
            if host.isProbed { probed += 1 }
            if host.isHealthy { isAnyHealthy = true }
            guard host.isDue(now), let end = host.restsUntil else { continue }
            if let best = due, let bestEnd = hosts[best].restsUntil, bestEnd <= end { continue }
            due = number
        }
        return isAnyHealthy && probed >= max(limit.places / 2, 1) ? nil : due
    }

    /// The healthy host with the least load; of several the one with the fewest requests in flight,
    /// then the one not used for the longest time.
    private func bestHost(_ now: Instant) -> Int? {
        var slowest: Int64 = 0
        for host in hosts where host.isHealthy { slowest = max(slowest, host.knownTime(now) ?? 0) }
        var best: (host: Int, load: Int64)?
        for (number, host) in hosts.enumerated() where host.isHealthy {
            let load = host.load(now, oldest: oldestFlight(to: number, now), slowest: slowest)
            if let best {
                let rival = hosts[best.host]
                if (best.load, rival.inFlight, rival.lastUse)
                    <= (load, host.inFlight, host.lastUse)
                {
                    continue
                }
            }
            best = (number, load)
        }
        return best?.host
    }

    private func oldestFlight(to host: Int, _ now: Instant) -> Duration {
        var oldest = Duration.zero
        if hosts[host].inFlight == 0 { return oldest }
        for case .some(let flight) in flights where flight.host == host {
            oldest = max(oldest, now - flight.started)
        }
        return oldest
    }

    private mutating func start(
        _ shipper: Int, _ host: Int, isProbe: Bool, _ now: Instant
    ) -> Admission {
        line.removeAll { $0.shipper == shipper }
        requests += 1
        hosts[host].lastUse = requests
        hosts[host].inFlight += 1
        if isProbe { hosts[host].isProbed = true }
        inFlight += 1
        flights[shipper] = Flight(host: host, started: now, era: limit.era, isProbe: isProbe)
        return .post(host: host, ceiling: hosts[host].size.ceiling)
    }

    // MARK: - The line

    /// Lets the shipper wait, behind those who wait already.
    private mutating func queue(_ shipper: Int, until: Instant) -> Admission {
        if let place = line.firstIndex(where: { $0.shipper == shipper }) {
            line[place].keptUntil = nil
        } else {
            line.append(Waiter(shipper: shipper, keptUntil: nil))
        }
        return .wait(until: until)
    }

    /// How many places are kept for others. Who was named and did not come in time is forgotten.
    mutating func keptPlaces(besides shipper: Int?, _ now: Instant) -> Int {
        line.removeAll { waiter in
            guard let end = waiter.keptUntil, waiter.shipper != shipper else { return false }
            return end < now
        }
        return line.count { $0.keptUntil != nil && $0.shipper != shipper }
    }

    /// Names those in the line for whom there is a place now, and keeps it for them: else whoever
    /// has just finished would always come first.
    mutating func wake(_ now: Instant) -> [Int] {
        if line.isEmpty || !hosts.contains(where: \.isHealthy) { return [] }
        let kept = keptPlaces(besides: nil, now)
        var free = limit.places - inFlight - kept
        var woken: [Int] = []
        for place in line.indices where line[place].keptUntil == nil {
            if free <= 0 { break }
            free -= 1
            // Twice, for one who was not woken comes by itself when its patience ends.
            line[place].keptUntil = now + HostPool.patience * 2
            woken.append(line[place].shipper)
        }
        return woken
    }
}
