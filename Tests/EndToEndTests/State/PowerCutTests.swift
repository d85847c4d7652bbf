// The power cut at any moment: what the disk then holds is an earlier state, whole.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Power cuts", .enabled(if: PowerCutVolume.isPossible, PowerCutVolume.absence))
    struct PowerCutTests {
        @Test(
            "D50: after each power cut the state is an earlier one, and what is sent again is known",
            arguments: PowerCutVolume.Kind.allCases, 1...torture)
        func powerCuts(_ kind: PowerCutVolume.Kind, _ round: Int) throws {
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let stage = try Stage()
            let volume = try PowerCutVolume(kind, in: stage.scratch)
            defer { volume.unmount() }
            stage.settings.state = "\(volume.path)/state"
            let steady = try stage.writer("b", name: "access.log.steady")
            let rotating = try stage.writer()
            let cuts = torture > 1 ? 5 : 3
            let load = [
                Background {
                    try steady.write(800 * cuts, following: stage.server, ahead: 1500)
                },
                Background {
                    try rotating.write(
                        800 * cuts, following: stage.server, ahead: 1500, rotating: 500)
                },
            ]
            let judge = Judge(stage.ledger)
            for cut in 0..<cuts {
                let agent = try stage.start()
                let moment = Duration.milliseconds(Int.random(in: 0...900, using: &random))
                _ = stage.server.wait(atMost: moment) { _ in false }
                let before = (try? stage.state().generation) ?? 0
                try volume.cut()
                // Goes on shipping for a while what it can no longer write down.
                let stored = stage.server.read { $0.store.count }
                let longer = Duration.milliseconds(Int.random(in: 0...300, using: &random))
                _ = stage.server.wait(atMost: longer) { $0.store.count > stored + 500 }
                agent.kill()
                try volume.restore()
                // Cut before there was a state at all.
                guard let state = try? stage.state() else { continue }
                // The image before the one that was being written is whole.
                #expect(state.generation + 1 >= before, "seed \(seed), cut \(cut)")
                let ahead = try judge.ahead(stateReader: state, stored: stage.server.documents)
                #expect(ahead.isEmpty, "seed \(seed), cut \(cut): \(ahead.prefix(5))")
            }
            let last = try stage.start()
            for load in load { try load.join() }
            #expect(stage.everythingArrives())
            // All may have arrived before: a signal must find it listening.
            #expect(last.says("file.found"))
            #expect(last.terminate() == .exited(0))
            #expect(!last.log.contains("state.lost"))
            let verdict = stage.verdict
            #expect(verdict.isClean, "seed \(seed)\n\(verdict)")
        }

        @Test(
            "D50: what was sent and not yet durable is sent again, and known to the server",
            arguments: PowerCutVolume.Kind.allCases)
        func resending(_ kind: PowerCutVolume.Kind) throws {
            let stage = try Stage()
            let volume = try PowerCutVolume(kind, in: stage.scratch)
            defer { volume.unmount() }
            stage.settings.state = "\(volume.path)/state"
            let writer = try stage.writer()
            try writer.write(500)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(try stage.committed(500, of: writer))
            try volume.cut()
            try writer.write(500)
            #expect(stage.everythingArrives())
            #expect(first.says("state.write_failed"))
            #expect(first.isRunning)
            first.kill()
            try volume.restore()
            let before = stage.server.requests.count
            let second = try stage.start()
            try writer.write(500)
            #expect(stage.everythingArrives())
            #expect(second.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            let statuses = stage.server.requests.dropFirst(before).flatMap(\.items).map(\.status)
            // Of the first part nothing, of the second all.
            #expect(statuses.count { $0 == 409 } == 500)
            #expect(statuses.count { $0 == 201 } == 500)
        }
    }
}

extension Stage {
    /// Waits until the state says that a file which was never rotated is settled up to so many
    /// lines.
    func committed(_ lines: Int, of writer: LogWriter) throws -> Bool {
        let places = ledger.places
        let end = places.filter { $0.key.sequence == lines - 1 }.map {
            $0.value.offset + $0.value.length
        }.max()
        let limit = ContinuousClock.now + patience
        while ContinuousClock.now < limit {
            let offsets = (try? state().records.map { Int($0.committed) }) ?? []
            if offsets.max() == end { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }
}
