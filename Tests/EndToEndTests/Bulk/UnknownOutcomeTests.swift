// The agent against a server whose replies are lost, cut, miscounted or no replies at all.
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Unknown outcomes") struct UnknownOutcomeTests {
        @Test("D14: a connection reset after a share was stored", arguments: [0.0, 0.5, 1.0])
        func d14(_ share: Double) throws {
            let script = Script(requests: [RequestRule(.every(3), .reset(storing: share))])
            let stage = try expectAllOnce(past: script)
            #expect(stage.server.requests.contains { $0.status == nil })
        }

        @Test("a copy that a rollover makes of a resend is named by the judge, unless forgiven")
        func rollover() throws {
            // The pause leaves time to roll over between the storing and the reset.
            let script = Script(requests: [
                RequestRule(.first(2), .reset(storing: 1), delay: .seconds(2))
            ])
            let stage = try Stage(script)
            try stage.writer().write(1000)
            let agent = try stage.start()
            #expect(stage.requestsPass(2))
            stage.server.rollOver("logs-tomcat.access-default")
            let copies = stage.server.documents.count
            #expect(stage.server.wait(atMost: patience) { $0.store.count >= 1000 + copies })
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.duplicates.count == copies)
            let verdict = stage.verdict(of: Judge(stage.ledger, forgivesRollovers: true))
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test("the agent names an id that a rollover in the midst of a resend has doubled")
        func possiblyDuplicate() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(1000)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            stage.server.play(
                Script(requests: [RequestRule(.first(1), .reset(storing: 1), delay: .seconds(1))]))
            try writer.write(400)
            #expect(stage.requestsPass(1))
            stage.server.rollOver("logs-tomcat.access-default")
            #expect(stage.everythingArrives())
            #expect(agent.says("batch.possibly_duplicate"))
            #expect(agent.terminate() == .exited(0))
            let doubled = Set(stage.verdict.duplicates.flatMap(\.ids))
            let events = stage.server.requests.first { $0.status == nil }?.items.count
            #expect(doubled.count == events)
            let named = try #require(agent.events("batch.possibly_duplicate").first)
            #expect(doubled.contains(named["id"] as? String ?? ""))
            #expect(named["events"] as? Int == events)
            let verdict = stage.verdict(of: Judge(stage.ledger, forgivesRollovers: true))
            #expect(verdict.isClean, "\(verdict)")
        }

        /// Some proxies and some pipelines do so.
        @Test("the agent says when the server stores under other ids than it was given")
        func foreignIDs() throws {
            let stage = try Stage(Script(items: [ItemRule(.always, .rename(fresh: false))]))
            try stage.writer().write(1000)
            let agent = try stage.start()
            #expect(agent.says("output.foreign_ids"))
            stage.expectAllOnce(from: agent)
        }

        @Test(
            "D15: an upload cut in its midst, with the first half stored",
            arguments: ["gzip", "none"])
        func d15(_ compression: String) throws {
            let script = Script(uploads: [UploadRule(.every(3), reading: 0.5)])
            let stage = try Stage(script, receiveBuffer: 4096)
            stage.settings.compression = compression
            try stage.writer().write(3000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let cut = stage.server.requests.filter { $0.status == nil }
            // Of a small body half may be less than one line.
            #expect(cut.contains { !$0.items.isEmpty })
        }

        @Test("D16: a refusal after a third was stored is no loss and no second copy")
        func d16() throws {
            let script = Script(requests: [RequestRule(.every(3), .reply(400, storing: 1.0 / 3))])
            let stage = try expectAllOnce(past: script)
            #expect(stage.server.requests.contains { $0.items.contains { $0.status == 409 } })
        }

        @Test(
            "D17: a reply that is cut says nothing", arguments: Truncation.allCases,
            Flavour.allCases)
        func d17(_ truncation: Truncation, _ flavour: Flavour) throws {
            let script = Script(requests: [RequestRule(.every(3), .truncate(truncation))])
            try expectAllOnce(past: script, flavour: flavour)
        }

        @Test(
            "D18: a success that is no bulk reply says nothing",
            arguments: [
                (200, ""), (200, "{}"), (200, "<html><body>Please sign in</body></html>"),
                (200, "[]"), (200, #"{"errors":false}"#), (204, ""),
            ])
        func d18(_ status: Int, _ body: String) throws {
            let script = Script(requests: [RequestRule(.every(3), .reply(status, body: body))])
            let stage = try expectAllOnce(past: script)
            #expect(
                stage.server.requests.filter { $0.items.allSatisfy { $0.status == nil } }.count > 3)
        }

        @Test("D19: a reply with the wrong number of items says nothing", arguments: [-1, 1])
        func d19(_ difference: Int) throws {
            let script = Script(requests: [RequestRule(.every(3), .miscount(difference))])
            let stage = try expectAllOnce(past: script)
            let requests = stage.server.requests
            for request in requests where !request.isWhole {
                let ids = Set(request.items.compactMap(\.id))
                let again = requests[(request.number + 1)...].flatMap { $0.items.compactMap(\.id) }
                #expect(ids.isSubset(of: again))
            }
            #expect(requests.contains { !$0.isWhole })
        }

        @Test("items without a status say nothing")
        func silent() throws {
            try expectAllOnce(past: Script(items: [ItemRule(.first(700), .silent)]))
        }

        @Test(
            "D22: a kept-alive connection that dies is one failed attempt, not a silent second one")
        func d22() throws {
            let dying = RequestRule(
                .matching { $0.earlierOnConnection > 0 && $0.number % 3 == 0 }, .hangUp(storing: 1))
            let stage = try expectAllOnce(past: Script(requests: [dying]))
            #expect(stage.server.requests.contains { $0.status == nil })
        }

        @Test("D23: an answer that comes too late is as good as none")
        func d23() throws {
            let stage = try Stage(
                Script(requests: [RequestRule(.every(3), nil, delay: .seconds(60))]))
            stage.settings.timeout = "1s"
            try stage.writer().write(3000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let requests = stage.server.requests
            #expect(requests.contains { $0.status == nil })
            #expect(requests.contains { $0.items.contains { $0.status == 409 } })
            #expect(agent.log.contains(#""kind":"timeout""#))
            #expect(stage.server.openRequests.most <= stage.settings.connections)
            #expect(stage.server.openRequests.mostOnOneConnection == 1)
        }
    }
}
