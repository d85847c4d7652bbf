// Degraded as a state: when it begins, what it counts, when it is over.
import Platform
import Tail
import TestKit
import Testing

@Suite("Health of the state volume") struct VolumeHealthTests {
    private let clock = ManualClock()
    private let full = StateTrouble.failed(
        StateFault("/state/slot.a", SystemError("fdatasync", 28)))
    private let broken = StateTrouble.failed(StateFault("/state/births", SystemError("pwrite", 5)))

    @Test("an outage keeps its first cause, counts its failures, and has an end")
    func outage() {
        var health = Health<StateTrouble>()
        #expect(!health.isDegraded)
        let nothing = health.recover(at: clock.now())
        #expect(nothing == nil)
        let start = clock.now()
        let isFirst = health.fail(full, at: start)
        clock.advance(by: .seconds(3))
        let isFirstAgain = health.fail(broken, at: clock.now())
        #expect(isFirst && !isFirstAgain)
        #expect(health.outage?.cause == full)
        #expect(health.outage?.since == start)
        #expect(health.time(at: clock.now()) == .seconds(3))
        let over = health.recover(at: clock.now())
        #expect(over?.failures == 2)
        #expect(!health.isDegraded)
        clock.advance(by: .seconds(60))
        #expect(health.time(at: clock.now()) == .seconds(3))
        let begins = health.begin(.silent(.seconds(5)), at: clock.now())
        #expect(begins)
        clock.advance(by: .seconds(1))
        #expect(health.time(at: clock.now()) == .seconds(4))
        #expect(health.outages == 2)
        #expect(health.failures == 2)
        #expect(health.outage?.failures == 0)
    }

    @Test("a cause names the file, the call and the reason")
    func text() {
        #expect(full.description == "/state/slot.a: fdatasync: No space left on device")
        #expect(StateTrouble.silent(.seconds(5)).description == "no answer for 5 s")
    }
}
