// Random numbers that can be repeated: every random test begins with a seed and prints it.
import Bytes
import Glibc

/// What tests draw from.
package typealias SeededGenerator = SplitMix64

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
