// Replies that name index and id of each item, as both real servers write them.
import Bytes
import Elastic
import Testing

@Suite("Bulk reply, with names")
struct BulkReplyNamesTests {
    struct Named: Equatable, Sendable, CustomStringConvertible {
        var status: UInt16
        var index: String
        var id: String
        var description: String { "\(status) \(index) \(id)" }
    }

    static let a = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    /// Measured with `BulkRequest.pathNamingBoth`; reasons are cut short.
    static let measured: [(text: String, backing: String)] = [
        // OpenSearch 2.19.3.
        (
            #"""
            {"errors":true,"items":[{"create":{"_index":".ds-logs-h-default-000002",\#
            "_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_1","status":201}},{"create":\#
            {"_index":".ds-logs-h-default-000002","_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-2",\#
            "status":400,"error":{"type":"mapper_parsing_exception","reason":"failed"}}},\#
            {"create":{"_index":"plain","_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA03","status":409,\#
            "error":{"type":"version_conflict_engine_exception","reason":"[A]: version"}}},\#
            {"create":{"_index":"bad NAME","_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA04",\#
            "status":400,"error":{"type":"invalid_index_name_exception","reason":"Invalid"}}}]}
            """#,
            ".ds-logs-h-default-000002"
        ),
        // Elasticsearch 8.17.3.
        (
            #"""
            {"errors":true,"items":[{"create":{"_index":".ds-logs-h-default-2026.11.21-000002",\#
            "_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_1","status":201}},{"create":\#
            {"_index":".ds-logs-h-default-2026.11.21-000002",\#
            "_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-2","status":400,"error":\#
            {"type":"document_parsing_exception","reason":"[1:42] failed"}}},\#
            {"create":{"_index":"plain","_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA03","status":409,\#
            "error":{"type":"version_conflict_engine_exception","reason":"[A]: version"}}},\#
            {"create":{"_index":"bad NAME","_id":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA04",\#
            "status":400,"error":{"type":"invalid_index_name_exception","reason":"Invalid"}}}]}
            """#,
            ".ds-logs-h-default-2026.11.21-000002"
        ),
    ]

    @Test(arguments: measured)
    func `both servers name the backing index and the id that was sent`(
        text: String, backing: String
    ) throws {
        let a = BulkReplyNamesTests.a
        let expected = [
            Named(status: 201, index: backing, id: a + "_1"),
            Named(status: 400, index: backing, id: a + "-2"),
            Named(status: 409, index: "plain", id: a + "03"),
            Named(status: 400, index: "bad NAME", id: a + "04"),
        ]
        #expect(try named(text) == expected)
    }

    static let operations: [(operation: String, expected: Named)] = [
        // OpenSearch 2.19.3: a pipeline that drops, one that sets `_id`, one that sets `_index`.
        (#""_index":"plain","_id":"A","status":200"#, .init(status: 200, index: "plain", id: "A")),
        (
            #""_index":"plain","_id":"server-chosen","status":201"#,
            .init(status: 201, index: "plain", id: "server-chosen")
        ),
        (
            #""_index":"elsewhere","_id":"A","status":201"#,
            .init(status: 201, index: "elsewhere", id: "A")
        ),
        // What was asked for, alone.
        (#""_index":"plain","status":201"#, .init(status: 201, index: "plain", id: "")),
        (#""_id":"A","status":201"#, .init(status: 201, index: "", id: "A")),
        (#""status":201"#, .init(status: 201, index: "", id: "")),
        // As the server answers to an id with a quote, a letter beyond ASCII and a control byte.
        (
            #""_index":"plain","_id":"ab\"\n\u00e9","status":201"#,
            .init(status: 201, index: "plain", id: #"ab\"\n\u00e9"#)
        ),
        (#""_id":"é","status":201"#, .init(status: 201, index: "", id: "é")),
        // As no server answers.
        (#""status":201,"_id":"A","_index":"i""#, .init(status: 201, index: "i", id: "A")),
        (#""_id":1,"_index":null,"status":201"#, .init(status: 201, index: "", id: "")),
        (#""_id":["A"],"_index":{"a":"b"},"status":201"#, .init(status: 201, index: "", id: "")),
        (#""_id":"","_index":"","status":201"#, .init(status: 201, index: "", id: "")),
        (#""_index":"","_id":"","status":201"#, .init(status: 201, index: "", id: "")),
        (#""_id":"A","_id":"B","status":201"#, .init(status: 201, index: "", id: "B")),
    ]

    @Test(arguments: operations)
    func `a name is read however the item is written`(
        operation: String, expected: Named
    ) throws {
        let item = #"{"create":{"# + operation + "}}"
        let spaced = #"{ "create" : {"# + operation + "} }"
        #expect(try named(#"{"items":["# + item + "]}") == [expected])
        #expect(try named(#"{"items":["# + spaced + "]}") == [expected])
        let between = [item, #"{"create":{"status":201}}"#, item, item, spaced, item]
        let texts = try named(#"{"items":["# + between.joined(separator: ",") + "]}")
        #expect(texts.count == 6)
        #expect(texts.enumerated().allSatisfy { $0 == 1 || $1 == expected })
    }

    @Test(arguments: [
        #"{"create":{"_id":"A","status":201}"#, #"{"create":{"_id":"A"#,
        "{\"create\":{\"_id\":\"\u{1}\",\"status\":201}}",
        #"{"create":{"_id":"\x","status":201}}"#, #"{"create":{"_id":"A","status":201}},"#,
        #"{"create":{"_id":"A","status":201}}{"create":{"_id":"A","status":201}}"#,
        #"{"create":{"_index":"i"_id":"A","status":201}}"#,
    ])
    func `what is no JSON stays none with names`(items: String) {
        #expect(throws: BulkReplyError.self) { try named(#"{"items":["# + items + "]}") }
    }

    @Test func `every cut of a reply with names is an error`() throws {
        for (text, _) in BulkReplyNamesTests.measured {
            let whole = Array(text.utf8)
            var reply = BulkReply()
            for end in whole.indices {
                #expect(throws: BulkReplyError.self) {
                    try reply.parse(Array(whole[..<end]).span, limit: 10)
                }
            }
        }
    }

    @Test func `items with names count against the limit`() throws {
        let item = #"{"create":{"_id":"A","status":201}}"#
        let text = Array((#"{"items":["# + item + "," + item + "]}").utf8)
        var reply = BulkReply()
        #expect(throws: BulkReplyError.tooManyItems) { try reply.parse(text.span, limit: 1) }
        try reply.parse(text.span, limit: 2)
        #expect(reply.items.count == 2)
    }

    @Test func `the path asks for what is wanted and nothing else`() {
        #expect(BulkRequest.path(namingIndex: false, namingID: false) == BulkRequest.path)
        #expect(!BulkRequest.path.contains("_i"))
        for (index, id) in [(true, false), (false, true), (true, true)] {
            let path = BulkRequest.path(namingIndex: index, namingID: id)
            #expect(path.hasPrefix(BulkRequest.path + ","))
            #expect(path.contains(",items.*._index") == index)
            #expect(path.contains(",items.*._id") == id)
            let required = BulkRequest.path(
                requiringDataStream: true, namingIndex: index, namingID: id)
            let (route, query) = ("/_bulk?", path.dropFirst("/_bulk?".count))
            #expect(required == route + "require_data_stream=true&" + query)
        }
    }

    private func named(_ text: String) throws -> [Named] {
        var reply = BulkReply()
        let bytes = Array(text.utf8)
        try reply.parse(bytes.span, limit: 10)
        func words(_ range: Range<UInt32>) -> String {
            let slice = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            return String(decoding: slice, as: UTF8.self)
        }
        return reply.items.map {
            Named(status: $0.status, index: words($0.index), id: words($0.id))
        }
    }
}
