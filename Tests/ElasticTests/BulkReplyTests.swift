// Replies as servers write them, as they might, and as nobody should.
import Bytes
import Elastic
import TestKit
import Testing

@Suite("Bulk reply")
struct BulkReplyTests {
    @Test(arguments: [
        // OpenSearch 2.19 and Elasticsearch 7, unfiltered.
        #"""
        {"took":3,"errors":true,"items":[{"create":{"_index":"i","_type":"_doc","_id":"a",\#
        "_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},\#
        "_seq_no":0,"_primary_term":1,"status":201}},{"create":{"_index":"i","_id":"b",\#
        "status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse [x]",\#
        "caused_by":{"type":"number_format_exception","reason":"For input: \"no\""}}}}]}
        """#,
        // Elasticsearch 8 and 9, filtered.
        #"""
        {"errors":true,"took":9223372036854775807,"items":[{"create":{"status":201}},{"create":\#
        {"status":400,"error":{"type":"mapper_parsing_exception",\#
        "reason":"failed to parse [x]"}}}]}
        """#,
        // Another order, more keys, nothing said of errors.
        #"""
        {"items":[{"create":{"status":201}},{"create":{"error":{"reason":"failed to parse [x]",\#
        "root_cause":[{"type":"other"}],"type":"mapper_parsing_exception"},"x":[{}],\#
        "status":400}}],"ingest_took":1}
        """#,
        // A lie, twice.
        #"""
        {"errors":false,"items":[{"index":{"status":201}},{"create":{"status":400,"error":\#
        {"type":"mapper_parsing_exception","reason":"failed to parse [x]"}}}],"errors":false}
        """#,
        // With space wherever it may be.
        """
        {
          "errors" : true,
          "items" : [
            { "create" : { "status" : 201 } },
            { "create" : { "status" : 400, "error" : {
                "type" : "mapper_parsing_exception", "reason" : "failed to parse [x]" } } }
          ]
        }

        """,
    ])
    func `the same items are read however the reply is written`(text: String) throws {
        let reply = try parse(text)
        #expect(reply.items.map(\.status) == [201, 400])
        #expect(reply.items.map(\.error) == [.none, .other])
        #expect(reply.items.map(\.failureStore) == [.absent, .absent])
        #expect(words(text, reply.items[1].errorType) == "mapper_parsing_exception")
        #expect(words(text, reply.items[1].errorReason) == "failed to parse [x]")
        #expect(reply.items[0].errorType.isEmpty)
    }

    @Test(arguments: [
        "{}", #"{"status":"201"}"#, #"{"status":201.0}"#, #"{"status":2e2}"#, #"{"status":null}"#,
        #"{"status":[201]}"#, #"{"status":{"status":201}}"#, #"{"status":99}"#, #"{"status":600}"#,
        #"{"status":-201}"#, #"{"status":201,"status":201}"#, #"{"status":18446744073709551817}"#,
        "201", "null", "[201]", #"[{"status":201}]"#,
    ])
    func `an item without one plain status is unknown`(operation: String) throws {
        let reply = try parse(
            #"{"items":[{"create":"# + operation + #"},{"create":{"status":201}}]}"#)
        #expect(reply.items.map(\.status) == [0, 201])
    }

    @Test(arguments: [
        "{}", #"{"create":{"status":201},"create":{"status":201}}"#,
        #"{"create":{"status":201},"x":1}"#,
    ])
    func `an item is one operation`(item: String) throws {
        #expect(try parse(#"{"items":["# + item + "]}").items.map(\.status) == [0])
    }

    @Test(arguments: [
        (#""used""#, BulkItem.FailureStore.used), (#""not_enabled""#, .notEnabled),
        (#""failed""#, .failed), (#""later""#, .unknown), ("true", .unknown), ("null", .absent),
        (#"{"used":true}"#, .unknown),
    ])
    func `the failure store is told apart`(value: String, expected: BulkItem.FailureStore) throws {
        let reply = try parse(
            #"{"items":[{"create":{"failure_store":"# + value + #","status":201}}]}"#)
        #expect(reply.items[0].failureStore == expected)
        #expect(reply.items[0].status == 201)
    }

    @Test(arguments: [
        (#"{"type":"index_closed_exception"}"#, BulkItem.ErrorKind.indexClosed),
        (#"{"type":"other","caused_by":{"type":"index_closed_exception"}}"#, .other),
        (#""IndexClosed[]""#, .other), ("null", .none), ("[1]", .other), ("true", .other),
        ("{}", .other),
    ])
    func `errors are told apart by the outer type`(
        error: String, expected: BulkItem.ErrorKind
    ) throws {
        let reply = try parse(#"{"items":[{"create":{"status":400,"error":"# + error + "}}]}")
        #expect(reply.items[0].error == expected)
        #expect(reply.items[0].status == 400)
    }

    @Test(arguments: [
        ("", true), (" ", true), ("{", true), ("<html></html>", true), ("{}", false),
        ("[]", false), ("null", false), (#"{"items":{}}"#, false), (#"{"items":[1]}"#, false),
        (#"{"items":null}"#, false), (#"{"items":[],"items":[]}"#, false),
        (#"{"items":[{"create":{"status":201}}"#, true), (#"{"items":[]}{}"#, true),
        (#"{"took":1,"errors":false}"#, false),
    ])
    func `what is no bulk reply is an error`(text: String, isMalformed: Bool) {
        let error = #expect(throws: BulkReplyError.self) { try parse(text) }
        if case .malformed? = error { #expect(isMalformed) } else { #expect(!isMalformed) }
    }

    @Test func `more items than were sent are an error, fewer are only counted`() throws {
        let text = #"{"items":[{"create":{"status":201}},{"create":{"status":201}}]}"#
        #expect(try parse(text, limit: 3).items.count == 2)
        #expect(throws: BulkReplyError.tooManyItems) { try parse(text, limit: 1) }
    }

    @Test func `a refused request names its error`() throws {
        let error = #"{"root_cause":[{"type":"a"}],"type":"parse_exception","reason":"r"}"#
        let text = #"{"error":"# + error + #","status":400}"#
        var reply = BulkReply()
        let bytes = Array(text.utf8)
        #expect(throws: BulkReplyError.noItems) { try reply.parse(bytes.span, limit: 1) }
        #expect(reply.failure.map { words(text, $0.errorType) } == "parse_exception")
        try reply.parse(Array(#"{"items":[]}"#.utf8).span, limit: 1)
        #expect(reply.failure == nil)
    }

    @Test func `every cut of a reply is an error, and no mutation traps`() throws {
        var random = Seed.generator(73)
        let text = #"""
            {"took":1,"items":[{"create":{"status":201,"failure_store":"used"}},{"create":\#
            {"status":400,"error":{"type":"t\u0065","reason":"r"}}}],"error":{"type":"x"}}
            """#
        let whole = Array(text.utf8)
        var reply = BulkReply()
        for end in whole.indices {
            #expect(throws: BulkReplyError.self) {
                try reply.parse(Array(whole[..<end]).span, limit: 10)
            }
        }
        var readable = 0
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
                }
            }
            if (try? reply.parse(bytes.span, limit: 10)) != nil { readable += 1 }
            #expect(reply.items.count <= 10)
        }
        #expect(readable > 0)
    }

    private func parse(_ text: String, limit: Int = 10) throws -> BulkReply {
        var reply = BulkReply()
        try reply.parse(Array(text.utf8).span, limit: limit)
        return reply
    }

    private func words(_ text: String, _ range: Range<UInt32>) -> String {
        let bytes = Array(text.utf8)[Int(range.lowerBound)..<Int(range.upperBound)]
        return String(decoding: bytes, as: UTF8.self)
    }
}
