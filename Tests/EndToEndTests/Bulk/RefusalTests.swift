// The agent against a server that refuses single items or whole requests.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Refusals") struct RefusalTests {
        @Test(
            "D03: of a reply with refused items only those are sent again",
            arguments: [
                (429, "es_rejected_execution_exception"), (503, "unavailable_shards_exception"),
            ])
        func d03(_ status: Int, _ type: String) throws {
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

        @Test("D07: whole requests refused are sent again, less than twice a second")
        func d07() throws {
            try expectPatience(
                in: [429, 500, 502, 503, 504].map { status in
                    Script(requests: [RequestRule(.always, .refuse(status))])
                })
        }

        @Test("D08: no request before Retry-After is over", arguments: [true, false])
        func d08(_ inSeconds: Bool) throws {
            let asked = torture > 1 ? 7 : 3
            let stage = try Stage()
            let began = Date()
            // A date has whole seconds; the agent needs a part of them to get there.
            let until = Date(timeIntervalSince1970: began.timeIntervalSince1970.rounded() + 4)
            let text = inSeconds ? "\(asked)" : httpDate(until)
            let header = Header("retry-after", text)
            stage.server.play(
                Script(requests: [RequestRule(.first(2), .refuse(429, headers: [header]))]))
            try stage.writer().write(3000)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let requests = stage.server.requests
            #expect(requests.filter { $0.status == 429 }.count == 2)
            for refused in requests where refused.status == 429 {
                let next = requests.first {
                    $0.number > refused.number && $0.connection == refused.connection
                }
                let resumed = try #require(next).time
                if inSeconds {
                    #expect(resumed - refused.time >= .seconds(asked) * 0.8)
                } else {
                    #expect(began + resumed / .seconds(1) >= until)
                }
            }
        }

        /// The form that RFC 9110 prefers.
        func httpDate(_ date: Date) -> String {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            return format.string(from: date)
        }

        @Test(
            "D10, D11: a fault that all items share parks and drops nothing",
            arguments: [
                (400, "illegal_argument_exception"), (403, "security_exception"),
                (404, "index_not_found_exception"),
            ])
        func d10(_ status: Int, _ type: String) throws {
            let refusal = ItemMisdeed.refuse(status, type: type)
            let script = Script(items: [ItemRule(.always, refusal)])
            let stage = try expectAllOnce(past: script) { stage in
                #expect(stage.requestsPass(4))
                stage.server.play(.healthy)
            }
            #expect(stage.server.requests.contains { $0.items.contains { $0.status == status } })
            #expect(try ParkFiles.read(stage.settings.state).isEmpty)
        }

        @Test("D24: a flooded disk costs patience and nothing else")
        func d24() throws {
            try expectPatience(
                in: [429, 403].map { status in
                    let block = ItemMisdeed.refuse(status, type: "cluster_block_exception")
                    return Script(items: [ItemRule(.always, block)])
                })
        }

        @Test(
            "what a request is refused for by its sender or its address is sent again",
            arguments: [401, 403, 404, 405, 408, 501])
        func others(_ status: Int) throws {
            let script = Script(requests: [RequestRule(.first(3), .refuse(status))])
            let stage = try expectAllOnce(past: script, lines: 2000)
            #expect(stage.server.requests.filter { $0.status == status }.count == 3)
        }
    }
}
