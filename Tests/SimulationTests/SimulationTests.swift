// The whole agent in one thread under a seed: logs, server, disk and death in any order.
import Foundation
import TestKit
import Testing

@Suite("Simulation") struct SimulationTests {
    /// As many as `TAILPROOF_SEEDS` says, 200 by default, from `TAILPROOF_FIRST_SEED` or a random
    /// one on; one alone when `TAILPROOF_SEED` is set.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["TAILPROOF_SEED"].flatMap(UInt64.init) { return [seed] }
        let count = environment["TAILPROOF_SEEDS"].flatMap(Int.init) ?? 200
        return (0..<count).map { Seed.current &+ UInt64($0) }
    }

    @Test("Whatever happens, nothing is lost, nothing comes twice, no offset runs ahead")
    func promisesHold() throws {
        for seed in Self.seeds {
            var world = World(seed: seed)
            try world.run(steps: 1_500)
        }
    }
}
