// `shutdown.fragments: ship`: an unterminated last line at the end of the agent.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Fragments at the shutdown") struct FragmentTests {
        private func stage(_ drain: String) throws -> Stage {
            let stage = try Stage()
            stage.settings.drain = drain
            stage.settings.fragments = "ship"
            return stage
        }

        private func isTorn(_ document: StoredDocument) -> Bool {
            (document.members["tags"] as? [String])?.contains("torn") == true
        }

        @Test(
            "sent at every shutdown it is one document, and completed a second one",
            arguments: ["files", "batches"])
        func shipped(drain: String) throws {
            let stage = try stage(drain)
            let writer = try stage.writer()
            try writer.write(100)
            let finish = try writer.writeTorn()
            for _ in 0..<3 {
                let agent = try stage.start()
                #expect(stage.everythingArrives())
                _ = try patiently { try stage.bytes("stored") > 0 }
                // Its bytes have no final fate: the offset stays before them.
                #expect(agent.terminate() == .exited(3))
                #expect(stage.server.documents.count == 101)
            }
            let fragment = try #require(stage.server.documents.first { isTorn($0) })
            try finish()
            try writer.write(10)
            let last = try stage.start()
            #expect(stage.server.wait(atMost: patience) { $0.store.count == 112 })
            #expect(last.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.lost.isEmpty && verdict.ahead.isEmpty, "\(verdict)")
            #expect(verdict.duplicates.map(\.line) == [LineKey(stream: "a", sequence: 100)])
            let ids = try #require(verdict.duplicates.first).ids
            #expect(ids.contains(fragment.id))
            // The same file and offset, another check.
            #expect(Set(ids.map { $0.prefix(28) }).count == 1)
            #expect(Set(ids).count == 2)
            #expect(stage.server.documents.count { isTorn($0) } == 1)
        }

        @Test("of a line beyond max_line the head is sent", arguments: ["files", "batches"])
        func long(drain: String) throws {
            let stage = try stage(drain)
            let writer = try stage.writer(lineLength: 400_000)
            try writer.write(1)
            _ = try writer.writeTorn()
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            _ = try stage.settledFiles(leaving: 200_000)
            #expect(agent.terminate() == .exited(3))
            let torn = stage.server.documents.filter { isTorn($0) }
            #expect(torn.count == 1)
            let line = (torn.first?.members["tailproof"] as? [String: Any])?["line"]
            #expect((line as? [String: Any])?["bytes"] as? Int == 200_000)
        }

        @Test("kept, it is in no document", arguments: ["files", "batches"])
        func kept(drain: String) throws {
            let stage = try stage(drain)
            stage.settings.fragments = "keep"
            let writer = try stage.writer()
            try writer.write(100)
            let finish = try writer.writeTorn()
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(3))
            #expect(stage.server.documents.count == 100)
            try finish()
            stage.expectAllOnce(from: try stage.start())
        }

        @Test("D45: half a line, and an agent that is killed in the pause: one whole line")
        func d45() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            let other = try stage.writer("b", name: "access.log.b")
            var agent = try stage.start()
            for round in 0..<6 {
                try writer.write(20)
                let finish = try writer.writeTorn()
                // The pause: so much happens elsewhere.
                for _ in 0..<3 {
                    try other.write(50)
                    #expect(stage.everythingArrives())
                }
                if round.isMultiple(of: 2) {
                    agent.kill()
                    agent = try stage.start()
                    try other.write(50)
                    #expect(stage.everythingArrives())
                }
                try finish()
            }
            stage.expectAllOnce(from: agent, afterKill: true)
            #expect(!stage.server.documents.contains { isTorn($0) })
        }
    }
}
