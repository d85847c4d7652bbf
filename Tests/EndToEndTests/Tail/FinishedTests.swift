// What minutes of silence decide: files closed, gone, or finished with a torn end.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// In these tests the agent's clocks run fast. They are named by their number in the catalogue
    /// of what must hold of a log shipper.
    @Suite("Files that are finished", .enabled(if: FakeTime.isInstalled, FakeTime.absence))
    struct FinishedTests {
        private func start(_ stage: Stage) throws -> AgentProcess {
            // As long in the agent's time.
            stage.settings.deadline = "300s"
            let agent = try stage.start(
                environment: FakeTime.faster(by: 30), under: FakeTime.wrapper)
            #expect(agent.says("agent.started"), "\(agent.log)")
            return agent
        }

        @Test("D34: files named by date, three days, and a writer that comes back to a closed one")
        func d34() throws {
            let stage = try Stage()
            let names = (20..<23).map { "access-201809\($0).log" }
            stage.settings.paths = ["\(stage.logs)/access-*.log"]
            let writer = try stage.writer(name: names[0])
            let agent = try start(stage)
            for name in names.dropFirst() {
                try writer.write(500)
                try writer.move(to: name)
            }
            try writer.write(500)
            #expect(stage.everythingArrives())
            #expect(agent.says("\"file.finished\",\"path\":\"\(stage.logs)/\(names[0])\""))
            // Closed, it is opened again, at once read, and once more left.
            try writer.move(to: names[0])
            try writer.write(500)
            try writer.move(to: names[1])
            try writer.write(500)
            try writer.move(to: names[0])
            try writer.write(500)
            stage.expectAllOnce(from: agent)
            let ids = stage.server.documents.compactMap { DocumentIdentity($0.id)?.incarnation }
            #expect(Set(ids).count == 3)
        }

        /// How a file with a torn end is left behind.
        enum Way: CaseIterable { case renamed, dated, deleted }

        @Test("D46: a last line without its end is shipped once, when nobody can complete it")
        func d46() throws {
            for way in Way.allCases { try d46(way) }
        }

        private func d46(_ way: Way) throws {
            let stage = try Stage()
            stage.settings.paths = ["\(stage.logs)/*.log*"]
            let writer = try stage.writer(name: "access.2018-09-20.log")
            try writer.write(100)
            let tornAt = try Data(contentsOf: URL(filePath: writer.path)).count
            _ = try writer.writeTorn()
            let file = writer.path
            let agent = try start(stage)
            #expect(stage.everythingArrives())
            switch way {
            case .renamed:
                try check("rename", rename(file, "\(file).1"))
                try writer.reopen()
            case .dated: try writer.move(to: "access.2018-09-21.log")
            case .deleted:
                try check("unlink", unlink(file))
                try writer.reopen()
            }
            try writer.write(10)
            #expect(stage.server.wait(atMost: patience) { $0.store.count == 111 }, "\(way)")
            let torn = stage.server.documents.filter {
                ($0.members["tags"] as? [String])?.contains("torn") == true
            }
            #expect(torn.count == 1, "\(way)")
            let log = torn.first?.members["log"] as? [String: Any]
            #expect(log?["offset"] as? Int == tornAt)
            // It is settled: another agent sends it no more.
            #expect(agent.terminate() == .exited(0), "\(way)")
            let second = try start(stage)
            try writer.write(10)
            #expect(stage.server.wait(atMost: patience) { $0.store.count == 121 })
            #expect(second.terminate() == .exited(0))
            #expect(stage.server.documents.count == 121)
            #expect(stage.server.requests.idsSentAfterAcknowledgement.isEmpty)
        }

        @Test("deleted while no agent runs, what was unread is named and counted")
        func deletedWhileDown() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(100)
            let first = try start(stage)
            #expect(stage.everythingArrives())
            _ = try stage.settledFiles()
            // Seen, and not read: the server takes nothing.
            stage.server.leave()
            let before = try Data(contentsOf: URL(filePath: writer.path)).count
            try writer.write(100)
            let size = try Data(contentsOf: URL(filePath: writer.path)).count
            let isSeen = try patiently {
                try StateFiles(directory: stage.settings.state).records.first?.size == UInt64(size)
            }
            #expect(isSeen)
            first.kill()
            try check("unlink", unlink(writer.path))
            stage.server.comeBack()
            let second = try start(stage)
            #expect(second.says("file.removed"))
            let events = try second.events("file.removed")
            #expect(events.first?["path"] as? String == writer.path)
            #expect(events.first?["unread_bytes"] as? Int == size - before)
            #expect(second.terminate() == .exited(0))
            #expect(try stage.bytes("abandoned_deletion") == size - before)
        }
    }
}
