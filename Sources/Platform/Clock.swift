// The seam to time.
import Glibc

/// What time it is. The simulation answers with a clock it turns by hand.
package protocol Clock: AnyObject, Sendable {
    func now() -> Instant
    func wall() -> WallTime
    /// CPU time of the calling thread so far: what work has cost, however busy the machine is.
    func cpu() -> Duration
}

extension Clock {
    /// Work costs nothing where time stands still.
    package func cpu() -> Duration { .zero }
}

/// The clocks of the kernel.
package final class SystemClock: Clock {
    package init() {}
    package func now() -> Instant { .now() }
    package func wall() -> WallTime { .now() }
    package func cpu() -> Duration {
        var time = timespec()
        // Safety: time is a valid place to write to.
        unsafe _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
