// The agent against a server that refuses, cuts, miscounts and misleads.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Misdeeds of the server") struct MisdeedTests {
        /// Ships so many lines past a script that ends by itself or is stopped, and expects each
        /// line once.
        func expectAllOnce(
            past script: Script, lines: Int = 5000, flavour: Flavour = .opensearch,
            meanwhile: (Stage) throws -> Void = { _ in }
        ) throws -> Stage {
            let stage = try Stage(script, flavour: flavour)
            let writer = try stage.writer()
            try writer.write(lines * torture)
            let agent = try stage.start()
            try meanwhile(stage)
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(stage.server.requests.allSatisfy { $0.fault == nil })
            #expect(stage.server.requests.idsSentAfterAcknowledgement.isEmpty)
            return stage
        }

        @Test(arguments: [
            (429, "es_rejected_execution_exception"), (429, "cluster_block_exception"),
            (403, "cluster_block_exception"), (503, "unavailable_shards_exception"),
        ])
        func `of a reply with refused items only those are sent again`(
            _ status: Int, _ type: String
        ) throws {
            let script = Script(items: [ItemRule(.chance(1.0 / 7), .refuse(status, type: type))])
            let stage = try expectAllOnce(past: script) { stage in
                #expect(stage.requestsPass(8))
                stage.server.play(.healthy)
            }
            let items = stage.server.requests.flatMap(\.items)
            let refused = items.filter { $0.status == status }.count
            #expect(refused > 0)
            #expect(items.count == stage.ledger.count + refused)
        }

        @Test(arguments: [400, 403, 404])
        func `a fault that all items share parks and drops nothing`(_ status: Int) throws {
            let refusal = ItemMisdeed.refuse(status, type: "illegal_argument_exception")
            let stage = try expectAllOnce(past: Script(items: [ItemRule(.always, refusal)])) {
                stage in
                #expect(stage.requestsPass(4))
                stage.server.play(.healthy)
            }
            #expect(stage.server.requests.contains { $0.items.contains { $0.status == status } })
        }

        @Test(arguments: [401, 403, 404, 408, 429, 500, 502, 503, 504])
        func `a whole request that is refused is sent again`(_ status: Int) throws {
            let headers = status == 429 ? [Header("retry-after", "1")] : []
            let script = Script(requests: [
                RequestRule(.first(3), .refuse(status, headers: headers))
            ])
            let stage = try expectAllOnce(past: script)
            #expect(stage.server.requests.filter { $0.status == status }.count == 3)
        }

        @Test func `a refusal after a part was stored is no loss and no second copy`() throws {
            let script = Script(requests: [RequestRule(.every(3), .reply(400, storing: 1.0 / 3))])
            _ = try expectAllOnce(past: script)
        }

        @Test(arguments: [0.0, 0.5, 1.0])
        func `a connection cut after a share was stored is an unknown outcome`(_ share: Double)
            throws
        {
            let script = Script(requests: [RequestRule(.every(3), .reset(storing: share))])
            let stage = try expectAllOnce(past: script)
            #expect(stage.server.requests.contains { $0.status == nil })
        }

        @Test
        func `a kept-alive connection that dies is one failed attempt, not a silent second one`()
            throws
        {
            let dying = RequestRule(
                .matching { $0.earlierOnConnection > 0 && $0.number % 3 == 0 }, .hangUp(storing: 1))
            let stage = try expectAllOnce(past: Script(requests: [dying]))
            #expect(stage.server.requests.contains { $0.status == nil })
        }

        @Test(arguments: Truncation.allCases, Flavour.allCases)
        func `a cut reply says nothing`(_ truncation: Truncation, _ flavour: Flavour) throws {
            let script = Script(requests: [RequestRule(.every(3), .truncate(truncation))])
            _ = try expectAllOnce(past: script, flavour: flavour)
        }

        @Test(arguments: [
            "", "{}", "<html><body>Please sign in</body></html>", "[]", "{\"errors\":false}",
        ])
        func `a 200 that is no bulk reply says nothing`(_ body: String) throws {
            let script = Script(requests: [RequestRule(.first(3), .reply(200, body: body))])
            _ = try expectAllOnce(past: script)
        }

        @Test(arguments: [-1, 1])
        func `a reply with the wrong number of items says nothing`(_ difference: Int) throws {
            let script = Script(requests: [RequestRule(.every(3), .miscount(difference))])
            _ = try expectAllOnce(past: script)
        }

        @Test func `items without a status are sent again`() throws {
            let script = Script(items: [ItemRule(.first(700), .silent)])
            _ = try expectAllOnce(past: script)
        }

        @Test(arguments: Flavour.allCases)
        func `pretty, shuffled and unknown members change nothing`(_ flavour: Flavour) throws {
            let script = Script(
                items: [ItemRule(.first(100), .tooMany)], pretty: true, shuffled: true)
            let stage = try expectAllOnce(past: script, flavour: flavour)
            #expect(stage.server.requests.flatMap(\.items).count == stage.ledger.count + 100)
        }

        @Test(arguments: ["gzip", "none"])
        func `a body that is too large is halved until it fits`(_ compression: String) throws {
            let stage = try Stage(Script(bodyLimit: 20_000))
            stage.settings.compression = compression
            let writer = try stage.writer()
            try writer.write(2000)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(stage.server.requests.contains { $0.status == 413 })
        }

        @Test(arguments: [301, 302, 307, 308])
        func `a redirect is not followed`(_ status: Int) throws {
            let other = try ScriptedElasticsearch()
            defer { other.stop() }
            let away = [Header("location", "\(other.url)/_bulk")]
            let script = Script(requests: [RequestRule(.first(3), .reply(status, headers: away))])
            _ = try expectAllOnce(past: script)
            #expect(other.requests.isEmpty)
        }

        @Test func `diverted and dropped documents are final`() throws {
            let stage = try Stage(
                Script(items: [
                    ItemRule(.matching { $0.line!.sequence % 10 == 1 }, .divert),
                    ItemRule(.matching { $0.line!.sequence % 10 == 2 }, .drop),
                ]))
            let writer = try stage.writer()
            try writer.write(1000)
            for sequence in 0..<1000 where [1, 2].contains(sequence % 10) {
                stage.ledger.excuse(LineKey(stream: "a", sequence: sequence))
            }
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(stage.server.read { $0.store.diverted.count } == 100)
            #expect(stage.server.requests.flatMap(\.items).count == 1000)
        }
    }
}
