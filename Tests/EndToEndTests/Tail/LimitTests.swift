// Tailing with too little of something: descriptors, watches, rights, disk.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Limits of tailing") struct TailLimitTests {
        // MARK: - D41

        @Test func `D41 a file deleted unread is read to its end, then closed`() throws {
            let stage = try Stage()
            stage.server.leave()
            let writer = try stage.writer()
            try writer.write(20_000)
            let agent = try stage.start()
            #expect(agent.says("file.found"))
            #expect(unlink(writer.path) == 0)
            #expect(agent.says("file.removed"))
            stage.server.comeBack()
            #expect(stage.everythingArrives())
            #expect(agent.says("file.finished"))
            #expect(!holdsDeleted(agent))
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean, "\(stage.verdict)")
        }

        @Test func `D41 with held, a deleted file is let go at the limit, and the others are not`()
            throws
        {
            let stage = try Stage()
            stage.settings.held = "64KiB"
            stage.server.leave()
            let writer = try stage.writer()
            try writer.write(20_000)
            let agent = try stage.start()
            #expect(agent.says("file.found"))
            #expect(unlink(writer.path) == 0)
            #expect(agent.says("file.let_go"))
            #expect(!holdsDeleted(agent))
            stage.server.comeBack()
            let other = try stage.writer("b", name: "access.log.b")
            try other.write(1000)
            let arrived = stage.server.wait(atMost: patience) { endpoint in
                endpoint.store.documents.count { $0.line?.stream == "b" } == 1000
            }
            #expect(arrived)
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.duplicates.isEmpty && verdict.unexpected.isEmpty, "\(verdict)")
            #expect(verdict.lost.allSatisfy { $0.stream == "a" })
        }

        private func holdsDeleted(_ agent: AgentProcess) -> Bool {
            let directory = "/proc/\(agent.pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.contains { name in
                let path = "\(directory)/\(name)"
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
                return target?.contains("access.log") == true
                    && target?.hasSuffix("(deleted)") == true
            }
        }

        // MARK: - D79, and too few descriptors

        @Test func `D79 with fewer descriptors than files every line arrives once`() throws {
            let stage = try Stage()
            let writers = try (0..<100).map {
                try stage.writer("s\($0)", name: "access.log.\($0)")
            }
            for writer in writers { try writer.write(20) }
            let agent = try stage.start(under: ["/usr/bin/prlimit", "--nofile=64:64"])
            #expect(stage.everythingArrives())
            for writer in writers { try writer.write(20) }
            stage.expectAllOnce(from: agent)
        }

        @Test func `D79 a file that may not be opened for a while goes on at its offset`() throws {
            let stage = try Stage()
            chmod(stage.scratch.path, 0o777)
            let state = try stage.scratch.directory("state")
            chmod(state, 0o777)
            let locked = try stage.writer("a")
            let other = try stage.writer("b", name: "access.log.b")
            try locked.write(500)
            try other.write(500)
            let user = ["/usr/bin/setpriv", "--reuid", "65532", "--clear-groups"]
            let first = try stage.start(under: user)
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            chmod(locked.path, 0)
            try locked.write(500)
            let second = try stage.start(under: user)
            #expect(second.says("file.unreadable"))
            try other.write(500)
            #expect(
                stage.server.wait(atMost: patience) { $0.store.count >= stage.ledger.count - 500 })
            chmod(locked.path, 0o644)
            stage.expectAllOnce(from: second)
        }

        // MARK: - D44

        @Test func `D44 a writer that does not append leaves a hole, and no line of NULs`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(100)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            for _ in 0..<3 {
                try writer.truncate(leavingHole: 5_000_123)
                try writer.write(1000)
                #expect(stage.everythingArrives())
            }
            stage.expectAllOnce(from: agent)
            let nuls = stage.server.read { endpoint in
                endpoint.store.documents.contains {
                    String(decoding: $0.source, as: UTF8.self).contains("u0000")
                }
            }
            #expect(!nuls)
        }

        // MARK: - D61

        /// In a user namespace of its own the agent has so many watches or inotify instances.
        @Test(arguments: [("max_inotify_watches", 1), ("max_inotify_instances", 0)])
        func `D61 without watches scans find everything, and with them again hints are used`(
            _ limit: String, _ most: Int
        ) throws {
            let stage = try Stage()
            var writers: [LogWriter] = []
            for number in 0..<3 {
                let directory = try stage.scratch.directory("logs/\(number)")
                writers.append(
                    try LogWriter(directory, stream: "s\(number)", ledger: stage.ledger))
            }
            stage.settings.paths = ["\(stage.logs)/*/access.log*"]
            let agent = try stage.start(
                under: [
                    "/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-c",
                    "echo \(most) >/proc/sys/user/\(limit) && exec \"$@\"", "sh",
                ])
            for _ in 0..<4 {
                for writer in writers { try writer.write(250) }
                #expect(stage.everythingArrives())
                for writer in writers { try writer.rotate() }
            }
            #expect(agent.says("watch.limited"))
            // Granted after all, they are used.
            _ = try ChildProcess.output(
                of: [
                    "/usr/bin/nsenter", "--user", "--target", "\(agent.pid)", "/bin/sh", "-c",
                    "echo 100 >/proc/sys/user/\(limit)",
                ])
            #expect(agent.says("watch.recovered"))
            for writer in writers { try writer.write(250) }
            stage.expectAllOnce(from: agent)
        }

        @Test func `D61 hints that the kernel dropped cost no line`() throws {
            let stage = try Stage()
            let writers = [try stage.writer(), try stage.writer("b", name: "access.log.b")]
            let agent = try stage.start()
            for writer in writers { try writer.write(10) }
            #expect(stage.everythingArrives())
            let limit = try String(
                contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
            // Some of them may still be read, before the signal is.
            let events =
                (Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 16_384) * 3 / 2
            agent.signal(SIGSTOP)
            // In turns: the kernel makes one event of two that are alike.
            for _ in 0..<events / 2 { for writer in writers { try writer.write(1) } }
            for writer in writers {
                try writer.rotate()
                try writer.write(10)
            }
            agent.signal(SIGCONT)
            #expect(agent.says("watch.overflow"))
            stage.expectAllOnce(from: agent)
        }
    }
}
