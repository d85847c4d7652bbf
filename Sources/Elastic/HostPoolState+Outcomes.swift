// What the pool learns when a request ends.
import Platform

extension HostPoolState {
    mutating func finished(
        shipper: Int, _ outcome: HostOutcome, bytes: Int, took: Duration, asked: Duration,
        now: Instant
    ) -> [Int] {
        guard let flight = flights[shipper] else {
            preconditionFailure("the shipper has no request in flight")
        }
        if outcome == .busy { limit.refused(in: flight.era, inFlight: inFlight) }
        land(shipper, flight)
        switch outcome {
        case .accepted:
            limit.accepted(in: flight.era)
            hosts[flight.host].size.accepted(bytes, at: now)
            hosts[flight.host].noteAnswer(took: took, now: now)
            hosts[flight.host].answered(now: now)
        case .tooLarge:
            hosts[flight.host].size.refused(bytes, at: now)
            hosts[flight.host].answered(now: now)
        case .busy, .other: hosts[flight.host].answered(now: now)
        case .failing: rest(after: flight, took: took, asked: asked, now: now)
        case .severed:
            hosts[flight.host].size.refused(bytes, at: now)
            if flight.isProbe { rest(after: flight, took: took, asked: asked, now: now) }
        case .unknown:
            if flight.isProbe { hosts[flight.host].probedInVain(now: now) }
        }
        return wake(now)
    }

    mutating func abandon(shipper: Int, now: Instant) -> [Int] {
        if let flight = flights[shipper] {
            land(shipper, flight)
            if flight.isProbe { hosts[flight.host].probedInVain(now: now) }
        }
        line.removeAll { $0.shipper == shipper }
        return wake(now)
    }

    private mutating func rest(
        after flight: Flight, took: Duration, asked: Duration, now: Instant
    ) {
        hosts[flight.host].failed(
            since: flight.started, took: took, asked: asked, isProbe: flight.isProbe, now: now,
            random: &random)
    }

    private mutating func land(_ shipper: Int, _ flight: Flight) {
        flights[shipper] = nil
        inFlight -= 1
        hosts[flight.host].inFlight -= 1
        if flight.isProbe { hosts[flight.host].isProbed = false }
    }

    var status: HostPool.Status {
        HostPool.Status(
            hosts: hosts.map {
                HostPool.Status.Host(
                    isHealthy: $0.isHealthy, failures: $0.failures, inFlight: $0.inFlight,
                    ceiling: $0.size.ceiling)
            }, places: limit.places, inFlight: inFlight)
    }
}
