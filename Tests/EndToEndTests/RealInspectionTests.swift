// `audit --server`, `explain --server` and `replay` against the real servers.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    @Test(arguments: RealServer.engines, [true, false])
    func `a document that the server lost is missed, found out and sent again`(
        _ engine: RealServer.Engine, _ stream: Bool
    ) throws {
        let real = try Real(engine, stream: stream)
        let stage = real.stage
        let writer = try stage.writer()
        try writer.write(1500)
        let agent = try stage.start()
        try writer.rotate()
        try writer.write(1000)
        #expect(try real.everythingArrives())
        let files = try stage.settledFiles()
        let audit = try stage.run("audit", "--server", "--json")
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        let found = try audit.objects.reduce(0) { sum, object in
            sum + ((object["server"] as? [String: Any])?["found"] as? Int ?? 0)
        }
        #expect(found == 2500)

        let path = try #require(files.first?["path"] as? String)
        let explained = try stage.run("explain", path, "--line", "700", "--server", "--json")
        let line = try #require(try explained.objects.first)
        let id = try #require(line["id"] as? String)
        let indices = try #require(line["indices"] as? [String])
        #expect(indices.count == 1)
        try real.server.ask("DELETE", "/\(indices[0])/_doc/\(id)?refresh=true")
        let missed = try stage.run("audit", "--server")
        #expect(missed.code == 1)
        #expect(missed.output.contains("1 missing, the first at byte \(line["offset"] ?? "")"))
        let gone = try stage.run("explain", path, "--line", "700", "--server", "--json")
        #expect(try gone.objects.first?["indices"] as? [String] == [])

        let replay = try stage.run("replay", path, "--lines", "600-800", "--json")
        #expect(replay.code == 0, "\(replay.output)\(replay.errors)")
        #expect(try replay.objects.last?["created"] as? Int == 1)
        #expect(try replay.objects.last?["already_there"] as? Int == 200)
        let whole = try stage.run("audit", "--server")
        #expect(whole.code == 0, "\(whole.output)\(whole.errors)")
        try real.close(agent)
    }
}
