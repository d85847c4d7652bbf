// Logs that are renamed, moved, replaced and deleted, by logrotate(8) and by others.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Rotation") struct RotationTests {
        /// The lines that were sent, each where it was sent first.
        private func firstSends(_ stage: Stage) -> [LineKey] {
            var seen: Set<LineKey> = []
            return stage.server.requests.flatMap(\.items).compactMap(\.line)
                .filter { seen.insert($0).inserted }
        }

        /// Of the ids of the stored documents, the incarnations.
        private func incarnations(_ stage: Stage) -> Set<[UInt8]> {
            Set(stage.server.documents.compactMap { DocumentIdentity($0.id)?.incarnation })
        }

        // MARK: - By logrotate

        @Test(
            "D29: renamed by logrotate, written on until the writer opens it anew",
            .enabled(if: Logrotate.isInstalled, Logrotate.absence))
        func d29() throws {
            let stage = try Stage()
            let logrotate = try Logrotate(stage, "create 0644")
            let agent = try stage.start()
            let writer = try stage.writer()
            for round in 0..<10 * torture {
                try writer.write(200)
                try logrotate.rotate()
                try writer.write(200)
                // The agent has seen the new file, or has not.
                if round.isMultiple(of: 2) { #expect(stage.everythingArrives()) }
                try writer.write(20)
                try writer.reopen()
            }
            stage.expectAllOnce(from: agent)
            #expect(incarnations(stage).count == 10 * torture)
        }

        @Test(
            "D30: killed before the rotation, it finishes the old file before the new one",
            .enabled(if: Logrotate.isInstalled, Logrotate.absence))
        func d30() throws {
            let stage = try Stage()
            stage.settings.connections = 1
            let logrotate = try Logrotate(stage, "create 0644")
            let writer = try stage.writer()
            let agent = try stage.start()
            try writer.write(2000)
            #expect(stage.everythingArrives())
            agent.kill()
            try writer.write(3000)
            try logrotate.rotate()
            try writer.write(100)
            try writer.reopen()
            try writer.write(3000)
            let second = try stage.start()
            stage.expectAllOnce(from: second, afterKill: true)
            #expect(firstSends(stage).map(\.sequence) == Array(0..<8100))
        }

        @Test(
            "D31: five rotations while no agent runs, the files between never seen before",
            .enabled(if: Logrotate.isInstalled, Logrotate.absence), arguments: [false, true])
        func d31(isKilled: Bool) throws {
            let stage = try Stage()
            let logrotate = try Logrotate(stage, "create 0644")
            let writer = try stage.writer()
            let agent = try stage.start()
            try writer.write(500)
            #expect(stage.everythingArrives())
            if isKilled { agent.kill() } else { #expect(agent.terminate() == .exited(0)) }
            for _ in 0..<5 {
                try writer.write(500)
                try logrotate.rotate()
                try writer.write(50)
                try writer.reopen()
            }
            try writer.write(500)
            let second = try stage.start()
            stage.expectAllOnce(from: second, afterKill: isKilled)
            #expect(incarnations(stage).count == 6)
        }

        // MARK: - Renaming by hand

        @Test(
            "renamed and back again, as the kubelet does when the reopening fails, it is one file",
            arguments: [["access.log"], ["access.log*"]])
        func renamedBack(patterns: [String]) throws {
            let stage = try Stage()
            stage.settings.paths = patterns.map { "\(stage.logs)/\($0)" }
            let agent = try stage.start()
            let writer = try stage.writer()
            let rotated = "\(writer.path).20181120-120000"
            try writer.write(100)
            #expect(stage.everythingArrives())
            for round in 0..<6 * torture {
                try writer.write(100)
                try check("rename", rename(writer.path, rotated))
                try writer.write(100)
                if round.isMultiple(of: 2) { #expect(stage.everythingArrives()) }
                try check("rename", rename(rotated, writer.path))
                if round.isMultiple(of: 3) { #expect(stage.everythingArrives()) }
            }
            // The same while no agent is there, and one rename that is not taken back.
            try writer.write(100)
            agent.kill()
            try check("rename", rename(writer.path, rotated))
            try writer.write(100)
            let second = try stage.start()
            #expect(stage.everythingArrives())
            try check("rename", rename(rotated, writer.path))
            try writer.write(100)
            stage.expectAllOnce(from: second, afterKill: true)
            #expect(incarnations(stage).count == 1)
        }

        @Test(
            "moved into a directory of another pattern, a file stays one file of its first input",
            arguments: [false, true], [false, true])
        func moved(isOtherInput: Bool, isDown: Bool) throws {
            let stage = try Stage()
            let archive = try stage.scratch.directory("archive")
            if isOtherInput {
                stage.settings.others = [(path: "\(archive)/*", dataset: "archive")]
            } else {
                stage.settings.paths.append("\(archive)/*")
            }
            let writer = try stage.writer()
            var agent = try stage.start()
            for round in 0..<3 {
                try writer.write(500)
                #expect(stage.everythingArrives())
                if isDown { agent.kill() }
                try writer.write(500)
                try check("rename", rename(writer.path, "\(archive)/access.\(round).log"))
                try writer.write(100)
                if isDown { agent = try stage.start() }
                if round == 1 { #expect(stage.everythingArrives()) }
                try writer.reopen()
            }
            stage.expectAllOnce(from: agent, afterKill: isDown)
            #expect(Set(stage.server.documents.map(\.index)) == ["logs-tomcat.access-default"])
        }

        @Test("renamed over by another file while it is read, both are shipped whole")
        func renamedOver() throws {
            let stage = try Stage()
            stage.server.pause()
            let agent = try stage.start()
            for number in 0..<4 {
                let writer = try stage.writer("s\(number)", name: "next")
                try writer.write(3000)
                try check("rename", rename(writer.path, "\(stage.logs)/access.log"))
                // Each is held open before the next one takes its name.
                let found = "\"file.found\""
                #expect(patiently { agent.log.components(separatedBy: found).count > number + 1 })
            }
            stage.server.resume()
            stage.expectAllOnce(from: agent)
        }

        @Test("a hundred empty files, rotated and deleted, are no lines and no errors")
        func empty() throws {
            let stage = try Stage()
            let writers = try (0..<100).map {
                try stage.writer("s\($0)", name: "access.log.\($0)")
            }
            let agent = try stage.start()
            let writer = try stage.writer()
            for _ in 0..<5 {
                try writer.write(10)
                #expect(stage.everythingArrives())
                try writer.rotate()
                try writer.rotate()
            }
            for writer in writers[..<50] { try check("unlink", unlink(writer.path)) }
            for writer in writers[50..<60] { try writer.write(3) }
            stage.expectAllOnce(from: agent)
            #expect(try agent.events("file.unreadable").isEmpty)
        }

        @Test("files with the same first 3 KiB are two files, also where they change names")
        func equalHeads() throws {
            let stage = try Stage()
            let head = Array(String(repeating: "head ", count: 600).utf8)
            let writers = [try stage.writer("a"), try stage.writer("b", name: "access.log.b")]
            for writer in writers {
                try writer.writeLine { head + Array("/s/\($0)".utf8) }
                try writer.write(200)
            }
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            agent.kill()
            for writer in writers { try writer.write(100) }
            let (one, other) = (writers[0].path, writers[1].path)
            try check("rename", rename(one, "\(one).c"))
            try check("rename", rename(other, one))
            try check("rename", rename("\(one).c", other))
            let second = try stage.start()
            #expect(stage.everythingArrives())
            for writer in writers { try writer.write(100) }
            stage.expectAllOnce(from: second, afterKill: true)
            #expect(incarnations(stage).count == 2)
        }
    }
}
