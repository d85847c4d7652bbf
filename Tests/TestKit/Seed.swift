// Random numbers that can be repeated: every random test begins with a seed and prints it.
import Bytes
import Glibc

/// What tests draw from.
package typealias SeededGenerator = SplitMix64

package enum Seed {
    /// The seed of this run: the number in `TAILPROOF_SEED`, else that in `TAILPROOF_FIRST_SEED`
    /// (with which `make test` repeats itself), else a random one. Printed once, so that a failure
    /// can be repeated.
    package static let current: UInt64 = {
        let seed =
            number("TAILPROOF_SEED") ?? number("TAILPROOF_FIRST_SEED")
            ?? .random(in: .min ... .max)
        print("TAILPROOF_SEED=\(seed)")
        return seed
    }()

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }

    /// A generator of its own for each test, so that one test's draws do not depend on another's.
    package static func generator(_ salt: UInt64 = 0) -> SeededGenerator {
        SeededGenerator(seed: current &+ salt &* 0x2545_f491_4f6c_dd1d)
    }
}
