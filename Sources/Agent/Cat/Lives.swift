// Where the incarnations of `cat` come from: chance, or a seed.
import Bytes
import Elastic
import Platform
import Tail

/// New incarnations, for files that are printed and, as random numbers and a clock, for files that
/// are followed. With a seed everything is the same in every run, the birth too: 1970.
struct Lives {
    private(set) var random: SplitMix64
    let clock: any Clock

    init(seed: UInt64?) {
        random = SplitMix64(seed: seed ?? .random(in: 0 ... .max))
        clock = seed == nil ? SystemClock() : FixedWallClock()
    }

    mutating func next() -> Incarnation {
        Incarnation(birth: clock.wall(), using: &random)
    }

    /// `agent.id` of this run.
    mutating func agentID() -> String {
        AgentID.text((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}

/// Time goes by, but the wall shows 1970.
private final class FixedWallClock: Clock {
    func now() -> Instant { .now() }
    func wall() -> WallTime { WallTime(nanoseconds: 0) }
}
