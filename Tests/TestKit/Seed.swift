// Random numbers that can be repeated: every random test begins with a seed and prints it.
import Glibc

/// SplitMix64: small, fast, and the same everywhere for the same seed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
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

package enum Seed {
    /// The seed of this run: `TAILPROOF_SEED` when that is set to a number, else a random one.
    /// Printed once, so that a failure can be repeated.
    package static let current: UInt64 = {
        var seed = UInt64.random(in: .min ... .max)
        if let text = getenv("TAILPROOF_SEED"), let given = UInt64(String(cString: text)) {
            seed = given
        }
        print("TAILPROOF_SEED=\(seed)")
        return seed
    }()

    /// A generator of its own for each test, so that one test's draws do not depend on another's.
    package static func generator(_ salt: UInt64 = 0) -> SeededGenerator {
        SeededGenerator(seed: current &+ salt &* 0x2545_f491_4f6c_dd1d)
    }
}
