// The agent against a server, or a proxy before it, that finds its requests too large.
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Too large") struct TooLargeTests {
        @Test("D12: a body that is too large is halved until it fits", arguments: ["gzip", "none"])
        func d12(_ compression: String) throws {
            let stage = try Stage(Script(bodyLimit: 20_000))
            stage.settings.compression = compression
            try stage.writer().write(2000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            #expect(stage.server.requests.contains { $0.status == 413 })
        }

        @Test(
            "D13: refused in the midst of its upload, a body is halved as well",
            arguments: [
                ("gzip", 10_000), ("none", 100_000),
            ])
        func d13(_ compression: String, _ limit: Int) throws {
            let early = UploadRule(.matching { $0.wireBytes > limit }, reading: 0.1, saying: 413)
            let stage = try Stage(Script(uploads: [early]), receiveBuffer: 4096)
            stage.settings.compression = compression
            (stage.settings.batchBytes, stage.settings.batchLines) = ("1MiB", 5000)
            stage.settings.memory = "16MiB"
            try stage.writer().write(8000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let refused = stage.server.requests.filter { $0.status == 413 }
            #expect(!refused.isEmpty)
            // A reset may hide the 413 once, and each connection learns for itself.
            let often = Dictionary(grouping: refused, by: \.wireBytes).filter {
                $0.value.count > 2 * stage.settings.connections
            }
            #expect(often.isEmpty, "\(often.keys)")
        }
    }
}
