// The agent killed at any moment while all else goes wrong too, judged by each state it leaves.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Kill loop") struct KillLoopTests {
        /// What the server does wrong, one after the other.
        static let weathers: [Script] = [
            .healthy,
            Script(requests: [RequestRule(.every(2), .reset(storing: 0.5))]),
            Script(requests: [RequestRule(.every(3), .hangUp(storing: 1))]),
            Script(requests: [RequestRule(.every(3), .truncate(.noLength))]),
            Script(requests: [RequestRule(.every(4), .miscount(-1))]),
            Script(items: [ItemRule(.chance(0.2), .tooMany)]),
            Script(items: [ItemRule(.chance(0.2), .silent)]),
            Script(requests: [RequestRule(.every(2), .refuse(429))]),
            Script(requests: [RequestRule(.always, .refuse(503))]),
            Script(requests: [RequestRule(.every(2), .reply(502, storing: 0.5))]),
            Script(bodyLimit: 20_000),
            Script(requests: [RequestRule(.always, nil, delay: .milliseconds(100))]),
        ]

        @Test(
            "D49: killed at random moments of load, rotation and faults, the state is never ahead")
        func killLoop() throws {
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let kills = 30
            let stage = try Stage()
            let writer = try stage.writer(buffering: .blocks(8192))
            let writing = Background {
                try writer.write(600 * kills, following: stage.server, ahead: 1500, rotating: 700)
                try writer.flush()
            }
            let judge = Judge(stage.ledger)
            var generations: [UInt64] = [0]
            for kill in 0..<kills {
                stage.server.play(Self.weathers[kill % Self.weathers.count])
                let agent = try stage.start()
                // Some of them die while they start.
                let latest = kill % 4 == 0 ? 30 : 400
                let moment = Duration.milliseconds(Int.random(in: 0...latest, using: &random))
                _ = stage.server.wait(atMost: moment) { _ in false }
                agent.kill()
                // Killed before it had made its state at all.
                guard let state = try? stage.state() else { continue }
                let ahead = try judge.ahead(stateReader: state, stored: stage.server.documents)
                #expect(ahead.isEmpty, "seed \(seed), kill \(kill): \(ahead.prefix(5))")
                #expect(state.generation >= generations.last ?? 0, "seed \(seed), kill \(kill)")
                generations.append(state.generation)
            }
            // It did live long enough to have something to say.
            #expect(Set(generations).count > kills / 4, "\(generations)")
            #expect(generations.count > kills / 2)
            stage.server.play(.healthy)
            let last = try stage.start()
            try writing.join()
            #expect(stage.everythingArrives())
            #expect(last.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "seed \(seed)\n\(verdict)")
            #expect(!last.log.contains("state.lost"))
        }
    }
}
