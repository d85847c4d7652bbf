// The agent against a server that does nothing wrong: the form of its requests.
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("A healthy server") struct HealthyTests {
        @Test(
            "D01: every line arrives once, in requests as the servers want them",
            arguments: ["gzip", "none"], Flavour.allCases)
        func d01(_ compression: String, _ flavour: Flavour) throws {
            let stage = try Stage(flavour: flavour)
            stage.settings.compression = compression
            let writers = try (0..<4).map { number in
                try stage.writer("w\(number)", name: "access.log.w\(number)")
            }
            for writer in writers { try writer.write(1500 * torture) }
            let agent = try stage.start()
            for writer in writers { try writer.write(500) }
            stage.expectAllOnce(from: agent)
            expectGoodRequests(stage, compression)
        }

        /// That every line of a body ends in a newline, that gzip can be undone and that each line
        /// is JSON, the server itself holds against a request.
        func expectGoodRequests(_ stage: Stage, _ compression: String) {
            let encoding = compression == "gzip" ? "gzip" : nil
            for request in stage.server.requests {
                #expect(request.method == "POST")
                #expect(request.header("content-type") == "application/x-ndjson")
                #expect(request.header("content-encoding") == encoding)
                #expect(request.header("expect") == nil)
                #expect((request.wireBytes < request.bodyBytes) == (encoding != nil))
            }
            let items = stage.server.requests.flatMap(\.items)
            #expect(items.allSatisfy { $0.operation == "create" })
            #expect(items.allSatisfy { $0.index == "logs-tomcat.access-default" })
            #expect(items.allSatisfy { 1...512 ~= $0.id?.utf8.count ?? 0 })
            let places = stage.ledger.places
            let strange = items.filter { item in
                guard let line = item.line, let place = places[line] else { return true }
                return item.id.flatMap(DocumentIdentity.init)?.offset != place.offset
            }
            #expect(strange.isEmpty, "\(strange.prefix(3))")
            #expect(stage.server.openRequests.mostOnOneConnection == 1)
            #expect(stage.server.openRequests.most <= stage.settings.connections)
        }

        @Test(
            "D02: a data stream takes lines that do not parse as well", arguments: Flavour.allCases)
        func d02(_ flavour: Flavour) throws {
            let stage = try Stage(flavour: flavour)
            let writer = try stage.writer()
            for _ in 0..<100 * torture {
                try writer.write(9)
                try writer.writeLine { Array("not a line of any log: /s/\($0) at all".utf8) }
            }
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let documents = stage.server.documents
            #expect(documents.allSatisfy { !$0.text("@timestamp").isEmpty })
            let odd = documents.filter { $0.text("event", "kind") == "pipeline_error" }
            #expect(odd.count == 100 * torture)
            #expect(odd.allSatisfy { $0.text("message").hasPrefix("not a line of any log: /s/") })
            #expect(odd.allSatisfy { !$0.text("error", "message").isEmpty })
        }

        @Test(
            "D20: pretty, shuffled and unknown members change nothing",
            arguments: Flavour.allCases)
        func d20(_ flavour: Flavour) throws {
            let script = Script(
                items: [ItemRule(.first(100), .tooMany)], pretty: true, shuffled: true)
            let stage = try expectAllOnce(past: script, flavour: flavour)
            #expect(stage.server.requests.flatMap(\.items).count == stage.ledger.count + 100)
        }

        @Test("D27: nothing is asked of a server that only lets write")
        func d27() throws {
            let stage = try expectAllOnce(past: .healthy, lines: 500)
            #expect(stage.server.requests.allSatisfy { $0.target.hasPrefix("/_bulk?") })
        }

        @Test("D28: what goes to the failure store is counted as diverted")
        func d28() throws {
            let lines = 1000 * torture
            let stage = try Stage(
                Script(items: [
                    ItemRule(.matching { $0.line!.sequence % 100 == 1 }, .divert),
                    ItemRule(.matching { $0.line!.sequence % 100 == 2 }, .drop),
                ]))
            try stage.writer().write(lines)
            for sequence in 0..<lines where [1, 2].contains(sequence % 100) {
                stage.ledger.excuse(LineKey(stream: "a", sequence: sequence))
            }
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            #expect(agent.log.contains(#""message":"batch.diverted""#))
            #expect(stage.server.read { $0.store.diverted.count } == lines / 100)
            #expect(stage.server.requests.flatMap(\.items).count == lines)
            let tally = try StateFiles(directory: stage.settings.state).records.map(\.tally)
            let events = (0...3).map { outcome in
                tally.reduce(0) { $0 + ($1[UInt8(outcome)]?.events ?? 0) }
            }
            let hundredth = UInt64(lines / 100)
            #expect(events == [UInt64(lines) - 2 * hundredth, hundredth, hundredth, 0])
        }
    }
}
