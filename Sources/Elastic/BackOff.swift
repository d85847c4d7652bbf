// How long to wait after a failure: exponential with full jitter.
import Platform

/// The schedule of waits: the n-th wait in a row lies anywhere between nothing and 0.5 s · 2ⁿ⁻¹,
/// never above 60 s.
package enum BackOff {
    package static let first = Duration.milliseconds(500)
    package static let cap = Duration.seconds(60)

    /// The longest wait after so many failures in a row (at least 1).
    package static func limit(failures: Int) -> Duration {
        // Seven doublings reach the cap.
        min(cap, first * (1 << min(max(failures - 1, 0), 7)))
    }

    /// A wait after so many failures in a row.
    package static func wait(
        failures: Int, random: inout some RandomNumberGenerator
    ) -> Duration {
        let limit = limit(failures: failures).nanoseconds
        return .nanoseconds(Int64.random(in: 0...limit, using: &random))
    }
}
