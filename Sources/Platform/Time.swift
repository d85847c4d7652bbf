// Two kinds of time: a monotonic instant for every decision, a wall-clock time for people.
import Glibc

/// A point of the monotonic clock, in nanoseconds. Back-off, ages and timeouts use nothing else.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func now() -> Instant {
        var time = timespec()
        // Safety: time is a valid place to write to.
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package static func < (one: Instant, other: Instant) -> Bool {
        one.nanoseconds < other.nanoseconds
    }
    package static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds + duration.nanoseconds)
    }
    package static func - (one: Instant, other: Instant) -> Duration {
        .nanoseconds(one.nanoseconds - other.nanoseconds)
    }
}

extension Duration {
    /// The whole duration in nanoseconds; 292 years at most.
    package var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
    /// In milliseconds, rounded up: for poll(2), which must not wake too early.
    package var milliseconds: Int64 { (nanoseconds + 999_999) / 1_000_000 }
}

/// A point of the wall clock, in nanoseconds since 1970 UTC. Never the ground of a decision.
package struct WallTime: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Within 292 years of 1970.
    package init(milliseconds: Int64) {
        let bound = Int64.max / 1_000_000
        nanoseconds = min(max(milliseconds, -bound), bound) * 1_000_000
    }

    package static func now() -> WallTime {
        var time = timespec()
        // Safety: time is a valid place to write to.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package var milliseconds: Int64 { nanoseconds / 1_000_000 }

    package static func < (one: WallTime, other: WallTime) -> Bool {
        one.nanoseconds < other.nanoseconds
    }
}
