// logrotate(8) with `olddir`: rotated files, their copies and gzips stand in another directory.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite(
        "Rotated into another directory", .enabled(if: Logrotate.isInstalled, Logrotate.absence))
    struct ArchiveTests {
        /// How logrotate does away with the log, and whether it compresses what it keeps.
        enum Way: String, CaseIterable {
            case create = "create 0644\ncompress"
            case delayed = "create 0644\ncompress\ndelaycompress"
            case copied = "copytruncate"
            case packedCopy = "copytruncate\ncompress"

            var truncates: Bool { self == .copied || self == .packedCopy }
        }

        private func stage(_ way: Way, _ script: Script = .healthy) throws -> (Stage, Logrotate) {
            let stage = try Stage(script)
            let archive = "\(stage.logs)/archive"
            try check("mkdir", mkdir(archive, 0o755))
            stage.settings.paths = ["\(stage.logs)/access.log", "\(archive)/access.log*"]
            return (stage, try Logrotate(stage, "olddir archive\n\(way.rawValue)"))
        }

        private func rotate(_ way: Way, _ logrotate: Logrotate, _ writer: LogWriter) throws {
            try logrotate.rotate()
            if way.truncates { writer.goOnTruncated() } else { try writer.reopen() }
        }

        @Test(
            "D32: while no agent runs, half read: read on in the archive", arguments: Way.allCases)
        func down(way: Way) throws {
            let (stage, logrotate) = try stage(way)
            let writer = try stage.writer()
            try writer.write(1000)
            let agent = try stage.start()
            _ = try stage.settledFiles()
            agent.kill()
            try writer.write(500)
            try rotate(way, logrotate, writer)
            try writer.write(300)
            let other = try stage.start()
            #expect(stage.everythingArrives())
            stage.expectAllOnce(from: other)
            let audit = try stage.run("audit")
            #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        }

        @Test(
            "D32: rotation after rotation while the agent runs, and is slow",
            arguments: Way.allCases)
        func running(way: Way) throws {
            let script = Script(requests: [RequestRule(.chance(0.2), .refuse(503))])
            let (stage, logrotate) = try stage(way, script)
            let agent = try stage.start()
            let writer = try stage.writer()
            for round in 0..<6 * torture {
                try writer.write(400)
                if round % 2 == 0 { #expect(stage.requestsPass(1)) }
                try rotate(way, logrotate, writer)
            }
            try writer.write(100)
            stage.server.play(.healthy)
            stage.expectAllOnce(from: agent)
        }
    }
}
