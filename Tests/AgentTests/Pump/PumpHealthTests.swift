// The pump on a state volume that fails or hangs: what it says, and what others can read.
import Glibc
import Platform
import Tail
import Testing

@testable import Agent

@Suite("Pump and the health of the state") struct PumpHealthTests {
    @Test("degraded has a cause, a beginning and an end, and is there for others to read")
    func degraded() throws {
        let pumping = try Pumping()
        let inode = pumping.file("/logs/a.log", "one\n")
        pumping.rest()
        func known() -> Health<StateTrouble> { pumping.channels.health.withLock { $0.state } }
        #expect(known() == Health<StateTrouble>())
        pumping.world.stateFaults = [ENOSPC, EIO, EIO]
        pumping.append("two\n", to: inode)
        pumping.pump.take(.written("/logs/a.log"))
        pumping.run(.milliseconds(2500))
        guard case .failed(let fault)? = known().outage?.cause else {
            Issue.record("not degraded: \(known())")
            return
        }
        #expect(fault.error.code == ENOSPC)
        #expect(fault.path.directory == "/state")
        #expect(known().failures > 1)
        pumping.rest()
        #expect(known().outage == nil)
        #expect(known().outages == 1)
        #expect(known().failures == 3)
        #expect(known().time(at: pumping.clock.now()) > .seconds(1))
    }

    @Test("a keeper that says nothing is noticed, and forgiven when it answers")
    func silence() throws {
        let pumping = try Pumping()
        pumping.file("/logs/a.log", "one\n")
        var now = pumping.clock.now()
        let patience = now + Pump.keeperPatience
        // Steps alone: nobody keeps.
        while now < patience {
            #expect(pumping.logged(.stateStalled) == 0)
            let next = pumping.step()
            pumping.clock.advance(by: max(min(next, patience) - now, .milliseconds(1)))
            now = pumping.clock.now()
        }
        pumping.step()
        #expect(pumping.logged(.stateStalled) == 1)
        pumping.clock.advance(by: .seconds(5))
        pumping.step()
        #expect(pumping.logged(.stateStalled) == 1)
        pumping.rest()
        #expect(pumping.logged(.stateRecovered) == 1)
        #expect(pumping.logged(.stateWriteFailed) == 0)
        #expect(pumping.lineCount == 1)
    }
}
