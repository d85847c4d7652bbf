// What all shippers share about the hosts: who is well, how much each takes, how many at once.
import Platform

/// Whether a shipper may post, and where.
package enum Admission: Hashable, Sendable {
    /// Post to this host, a body of at most `ceiling` bytes of bulk lines (one event may be
    /// larger). `finished` or `abandon` must follow.
    case post(host: Int, ceiling: Int)
    /// Ask again then, or when the end of another shipper's request names this shipper.
    case wait(until: Instant)
}

/// Shared by the shippers of an agent; any thread may call it. It has no clock and starts nothing:
/// the same calls with the same seed give the same answers. Ask `admit` before every request, tell
/// `finished` of every outcome:
///
///     switch pool.admit(shipper: number, now: now) {
///     case .post(let host, let ceiling): post; wake(pool.finished(shipper: number, …))
///     case .wait(let until): sleep until then, or until woken
///     }
///
/// `finished` and `abandon` return the shippers that need not wait any longer. Waking them makes
/// them quicker by up to `HostPool.patience`; without it everything works, too.
package final class HostPool: Sendable {
    /// How long a shipper waits for an event (a place, the end of a probe) before it asks again.
    package static let patience = Duration.seconds(1)

    private let state: Lock<HostPoolState>

    /// `connections` is how many shippers there are: they count from 0.
    package init(hosts: Int, connections: Int, seed: UInt64) {
        state = Lock(HostPoolState(hosts: hosts, connections: connections, seed: seed))
    }

    /// Whether and where this shipper, which has no request in flight, may post now.
    package func admit(shipper: Int, now: Instant) -> Admission {
        state.withLock { $0.admit(shipper: shipper, now: now) }
    }

    /// The shipper's request has ended. `bytes`: its bulk lines before encoding. `took`: from post
    /// to reply. `asked`: the wait that a Retry-After asked for. Returns who need not wait longer.
    package func finished(
        shipper: Int, _ outcome: HostOutcome, bytes: Int, took: Duration,
        asked: Duration = .zero, now: Instant
    ) -> [Int] {
        state.withLock {
            $0.finished(
                shipper: shipper, outcome, bytes: bytes, took: took, asked: asked, now: now)
        }
    }

    /// The shipper stops or has nothing to post any more, whatever it was told last. Returns who
    /// need not wait longer.
    package func abandon(shipper: Int, now: Instant) -> [Int] {
        state.withLock { $0.abandon(shipper: shipper, now: now) }
    }

    /// A number for the next request: rising, and no other request of the agent has it.
    package func nextRequest() -> Int { state.withLock { $0.nextRequest() } }

    /// Notes that a reply names the index with this hash for an event of `target`: see
    /// `BackingIndex.judge`.
    package func judge(
        target: UInt16, index: UInt64, request: Int, unknownSince: Int?
    ) -> Bool {
        state.withLock {
            $0.indices.judge(
                target: target, index: index, request: request, unknownSince: unknownSince)
        }
    }

    /// How long the host rests from now on; zero when it is healthy.
    package func rest(of host: Int, now: Instant) -> Duration {
        state.withLock { max(($0.hosts[host].restsUntil ?? now) - now, .zero) }
    }

    /// How things stand, for metrics and tests.
    package func status() -> Status { state.withLock { $0.status } }

    /// How things stand.
    package struct Status: Hashable, Sendable {
        /// One host.
        package struct Host: Hashable, Sendable {
            package var isHealthy: Bool
            /// Failures since it was last healthy.
            package var failures: Int
            package var inFlight: Int
            /// `Int.max`: no body was refused for its size.
            package var ceiling: Int
        }
        package var hosts: [Host]
        /// So many requests may be in flight to all hosts together.
        package var places: Int
        /// So many are.
        package var inFlight: Int
    }
}
