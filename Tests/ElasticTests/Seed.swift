// The seed of a random test: from the environment, else new; printed so that a failure replays.
import Bytes
import Elastic
import Foundation

/// A source for the named test. `TAILPROOF_SEED` fixes its seed.
func seededSource(_ name: String) -> SplitMix64 {
    let environment = ProcessInfo.processInfo.environment["TAILPROOF_SEED"]
    let seed = environment.flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): TAILPROOF_SEED=\(seed)")
    return SplitMix64(seed: seed)
}
