// What a pulse means: whether the agent lives, and whether it is ready.
import Platform

/// What can be said of an agent at one moment.
package struct Standing: Equatable, Sendable {
    /// nil: there is no agent, or it is not clear which one is meant.
    package let process: Int?
    /// Why there is none.
    package let absence: String?
    /// The pump is not behind its own promise by more than it may be.
    package let isLive: Bool
    /// The state is open, and all inputs were looked through once.
    package let isReady: Bool
    /// How long ago the pump promised to be back; negative: how long until then.
    package let overdue: Duration
    private let limit: Duration

    /// - Parameter limit: how far the pump may be behind its promise.
    package init(_ pulse: Pulse, of process: Int, now: Instant, limit: Duration) {
        self.process = process
        absence = nil
        self.limit = limit
        overdue = now - Instant(nanoseconds: 0) - .seconds(pulse.promise)
        isLive = overdue <= limit
        isReady = pulse.isReady
    }

    package init(absence: String) {
        process = nil
        self.absence = absence
        isLive = false
        isReady = false
        overdue = .zero
        limit = .zero
    }

    /// One line: whether, and why.
    package var liveText: String {
        if let absence { return "not live: \(absence)" }
        if !isLive {
            return "not live: the pump has been overdue for \(seconds(overdue)) s, "
                + "more than \(durationText(limit))"
        }
        return overdue > .zero
            ? "live: the pump has been due for \(seconds(overdue)) s"
            : "live: the pump is back within \(seconds(overdue * -1) + 1) s"
    }

    /// One line: whether, and why.
    package var readyText: String {
        if let absence { return "not ready: \(absence)" }
        if !isReady { return "not ready: the inputs have not been looked through yet" }
        return "ready: the state is open, the inputs were looked through"
    }

    private func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }
}
