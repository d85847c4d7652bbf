// Files in the order of their lives, whatever the clock on the wall says.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Files under a clock that is put back") struct TailerClockTests {
    private let tailing = Tailing()
    private static let day: Int64 = 86_400_000_000_000

    @Test(
        "a rotated file is read before its successor, though that seems to be born before it",
        arguments: [false, true])
    func rotation(isRestarted: Bool) {
        let old = tailing.file("/logs/b.log", "one\n")
        tailing.cycle()
        tailing.append("two\n", to: old)
        tailing.world.rename("/logs/b.log", to: "/logs/z.log")
        // Found before the old one by its name.
        tailing.file("/logs/b.log", "three\n")
        tailing.clock.wallOffset -= 10 * Self.day
        if isRestarted { tailing.restart() }
        tailing.cycle()
        tailing.cycle()
        #expect(tailing.texts == ["one", "two", "three"])
        let births = ["/logs/z.log", "/logs/b.log"].compactMap {
            tailing.tracked($0)?.record.incarnation.birthMilliseconds
        }
        #expect(births.count == 2)
        #expect(births == births.sorted())
        // Of other names nobody is younger for it.
        tailing.file("/logs/a.log", "four\n")
        tailing.cycle()
        let other = tailing.tracked("/logs/a.log")?.record.incarnation.birthMilliseconds ?? .max
        #expect(other < births[0])
    }

    @Test("in another home the incarnations are new, and their order is the old one")
    func home() {
        for name in ["/logs/c.log", "/logs/b.log", "/logs/a.log"] as [Path] {
            tailing.file(name, "one\n")
            tailing.cycle()
        }
        func order() -> [Path] {
            tailing.files.map(\.record).sorted {
                $0.incarnation.birthMilliseconds < $1.incarnation.birthMilliseconds
            }.map(\.path)
        }
        let (before, incarnations) = (order(), Set(tailing.durable.map(\.incarnation)))
        #expect(before == ["/logs/c.log", "/logs/b.log", "/logs/a.log"])
        tailing.restart(from: "elsewhere")
        tailing.cycle()
        #expect(order() == before)
        #expect(incarnations.isDisjoint(with: tailing.files.map(\.record.incarnation)))
    }
}
