// Each misdeed of the scripted server, seen from the other end of a socket.
import Foundation
import ScriptedServer
import Testing

extension Harness {
    @Suite("The scripted misdeeds") struct ScriptTests {
        func body(_ ids: some Sequence<String>) -> String {
            ids.map { #"{"create":{"_index":"i1","_id":"\#($0)"}}"# + "\n{\"m\":1}\n" }.joined()
        }

        /// A server with this script, for as long as the body runs.
        func serving<Result>(
            _ script: Script, flavour: Flavour = .opensearch,
            _ test: (ScriptedElasticsearch, RawClient) throws -> Result
        ) throws -> Result {
            let server = try ScriptedElasticsearch(flavour: flavour, script: script)
            defer { server.stop() }
            return try test(server, RawClient(port: server.port))
        }

        let four = ["a", "b", "c", "d"]

        @Test(arguments: Flavour.allCases)
        func `a healthy server keeps the connection and words its headers as the engine does`(
            _ flavour: Flavour
        ) throws {
            try serving(.healthy, flavour: flavour) { server, client in
                let first = try client.bulk(body(["a"]))
                _ = try client.bulk(body(["b"]))
                #expect(first.status == 200)
                #expect(first.isWhole)
                let isElastic = flavour == .elasticsearch
                #expect((first.headers["x-elastic-product"] != nil) == isElastic)
                #expect((first.headers["transfer-encoding"] == "chunked") == isElastic)
                #expect((first.headers["content-length"] == nil) == isElastic)
                #expect(
                    first.headers["content-type"]
                        == (isElastic ? "application/json" : "application/json; charset=UTF-8"))
                #expect(server.requests.map(\.connection) == [1, 1])
                #expect(server.requests.map(\.earlierOnConnection) == [0, 1])
            }
        }

        @Test func `chunked bodies and gzip bodies are read`() throws {
            try serving(.healthy) { server, client in
                let type = ("content-type", "application/x-ndjson")
                let text = Array(body(four).utf8)
                let chunked = try client.send(
                    "POST", "/_bulk", headers: [type], body: text, chunks: 7)
                #expect(chunked.status == 200)
                let packed = try gzip(Array(body(["e"]).utf8))
                let unpacked = try client.send(
                    "POST", "/_bulk", headers: [type, ("content-encoding", "gzip")], body: packed)
                #expect(unpacked.status == 200)
                #expect(server.requests[1].wireBytes == packed.count)
                #expect(server.requests[1].bodyBytes == body(["e"]).utf8.count)
                let broken = try client.send(
                    "POST", "/_bulk", headers: [type, ("content-encoding", "gzip")],
                    body: Array(packed.dropLast(3)))
                #expect(broken.status == 400)
                #expect(server.documents.map(\.id) == four + ["e"])
            }
        }

        @Test func `only POST to _bulk with a known type is served`() throws {
            try serving(.healthy) { server, client in
                let wrong = [("content-type", "application/x-ndjson; charset=UTF-8")]
                let replies = try [
                    client.send("GET", "/"), client.send("GET", "/_bulk"),
                    client.send("POST", "/_bulk", headers: wrong),
                ]
                #expect(replies.map(\.status) == [403, 405, 406])
                #expect(server.requests.allSatisfy { $0.fault != nil })
            }
        }

        @Test func `items are refused by count, by chance and by what they are`() throws {
            let rules: [Choice<LoggedItem>] = [.every(2), .first(2), .matching { $0.id! > "b" }]
            let expected = [[201, 429, 201, 429], [429, 429, 201, 201], [201, 201, 429, 429]]
            for (rule, statuses) in zip(rules, expected) {
                try serving(Script(items: [ItemRule(rule, .tooMany)])) { server, client in
                    _ = try client.bulk(body(four))
                    #expect(server.requests[0].items.map(\.status) == statuses)
                    #expect(server.documents.count == 2)
                }
            }
            let diced = Script(items: [ItemRule(.chance(0.5), .tooMany)], seed: 7)
            let runs = try (0..<2).map { _ in
                try serving(diced) { server, client in
                    _ = try client.bulk(body((0..<100).map(String.init)))
                    return server.requests[0].items.map(\.status)
                }
            }
            #expect(runs[0] == runs[1])
            #expect(Set(runs[0]) == [201, 429])
        }

        @Test func `diverted, dropped and silent items say so`() throws {
            let script = Script(items: [
                ItemRule(.matching { $0.id == "a" }, .divert),
                ItemRule(.matching { $0.id == "b" }, .drop),
                ItemRule(.matching { $0.id == "c" }, .silent),
            ])
            try serving(script) { server, client in
                let target = "/_bulk?filter_path=\(DocumentStoreTests.filter)"
                let text = try client.bulk(body(four), to: target).text
                #expect(
                    text
                        == #"{"errors":false,"items":[{"create":{"failure_store":"used","#
                        + #""status":201}},{"create":{"status":200}},{"create":{"status":201}}]}"#
                )
                // Which of the four are the three items?
                #expect(!server.requests[0].isWhole)
                #expect(server.documents.map(\.id) == ["c", "d"])
                #expect(server.read { $0.store.diverted.count } == 1)
            }
        }

        @Test(arguments: [401, 403, 404, 429, 500, 502, 503, 504])
        func `a whole request is refused and nothing stored`(_ status: Int) throws {
            let script = Script(requests: [
                RequestRule(.first(1), .refuse(status, headers: [Header("retry-after", "7")]))
            ])
            try serving(script) { server, client in
                let reply = try client.bulk(body(four))
                #expect(reply.status == status)
                #expect(reply.headers["retry-after"] == "7")
                #expect(server.documents.isEmpty)
                #expect(try client.bulk(body(four)).status == 200)
                #expect(server.documents.count == 4)
                #expect(server.requests.map(\.status) == [status, 200])
            }
        }

        @Test func `a refusal may come after a part was stored`() throws {
            let script = Script(requests: [RequestRule(.always, .reply(400, storing: 0.5))])
            try serving(script) { server, client in
                let reply = try client.bulk(body(four))
                #expect(reply.status == 400)
                #expect(server.documents.map(\.id) == ["a", "b"])
            }
        }

        @Test(arguments: [(0.0, 0), (0.5, 2), (1.0, 4)])
        func `the connection is cut after a share was stored`(_ share: Double, _ stored: Int) throws
        {
            try serving(Script(requests: [RequestRule(.first(1), .reset(storing: share))])) {
                server, client in
                #expect(throws: RawFailure.reset) { try client.bulk(body(four)) }
                #expect(server.documents.count == stored)
                #expect(server.requests[0].status == nil)
            }
            try serving(Script(requests: [RequestRule(.first(1), .hangUp(storing: share))])) {
                server, client in
                #expect(throws: RawFailure.hungUp) { try client.bulk(body(four)) }
                #expect(server.documents.count == stored)
            }
        }

        @Test(arguments: Truncation.allCases)
        func `a reply is cut after everything was stored`(_ truncation: Truncation) throws {
            try serving(Script(requests: [RequestRule(.first(1), .truncate(truncation))])) {
                server, client in
                let reply = try client.bulk(body(four))
                #expect(reply.status == 200)
                #expect(reply.isWhole == [.noLength, .gzipCut].contains(truncation))
                #expect(reply.json.isEmpty)
                #expect(server.documents.count == 4)
                #expect(!server.requests[0].isWhole)
            }
        }

        @Test(arguments: [-1, 1])
        func `the number of items is wrong`(_ difference: Int) throws {
            try serving(Script(requests: [RequestRule(.first(1), .miscount(difference))])) {
                server, client in
                let reply = try client.bulk(body(four))
                #expect((reply.json["items"] as? [Any])?.count == 4 + difference)
                #expect(server.documents.count == 4)
            }
        }

        @Test func `replies may be pretty, shuffled and full of the unknown`() throws {
            try serving(Script(pretty: true, shuffled: true)) { _, client in
                let reply = try client.bulk(body(four))
                #expect(reply.text.contains(#""errors" : false"#))
                #expect(reply.json["x_unknown"] != nil)
                #expect((reply.json["items"] as? [Any])?.count == 4)
            }
        }

        @Test func `a body over the limit is answered by an empty 413`() throws {
            try serving(Script(bodyLimit: 100)) { server, client in
                let type = ("content-type", "application/x-ndjson")
                let plain = try client.send(
                    "POST", "/_bulk", headers: [type], body: Array(body(four).utf8))
                #expect(plain.status == 413)
                #expect(plain.body.isEmpty)
                let small = try gzip(Array(body(four).utf8))
                let packed = try client.send(
                    "POST", "/_bulk", headers: [type, ("content-encoding", "gzip")], body: small)
                #expect(packed.status == 413)
                #expect(packed.headers["connection"] == "close")
                #expect(server.documents.isEmpty)
            }
        }

        @Test func `a server that has left refuses connections until it is back`() throws {
            try serving(.healthy) { server, client in
                _ = try client.bulk(body(["a"]))
                for id in ["b", "c"] {
                    server.leave()
                    #expect(throws: RawFailure.refused) { try RawClient(port: server.port) }
                    server.comeBack()
                    #expect(try RawClient(port: server.port).bulk(body([id])).status == 200)
                }
                #expect(throws: (any Error).self) { try client.bulk(body(["d"])) }
                #expect(server.documents.map(\.id) == ["a", "b", "c"])
            }
        }

        @Test func `scripts add up, and change while the server runs`() throws {
            let script = Script(items: [ItemRule(.first(1), .tooMany)]).and(
                Script(bodyLimit: 10_000))
            try serving(script) { server, client in
                _ = try client.bulk(body(["a"]))
                server.play(.healthy)
                _ = try client.bulk(body(["a"]))
                #expect(server.requests.map { $0.items[0].status } == [429, 201])
            }
        }

        @Test func `an id that comes again after its acknowledgement is named`() throws {
            let cut = Script(requests: [RequestRule(.first(1), .truncate(.shortContentLength))])
            try serving(cut) { server, client in
                _ = try client.bulk(body(["a"]))
                let next = try RawClient(port: server.port)
                _ = try next.bulk(body(["a"]))
                #expect(server.requests.idsSentAfterAcknowledgement.isEmpty)
                _ = try next.bulk(body(["a", "b"]))
                #expect(server.requests.idsSentAfterAcknowledgement == ["a"])
            }
        }
    }
}

/// The bytes packed by gzip(1).
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    try ChildProcess.output(of: ["/bin/gzip", "-c"], input: bytes)
}
