// How it goes with the state volume: well, or degraded, since when and why.
import Platform

/// A write of the state that failed: on which file, and by which call.
package struct StateFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: Path
    package let error: SystemError

    package init(_ path: Path, _ error: SystemError) {
        self.path = path
        self.error = error
    }

    package var description: String { "\(path): \(error)" }
}

/// What keeps the state from being made durable.
package enum StateTrouble: Hashable, Sendable, CustomStringConvertible {
    case failed(StateFault)
    /// The volume has not answered for so long: it hangs.
    case silent(Duration)

    package var description: String {
        switch self {
        case .failed(let fault): fault.description
        case .silent(let time): "no answer for \(time.components.seconds) s"
        }
    }
}

/// Whether one kind of writing works. Degraded is a state with a beginning, a cause and an end;
/// the counters only grow, for the log's last line and for whoever measures.
package struct Health<Cause: Equatable & Sendable>: Equatable, Sendable {
    /// A time during which it did not work.
    package struct Outage: Equatable, Sendable {
        /// What began it.
        package let cause: Cause
        package let since: Instant
        /// Writes that failed since.
        package fileprivate(set) var failures = 0
    }

    /// nil while all is well.
    package private(set) var outage: Outage?
    /// Outages that have begun since the start.
    package private(set) var outages = 0
    /// Writes that have failed since the start.
    package private(set) var failures = 0
    /// How long the outages lasted that are over.
    private var endedTime = Duration.zero

    package init() {}

    package var isDegraded: Bool { outage != nil }

    /// It does not work. True where this begins an outage.
    @discardableResult
    package mutating func begin(_ cause: Cause, at now: Instant) -> Bool {
        if outage != nil { return false }
        outage = Outage(cause: cause, since: now)
        outages += 1
        return true
    }

    /// A write failed. True where this begins an outage.
    @discardableResult
    package mutating func fail(_ cause: Cause, at now: Instant) -> Bool {
        let isFirst = begin(cause, at: now)
        failures += 1
        outage?.failures += 1
        return isFirst
    }

    /// It works again: what is over; nil where nothing was wrong.
    @discardableResult
    package mutating func recover(at now: Instant) -> Outage? {
        guard let over = outage else { return nil }
        endedTime += now - over.since
        outage = nil
        return over
    }

    /// How long it did not work since the start.
    package func time(at now: Instant) -> Duration {
        endedTime + (outage.map { now - $0.since } ?? .zero)
    }
}

/// What the pump knows of the state volume.
package struct VolumeHealth: Equatable, Sendable {
    /// Slots and births. While degraded, committed offsets on disk fall behind and new files wait.
    package var state = Health<StateTrouble>()
    /// The park. While degraded, inputs with lines for it wait.
    package var park = Health<ParkError>()

    package init() {}
}
