// A clock that stands still until a test turns it.
import Platform

/// Used by one thread.
package final class ManualClock: Clock, @unchecked Sendable {
    private var elapsed = Duration.zero
    /// What the wall showed at the start; it may be set, the monotonic clock may not.
    package var wallOffset: Int64

    package init(wall: Int64 = 1_600_000_000_000_000_000) { wallOffset = wall }

    package func now() -> Instant {
        Instant(nanoseconds: 1_000_000_000) + elapsed
    }

    package func wall() -> WallTime { WallTime(nanoseconds: wallOffset + elapsed.nanoseconds) }

    package func advance(by duration: Duration) { elapsed += duration }
}
