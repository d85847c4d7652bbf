// The scripted server's store and wording, compared with what the real servers were seen to answer.
import Foundation
import ScriptedServer
import Testing

/// What is tested here is the tests' own world, not the agent.
@Suite("Harness") enum Harness {}

extension Harness {
    @Suite("The scripted store") struct DocumentStoreTests {
        /// The filter the agent asks for.
        static let filter =
            "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store"

        func answer(
            _ endpoint: inout BulkEndpoint, _ body: String,
            _ target: String = "/_bulk?filter_path=\(filter)"
        ) -> (status: Int, text: String) {
            guard let answer = endpoint.answer(bulkBody: Array(body.utf8), target: target) else {
                return (0, "")
            }
            return (answer.status, String(decoding: answer.body, as: UTF8.self))
        }

        func create(_ id: String, _ source: String = #"{"m":1}"#, in index: String = "i1") -> String
        {
            #"{"create":{"_index":"\#(index)","_id":"\#(id)"}}"# + "\n" + source + "\n"
        }

        @Test func `create stores once and says 409 after`() {
            var endpoint = BulkEndpoint()
            #expect(
                answer(&endpoint, create("a")).text
                    == #"{"errors":false,"items":[{"create":{"status":201}}]}"#)
            let again = answer(&endpoint, create("b") + create("a", #"{"m":2}"#))
            #expect(again.status == 200)
            #expect(
                again.text
                    == #"{"errors":true,"items":[{"create":{"status":201}},{"create":{"#
                    + #""status":409,"error":{"type":"version_conflict_engine_exception","reason":"#
                    + #""[a]: version conflict, document already exists "#
                    + #"(current version [1])"}}}]}"#
            )
            #expect(endpoint.store.count == 2)
            #expect(
                endpoint.store.document(index: "i1", id: "a")?.source == Array(#"{"m":1}"#.utf8))
        }

        @Test func `one id in two indices is two documents`() {
            var endpoint = BulkEndpoint()
            _ = answer(&endpoint, create("a") + create("a", in: "i2"))
            #expect(endpoint.store.count == 2)
        }

        @Test(arguments: [
            (
                #"{"create":{"_index":"i","_id":"n"}}"# + "\n" + #"{"m":1}"#,
                "illegal_argument_exception"
            ),
            ("", "parse_exception"), ("hello\n{}\n", "json_parse_exception"),
            (#"{"foo":{"_index":"i"}}"# + "\n{}\n", "illegal_argument_exception"),
            (#"{"create":{"_index":"i","_type":"x"}}"# + "\n{}\n", "illegal_argument_exception"),
            (#"{"create":{"_id":"x"}}"# + "\n{}\n", "action_request_validation_exception"),
            (#"{"create":{"_index":"i","_id":"\q"}}"# + "\n{}\n", "json_parse_exception"),
            (
                #"{"create":{"_index":"i","_id":"\#(String(repeating: "a", count: 513))"}}"#
                    + "\n{}\n",
                "action_request_validation_exception"
            ),
        ])
        func `a malformed body is refused whole`(_ body: String, _ type: String) {
            var endpoint = BulkEndpoint()
            let answer = answer(&endpoint, body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""type":"\#(type)""#))
            #expect(answer.text.hasSuffix(#""status":400}"#))
            #expect(endpoint.store.count == 0)
            #expect(endpoint.requests[0].fault != nil)
        }

        @Test(arguments: [
            "", "[1]", #"{"m":1"#, #"{"m":1}{"m":2}"#, #"{"s":"a","s":"b"}"#, #"{"m":1,}"#,
            "{\"s\":\"\u{1}\"}", #"{"s":"\ud800"}"#,
        ])
        func `a malformed source is refused alone`(_ source: String) {
            var endpoint = BulkEndpoint()
            let answer = answer(&endpoint, create("a") + create("b", source) + create("c"))
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""type":"mapper_parsing_exception""#))
            #expect(endpoint.requests[0].items.map(\.status) == [201, 400, 201])
        }

        @Test func `bytes that are no UTF-8 are refused`() {
            var endpoint = BulkEndpoint()
            let body = create("a").utf8.map { $0 == UInt8(ascii: "m") ? 0xFF : $0 }
            _ = endpoint.answer(bulkBody: body)
            #expect(endpoint.requests[0].items.map(\.status) == [400])
        }

        @Test(arguments: [
            #"{"m":1}"#, #"{"@timestamp":"nonsense"}"#, #"{"@timestamp":1}"#,
            #"{"@timestamp":"2026-01-01T00:00:00Z","data_stream":{"dataset":"b"}}"#,
        ])
        func `a data stream wants a timestamp and its own name`(_ source: String) {
            var endpoint = BulkEndpoint(flavour: .elasticsearch)
            let good =
                #"{"@timestamp":"2026-01-01T00:00:00.123Z","#
                + #""data_stream":{"type":"logs","dataset":"a"}}"#
            _ = answer(&endpoint, create("1", good, in: "logs-a-default"))
            let refused = answer(&endpoint, create("2", source, in: "logs-a-default"))
            #expect(refused.text.contains("document_parsing_exception"))
            #expect(endpoint.store.count == 1)
        }

        @Test func `a data stream takes nothing but create`() {
            var endpoint = BulkEndpoint()
            let body =
                #"{"index":{"_index":"logs-a-default","_id":"1"}}"# + "\n"
                + #"{"@timestamp":"2026-01-01T00:00:00Z"}"# + "\n"
            #expect(answer(&endpoint, body).text.contains("op_type of create"))
        }

        @Test func `an unknown parameter is refused, require_data_stream by OpenSearch alone`() {
            for (flavour, status) in [(Flavour.opensearch, 400), (.elasticsearch, 200)] {
                var endpoint = BulkEndpoint(flavour: flavour)
                #expect(
                    answer(&endpoint, create("a"), "/_bulk?require_data_stream=true").status
                        == status)
                #expect(answer(&endpoint, create("b"), "/_bulk?nonsense=1").status == 400)
            }
        }

        @Test(arguments: [
            (filter, #"{"errors":false,"items":[{"create":{"status":201}}]}"#),
            ("errors,items.*.error", #"{"errors":false}"#), ("items.*.error", "{}"),
            ("**.status", #"{"items":[{"create":{"status":201}}]}"#),
            ("it*.cre*te.stat*", #"{"items":[{"create":{"status":201}}]}"#),
            (
                "-took,-items.*._*,-items.*.result",
                #"{"errors":false,"items":[{"create":{"status":201}}]}"#
            ),
        ])
        func `filter_path leaves what it names`(_ filter: String, _ expected: String) {
            var endpoint = BulkEndpoint()
            #expect(answer(&endpoint, create("a"), "/_bulk?filter_path=\(filter)").text == expected)
        }

        @Test func `without a filter the whole item is there, in the order of each engine`() {
            for (flavour, start) in [
                (Flavour.opensearch, #"{"took":"#), (.elasticsearch, #"{"errors":"#),
            ] {
                var endpoint = BulkEndpoint(flavour: flavour)
                let text = answer(&endpoint, create("a"), "/i1/_bulk").text
                #expect(text.hasPrefix(start))
                #expect(text.contains(#""items":[{"create":{"_index":"i1","_id":"a","_version":1"#))
            }
        }
    }
}
