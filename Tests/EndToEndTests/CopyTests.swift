// Documents printed beside Elasticsearch: for people to look at, at nobody's cost.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Copies on standard output") struct CopyTests {
        @Test func `what is shipped is printed, the same bytes`() throws {
            let stage = try Stage()
            stage.settings.copy = "json"
            let printed = "\(stage.scratch.path)/printed"
            let agent = try stage.start(under: shell("exec >\"$0\"; exec \"$@\"", printed))
            let writer = try stage.writer()
            var lines: [String] = []
            for count in [100, 1, 20] {
                // One batch at a time, and the printer waits for it.
                try writer.write(count)
                let isPrinted = patiently {
                    let text = (try? String(contentsOfFile: printed, encoding: .utf8)) ?? ""
                    lines = text.split(separator: "\n").map(String.init)
                    return lines.count >= stage.ledger.count
                }
                #expect(isPrinted)
            }
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
            let sources = stage.server.documents.map { String(decoding: $0.source, as: UTF8.self) }
            #expect(lines.sorted() == sources.sorted())
            #expect(try agent.events("copy.dropped").isEmpty)
        }

        @Test func `a reader that never reads costs copies, and nothing else`() throws {
            let stage = try Stage()
            stage.settings.copy = "pretty"
            try stage.writer().write(5000)
            // Both ends of the pipe are its own: it is never broken, and soon full.
            let agent = try stage.start(under: try fifo("exec 1<>\"$0\"; exec \"$@\"", stage))
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
        }

        @Test func `a slow reader is told of what was not printed`() throws {
            let stage = try Stage()
            stage.settings.copy = "json"
            let path = "\(stage.scratch.path)/slow"
            let script = """
                mkfifo "$0"
                (exec <"$0" >/dev/null 2>&1; until test -e "$0.go"; do sleep 0.05; done; exec cat) &
                exec >"$0"; exec "$@"
                """
            try stage.writer().write(5000)
            let agent = try stage.start(under: shell(script, path))
            #expect(stage.everythingArrives())
            try Data().write(to: URL(filePath: path + ".go"))
            #expect(agent.says("copy.dropped"))
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
            let dropped = try agent.events("copy.dropped").compactMap { $0["documents"] as? Int }
            #expect(dropped.allSatisfy { $0 > 0 } && dropped.reduce(0, +) < 5000)
        }

        @Test func `when nobody reads any more, shipping goes on`() throws {
            let stage = try Stage()
            stage.settings.copy = "bulk"
            let agent = try stage.start(
                under: try fifo("exec 3<>\"$0\" >\"$0\" 3<&-; exec \"$@\"", stage))
            let writer = try stage.writer()
            try writer.write(1000)
            #expect(agent.says("copy.ended"))
            try writer.write(1000)
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
            #expect(try agent.events("copy.ended").count == 1)
        }

        private func shell(_ script: String, _ name: String) -> [String] {
            ["/bin/sh", "-c", script, name]
        }

        private func fifo(_ script: String, _ stage: Stage) throws -> [String] {
            let path = "\(stage.scratch.path)/fifo"
            try #require(mkfifo(path, 0o600) == 0)
            return shell(script, path)
        }
    }
}
