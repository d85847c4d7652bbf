// The agent killed again and again while the server refuses some lines for good.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.CrashTests {
    @Test func `killed again and again, each line is stored or parked once`() throws {
        let seed = freshSeed()
        var random = SeededRandom(seed: seed)
        let lines = 12_000 * torture
        let refused = stride(from: 7, to: lines, by: 100).map { LineKey(stream: "a", sequence: $0) }
        let poison = Stage.poison(Set(refused))
        let stage = try Stage(
            Script(
                requests: [RequestRule(.every(7), .reset(storing: 0.5))],
                items: [poison, ItemRule(.chance(0.05), .tooMany)]))
        let writer = try stage.writer(buffering: .blocks(8192))
        let writing = Background {
            try writer.write(lines, following: stage.server, ahead: 3000, rotating: 700)
            try writer.flush()
        }
        let judge = Judge(stage.ledger)
        for _ in 0..<10 * torture {
            let agent = try stage.start()
            let moment = Duration.milliseconds(Int.random(in: 100...700, using: &random))
            _ = stage.server.wait(atMost: moment) { _ in false }
            agent.kill()
            guard let state = try? StateFiles(directory: stage.settings.state) else { continue }
            let parked = try ParkFiles.read(stage.settings.state, torn: true)
            let ahead = try judge.ahead(
                stateReader: state, stored: stage.server.documents, parked: parked)
            #expect(ahead.isEmpty, "seed \(seed): \(ahead.prefix(5))")
        }
        stage.server.play(Script(items: [poison]))
        let last = try stage.start()
        try writing.join()
        try stage.waitForPark(refused.count, writer)
        try stage.waitUntilSettled(writer)
        #expect(stage.everythingArrives(but: refused.count))
        #expect(last.terminate() == .exited(0))
        let verdict = stage.verdict
        #expect(verdict.isClean, "seed \(seed)\n\(verdict)")
        let parked = try ParkFiles.read(stage.settings.state)
        #expect(parked.compactMap(\.finding.line).sorted() == refused)
        #expect(parked.allSatisfy { $0.raw?.count == Int($0.length) })
    }
}
