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

/// SplitMix64: small, seedable, good enough to spread retries. Never for secrets.
package struct JitterSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
