// What the scripted server does for one target, one pipeline, one stream.
import ScriptedServer
import Testing

extension Harness {
    @Suite("The scripted targets") struct TargetTests {
        let stream = "logs-a-default"

        func create(_ id: String, in index: String, pipeline: String? = nil) -> String {
            let named = pipeline.map { #","pipeline":"\#($0)""# } ?? ""
            return #"{"create":{"_index":"\#(index)","_id":"\#(id)"\#(named)}}"# + "\n"
                + #"{"@timestamp":"2026-01-01T00:00:00Z"}"# + "\n"
        }

        func statuses(_ endpoint: BulkEndpoint) -> [[Int?]] {
            endpoint.requests.map { $0.items.map(\.status) }
        }

        @Test func `a target may refuse alone`() {
            let misdeed = ItemMisdeed.refuse(403, type: "security_exception")
            var endpoint = BulkEndpoint()
            endpoint.play(Script(items: [ItemRule(.matching { $0.index == "i2" }, misdeed)]))
            _ = endpoint.answer(
                bulkBody: Array((create("a", in: "i1") + create("a", in: "i2")).utf8))
            #expect(statuses(endpoint) == [[201, 403]])
        }

        @Test func `a pipeline that does not exist refuses its items alone, until it is made`() {
            var endpoint = BulkEndpoint()
            let body =
                create("a", in: "i1", pipeline: "p") + create("b", in: "i1")
                + create("c", in: "i1", pipeline: "_none")
            let reply = endpoint.answer(bulkBody: Array(body.utf8))
            #expect(statuses(endpoint) == [[400, 201, 201]])
            #expect(endpoint.requests[0].items.map(\.pipeline) == ["p", nil, "_none"])
            let text = String(decoding: reply?.body ?? [], as: UTF8.self)
            #expect(text.contains("illegal_argument_exception"))
            #expect(text.contains("pipeline with id [p] does not exist"))
            let all = Array(create("d", in: "i1").utf8)
            _ = endpoint.answer(bulkBody: all, target: "/_bulk?pipeline=p")
            endpoint.makePipeline("p")
            _ = endpoint.answer(bulkBody: Array(body.utf8))
            _ = endpoint.answer(bulkBody: all, target: "/_bulk?pipeline=p")
            #expect(statuses(endpoint)[1...] == [[400], [201, 409, 409], [201]])
        }

        @Test func `a stream's documents are in backing indices, and a new one knows no old ids`() {
            var endpoint = BulkEndpoint()
            let body = Array((create("a", in: stream) + create("a", in: "i1")).utf8)
            let first = endpoint.answer(bulkBody: body)
            let text = String(decoding: first?.body ?? [], as: UTF8.self)
            #expect(text.contains(#""_index":".ds-logs-a-default-000001","_id":"a""#))
            #expect(text.contains(#""_index":"i1","_id":"a""#))
            _ = endpoint.answer(bulkBody: body)
            endpoint.rollOver(stream)
            _ = endpoint.answer(bulkBody: body)
            _ = endpoint.answer(bulkBody: body)
            #expect(statuses(endpoint) == [[201, 201], [409, 409], [201, 409], [409, 409]])
            #expect(
                endpoint.store.documents.map(\.backing)
                    == [".ds-logs-a-default-000001", "i1", ".ds-logs-a-default-000002"])
            #expect(endpoint.store.documents.map(\.index) == [stream, "i1", stream])
        }

        @Test(arguments: [(false, [201, 409]), (true, [201, 201])])
        func `an id may be another in the reply`(_ fresh: Bool, _ expected: [Int?]) {
            var endpoint = BulkEndpoint()
            endpoint.play(Script(items: [ItemRule(.always, .rename(fresh: fresh))]))
            for _ in 0..<2 {
                let reply = endpoint.answer(bulkBody: Array(create("a", in: "i1").utf8))
                let text = String(decoding: reply?.body ?? [], as: UTF8.self)
                #expect(text.contains(#""_id":"renamed-"#))
            }
            #expect(statuses(endpoint).flatMap(\.self) == expected)
            #expect(endpoint.requests.allSatisfy { $0.items[0].id == "a" })
        }

        @Test func `a divert names the failure store's index`() {
            var endpoint = BulkEndpoint()
            endpoint.play(Script(items: [ItemRule(.always, .divert)]))
            let reply = endpoint.answer(bulkBody: Array(create("a", in: stream).utf8))
            let text = String(decoding: reply?.body ?? [], as: UTF8.self)
            #expect(text.contains(#""_index":".fs-logs-a-default-000001""#))
        }
    }
}
