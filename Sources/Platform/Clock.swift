// The seam to time.

/// What time it is. The simulation answers with a clock it turns by hand.
package protocol Clock: AnyObject, Sendable {
    func now() -> Instant
    func wall() -> WallTime
}

/// The clocks of the kernel.
package final class SystemClock: Clock {
    package init() {}
    package func now() -> Instant { .now() }
    package func wall() -> WallTime { .now() }
}
