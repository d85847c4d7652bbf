// The scripted server's connections: slow, paused, cut while they carry a body, counted.
import Foundation
import ScriptedServer
import Testing

extension Harness {
    @Suite("The scripted connections") struct ConnectionTests {
        func create(_ id: String, in index: String = "i1", size: Int = 1) -> String {
            #"{"create":{"_index":"\#(index)","_id":"\#(id)"}}"# + "\n"
                + #"{"m":"\#(String(repeating: "m", count: size))"}"# + "\n"
        }

        @Test func `one target is slow, the other is not`() throws {
            let server = try ScriptedElasticsearch(
                script: Script(requests: [.slow("i2", .seconds(3600))]))
            defer { server.stop() }
            let slow = Background {
                _ = try? RawClient(port: server.port).bulk(create("a", in: "i2"))
            }
            #expect(server.wait(atMost: patience) { $0.store.count == 1 })
            let client = try RawClient(port: server.port)
            #expect(try client.bulk(create("a")).status == 200)
            #expect(!slow.isDone)
            #expect(server.openRequests == Load(most: 2, mostOnOneConnection: 1))
            server.stop()
            try slow.join()
            // No reply left.
            #expect(server.requests.first { $0.items[0].index == "i2" }?.status == nil)
        }

        @Test func `a paused server does nothing, then everything`() throws {
            let server = try ScriptedElasticsearch()
            defer { server.stop() }
            server.pause()
            let waiting = Background {
                let status = try RawClient(port: server.port).bulk(create("a")).status
                #expect(status == 200)
            }
            while server.openRequests.most == 0 { Thread.sleep(forTimeInterval: 0.001) }
            #expect(server.requests.isEmpty)
            #expect(!waiting.isDone)
            server.resume()
            try waiting.join()
            #expect(server.documents.count == 1)
        }

        @Test func `who gave up has no request open`() throws {
            let server = try ScriptedElasticsearch(
                script: Script(requests: [RequestRule(.first(3), nil, delay: .seconds(3600))]))
            defer { server.stop() }
            for number in 1...3 {
                let impatient = try RawClient(port: server.port)
                try impatient.begin(create("\(number)"))
                #expect(server.wait(atMost: patience) { $0.requests.count == number })
            }
            #expect(try RawClient(port: server.port).bulk(create("4")).status == 200)
            #expect(server.openRequests == Load(most: 1, mostOnOneConnection: 1))
            #expect(
                server.wait(atMost: patience) { $0.requests.filter { $0.status == nil }.count == 3 }
            )
        }

        @Test func `a second request before the first is answered is seen`() throws {
            let server = try ScriptedElasticsearch()
            defer { server.stop() }
            let hasty = try RawClient(port: server.port)
            try hasty.begin(create("a"), times: 2)
            #expect(server.wait(atMost: patience) { $0.requests.count == 2 })
            #expect(server.openRequests.mostOnOneConnection == 2)
        }

        @Test(arguments: [nil, 413])
        func `a body is cut, with what was whole of it done`(_ status: Int?) throws {
            let cut = UploadRule(.matching { $0.wireBytes > 1000 }, reading: 0.6, saying: status)
            let server = try ScriptedElasticsearch(
                script: Script(uploads: [cut]), receiveBuffer: 4096)
            defer { server.stop() }
            let bodies = [create("a"), ["b", "c", "d"].map { create($0, size: 10_000) }.joined()]
            #expect(try RawClient(port: server.port).bulk(bodies[0]).status == 200)
            // The reply may be lost by the reset that follows it.
            let reply = try? RawClient(port: server.port).bulk(bodies[1]).status
            #expect(reply == nil || reply == status)
            #expect(server.wait(atMost: patience) { $0.requests.count == 2 })
            #expect(server.documents.map(\.id) == ["a", "b"])
            #expect(server.requests[1].status == status)
            #expect(server.requests[1].wireBytes == bodies[1].utf8.count)
            #expect(server.requests[1].items.map(\.status) == [201])
            #expect(!server.requests[1].isWhole)
        }

        @Test func `of a body packed by gzip what came is done`() throws {
            let server = try ScriptedElasticsearch(
                script: Script(uploads: [UploadRule(.always, reading: 0.7)]))
            defer { server.stop() }
            let packed = try gzip(Array((0..<5000).map { create("\($0)") }.joined().utf8))
            _ = try? RawClient(port: server.port).send(
                "POST", "/_bulk",
                headers: [("content-type", "application/x-ndjson"), ("content-encoding", "gzip")],
                body: packed)
            #expect(server.wait(atMost: patience) { $0.requests.count == 1 })
            #expect(1000..<5000 ~= server.documents.count)
        }
    }
}
