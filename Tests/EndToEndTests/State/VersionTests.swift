// States of other versions: read and kept, or refused and left alone.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("States of other versions") struct VersionTests {
        /// An item that no version knows, as it stands in a payload.
        private static let unknown: [UInt8] = [201, 6, 0, 0, 0] + Array("future".utf8)

        /// Ships so many lines and ends; the payloads of the slots end with what is unknown.
        private func stageWithState(sealed change: (inout ForgedSlot) -> Void) throws
            -> (stage: Stage, writer: LogWriter)
        {
            let stage = try Stage()
            let writer = try stage.writer()
            for _ in 0..<2 {
                try writer.write(250)
                let agent = try stage.start()
                #expect(stage.everythingArrives())
                #expect(agent.terminate() == .exited(0))
            }
            for path in stage.slots {
                var slot = try ForgedSlot(contentsOf: path)
                slot.payload += Self.unknown
                change(&slot)
                // As short as it can be: what follows the payload means nothing.
                try slot.write(to: path)
            }
            return (stage, writer)
        }

        @Test("D59: the state of the first format is read and kept, its unknown fields included")
        func firstFormat() throws {
            let fixture = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "TailTests/Fixtures/state-1")
            let stage = try Stage()
            try FileManager.default.copyItem(
                at: fixture, to: URL(filePath: stage.settings.state))
            let before = try stage.state()
            let agent = try stage.start(environment: ["NODE_NAME": "node-ü"])
            try stage.writer().write(500)
            #expect(agent.says("\"state.loaded\""))
            #expect(stage.everythingArrives())
            // One of the files that are not there had bytes left.
            #expect(agent.terminate() == .exited(3))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            let after = try stage.state()
            #expect(after.generation > before.generation)
            #expect(after.home == "node-ü" && after.agentID == Array(16..<32))
            #expect(after.retired == before.retired)
            #expect(after.records.count == before.records.count + 1)
            for record in before.records { #expect(after.records.contains(record)) }
            #expect(after.records.contains { $0.unknown == [19, 255] })
            for path in stage.slots {
                let slot = try ForgedSlot(contentsOf: path)
                let isKept = slot.payload.firstRange(of: Array("later".utf8)) != nil
                #expect(isKept || slot.generation < after.generation)
            }
        }

        @Test("D59: a newer state that this version may read goes on at its offsets, and keeps all")
        func newerReadable() throws {
            let (stage, writer) = try stageWithState { $0.format = 9 }
            try writer.write(250)
            stage.expectAllOnce(from: try stage.start())
            let newest = try stage.slots.map { try ForgedSlot(contentsOf: $0) }
                .max { $0.generation < $1.generation }
            let slot = try #require(newest)
            #expect(slot.format == 1)
            #expect(slot.payload.firstRange(of: Self.unknown) != nil)
        }

        @Test(
            "D59: a newer state that this version cannot read is refused, and not a byte is changed",
            arguments: [["slot.a"], ["slot.b"], ["slot.a", "slot.b"]], [true, false])
        func newerRefused(_ names: [String], _ hasBirths: Bool) throws {
            let (stage, _) = try stageWithState { $0.format = 9 }
            for name in names {
                let path = "\(stage.settings.state)/\(name)"
                var slot = try ForgedSlot(contentsOf: path)
                slot.oldestReader = 9
                try slot.write(to: path)
            }
            let births = "\(stage.settings.state)/births"
            if !hasBirths { try FileManager.default.removeItem(atPath: births) }
            let before = try stage.stateBytes()
            let agent = try stage.start()
            #expect(agent.wait(atMost: patience) == .exited(1))
            #expect(agent.lastWords.contains("newer version (format 9)"), "\(agent.lastWords)")
            #expect(agent.lastWords.contains(stage.settings.state), "\(agent.lastWords)")
            #expect(try stage.stateBytes() == before)
            let files = try stage.run("files", "--json")
            #expect(files.code == 1)
            #expect(files.errors.contains("newer version (format 9)"), "\(files.errors)")
            #expect(try stage.stateBytes() == before)
        }
    }
}
