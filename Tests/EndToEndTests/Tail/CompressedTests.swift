// Rotated files that are compressed: read on within the gzip, each line once.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Compressed") struct CompressedTests {
        /// gzip(1): writes the gzip beside the file, then removes the file.
        private func gzip(_ path: String) throws {
            _ = try ChildProcess.output(of: ["/usr/bin/gzip", path])
        }

        @Test("D32: rotated and compressed while the agent was dead, half read: goes on inside")
        func d32() throws {
            for round in 0..<3 * torture {
                let stage = try Stage()
                let writer = try stage.writer()
                try writer.write(1000 + round * 137)
                let agent = try stage.start()
                // The state must know what was read: an agent that dies before reads all again.
                _ = try stage.settledFiles()
                agent.kill()
                let read = stage.ledger.count
                try writer.write(1500)
                try writer.rotate()
                try gzip("\(writer.path).1")
                try writer.write(300)
                let other = try stage.start()
                #expect(stage.everythingArrives())
                #expect(other.says("file.copied"))
                stage.expectAllOnce(from: other)
                // What was stored was not sent again but for the last moments before the kill.
                let again = stage.server.requests.reduce(0) { sum, request in
                    sum + request.items.count { $0.status == 409 }
                }
                #expect(again < read)
                let audit = try stage.run("audit")
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
                let line = try stage.run("explain", "\(writer.path).1.gz", "--line", "1200")
                #expect(line.code == 0, "\(line.output)\(line.errors)")
            }
        }

        @Test("D32: compressed rotation after rotation while the agent runs, and is slow")
        func running() throws {
            let stage = try Stage(Script(requests: [RequestRule(.chance(0.2), .refuse(503))]))
            let agent = try stage.start()
            let writer = try stage.writer()
            for round in 0..<8 * torture {
                try writer.write(400)
                if round % 2 == 0 { #expect(stage.requestsPass(1)) }
                // Delayed by one, as logrotate's delaycompress.
                for older in stride(from: round, to: 1, by: -1) {
                    rename("\(writer.path).\(older).gz", "\(writer.path).\(older + 1).gz")
                }
                try writer.rotate()
                if access("\(writer.path).2", F_OK) == 0 { try gzip("\(writer.path).2") }
            }
            try writer.write(100)
            stage.server.play(.healthy)
            stage.expectAllOnce(from: agent)
        }

        @Test("D33: gzips of three members that are there from the start, and one still written")
        func d33() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(3000)
            try writer.rotate()
            let text = try Data(contentsOf: URL(filePath: "\(writer.path).1"))
            let third = text.count / 3
            // Members end where they like: also within a line.
            let parts = [
                text.prefix(third), text.dropFirst(third).prefix(third), text.dropFirst(2 * third),
            ]
            let members = try parts.map {
                try ChildProcess.output(of: ["/usr/bin/gzip", "-c"], input: [UInt8]($0))
            }
            unlink("\(writer.path).1")
            let path = "\(writer.path).1.gz"
            let gzip = try #require(fopen(path, "w"))
            defer { fclose(gzip) }
            func append(_ bytes: ArraySlice<UInt8>) {
                _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, gzip) }
                fflush(gzip)
            }
            append(members[0][...])
            append(members[1][...])
            let agent = try stage.start()
            let some = stage.server.wait(atMost: patience) { $0.store.count >= 1990 }
            #expect(some)
            append(members[2].prefix(members[2].count / 2))
            append(members[2].dropFirst(members[2].count / 2))
            try writer.write(10)
            stage.expectAllOnce(from: agent)
        }

        @Test("D37: copied and truncated with the copies in scope: what only they have is read")
        func d37() throws {
            let stage = try Stage()
            let agent = try stage.start()
            let writer = try stage.writer(lineLength: 200)
            for round in 1...20 * torture {
                try writer.write(200)
                if round % 3 == 0 { #expect(stage.everythingArrives()) }
                // Stopped, it finds the log cut, grown again, and the copy, all at once.
                if round % 4 == 0 { agent.signal(SIGSTOP) }
                try writer.write(50)
                for older in stride(from: round - 1, to: 0, by: -1) {
                    rename("\(writer.path).\(older)", "\(writer.path).\(older + 1)")
                }
                _ = try ChildProcess.output(of: ["/bin/cp", writer.path, "\(writer.path).1"])
                try writer.truncate()
                if round % 4 == 0 {
                    try writer.write(300)
                    agent.signal(SIGCONT)
                }
                if round % 5 == 0 { #expect(stage.everythingArrives()) }
            }
            stage.expectAllOnce(from: agent)
            let audit = try stage.run("audit")
            #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        }

        @Test("D37: copied and truncated while no agent ran")
        func down() throws {
            let stage = try Stage()
            let writer = try stage.writer(lineLength: 200)
            for round in 1...3 * torture {
                try writer.write(400)
                let agent = try stage.start()
                #expect(stage.everythingArrives())
                #expect(agent.terminate() == .exited(0))
                try writer.write(150)
                for older in stride(from: round - 1, to: 0, by: -1) {
                    rename("\(writer.path).\(older)", "\(writer.path).\(older + 1)")
                }
                _ = try ChildProcess.output(of: ["/bin/cp", writer.path, "\(writer.path).1"])
                try writer.truncate()
                try writer.write(700)
            }
            stage.expectAllOnce(from: try stage.start())
        }

        @Test("D74: a gzip that holds gigabytes costs little memory, and others go on")
        func d74() throws {
            let stage = try Stage()
            stage.settings.gzip = "64MiB"
            let writer = try stage.writer()
            try writer.write(1000)
            for (name, pattern) in [("spaces", " "), ("lines", "\\n")] {
                let command =
                    "yes '' | head -c \(200 * torture)000000 | tr '\\n' '\(pattern)' | gzip -1"
                _ = try ChildProcess.output(
                    of: ["/bin/sh", "-c", "\(command) > \(stage.logs)/access.log.\(name).gz"])
            }
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            for _ in 0..<2 { #expect(agent.says("file.too_large")) }
            try writer.write(1000)
            #expect(stage.everythingArrives())
            #expect(agent.peakMemory < 40 << 20, "\(agent.peakMemory)")
            // What is not read is left.
            #expect(agent.terminate() == .exited(3))
            let verdict = stage.verdict
            #expect(verdict.lost.isEmpty && verdict.duplicates.isEmpty, "\(verdict)")
        }

        @Test("a damaged gzip is read as far as it goes, and named")
        func damaged() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(1000)
            try writer.rotate()
            try gzip("\(writer.path).1")
            let path = URL(filePath: "\(writer.path).1.gz")
            var packed = try Data(contentsOf: path)
            packed[packed.count - 5] ^= 1
            try packed.write(to: path)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.says("file.damaged"))
            stage.expectAllOnce(from: agent)
        }
    }
}
