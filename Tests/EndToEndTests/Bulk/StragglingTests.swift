// The agent against a server that does not take some lines yet, while it takes the others.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Straggling") struct StragglingTests {
        @Test("two lines that wait delay no other, and are asked for ever more rarely")
        func two() throws {
            let waiting = [5, 1205].map { LineKey(stream: "a", sequence: $0) }
            let stage = try Stage(
                Script(items: [
                    ItemRule(
                        .matching { $0.line.map { waiting.contains($0) } ?? false },
                        .refuse(503, type: "unavailable_shards_exception"))
                ]))
            let writer = try stage.writer()
            try writer.write(5000)
            let agent = try stage.start()
            #expect(stage.everythingArrives(but: 2))
            // The others went with the first request that held them.
            let sent = stage.server.requests.flatMap { $0.items.compactMap(\.line) }
            #expect(sent.count { !waiting.contains($0) } == 4998)
            let outage = Duration.seconds(8 * torture)
            Thread.sleep(forTimeInterval: outage / .seconds(1))
            for line in waiting {
                let times = stage.server.requests.filter { $0.items.contains { $0.line == line } }
                    .map(\.time)
                #expect(times.count > 2)
                // Twice a second would be 16; waits that double, each of any length up to its
                // limit, make about six.
                #expect(times.count < 12, "\(times)")
            }
            try writer.write(1000)
            #expect(stage.everythingArrives(but: 2))
            #expect(agent.isRunning)
            stage.server.play(.healthy)
            stage.expectAllOnce(from: agent)
        }

        @Test("an input whose target has no room delays no other input, and costs no memory")
        func crowded() throws {
            let full = "logs-tomcat.access-default"
            let stage = try Stage(
                Script(items: [ItemRule(.matching { $0.index == full }, .tooMany)]))
            stage.settings.paths = ["\(stage.logs)/access.log"]
            stage.settings.others = [("\(stage.logs)/other.log", "other")]
            let refused = try stage.writer(lineLength: 2000)
            try refused.write(10_000 * torture)
            let other = try stage.writer("b", name: "other.log")
            try other.write(500)
            let agent = try stage.start()
            #expect(agent.says("input.waiting"))
            try other.write(3000)
            #expect(stage.server.wait(atMost: patience) { $0.store.count >= 3500 })
            #expect(stage.server.documents.allSatisfy { $0.index != full })
            let peak = agent.peakMemory
            #expect(peak > 0)
            #expect(peak < 40 << 10, "\(peak) KiB resident")
            stage.server.play(.healthy)
            stage.expectAllOnce(from: agent)
        }
    }
}
