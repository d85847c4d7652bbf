// Possible duplicates across a rollover, and ids that are not ours.
import Bytes
import Elastic
import Foundation
import Testing

@Suite("Backing index")
struct BackingIndexTests {
    private var indices = BackingIndex()

    @Test mutating func `the first sight of a target proves nothing`() {
        #expect(!judge(0, ".ds-a-000001", request: 2, since: 1))
        #expect(!judge(1, ".ds-b-000001", request: 3, since: 1))
    }

    @Test mutating func `stored in the index seen before: no duplicate`() {
        #expect(!judge(0, ".ds-a-000001", request: 1))
        #expect(!judge(0, ".ds-a-000001", request: 3, since: 2))
    }

    @Test mutating func `stored in another index: all of the resend may be duplicates`() {
        #expect(!judge(0, ".ds-a-000001", request: 1))
        #expect(judge(0, ".ds-a-000002", request: 3, since: 2))
        #expect(judge(0, ".ds-a-000002", request: 3, since: 2))
        #expect(!judge(0, ".ds-a-000002", request: 3))
        #expect(!judge(0, ".ds-a-000002", request: 5, since: 4))
    }

    @Test mutating func `what is new is no duplicate, and hides none`() {
        #expect(!judge(0, ".ds-a-000001", request: 1))
        // 2 has an unknown outcome; other events cross the rollover first.
        #expect(!judge(0, ".ds-a-000002", request: 3))
        #expect(judge(0, ".ds-a-000002", request: 4, since: 2))
        // 3 was answered from the new index, so what was sent after it went there, too.
        #expect(!judge(0, ".ds-a-000002", request: 6, since: 5))
    }

    @Test mutating func `the attempt that counts is the first of unknown outcome`() {
        #expect(!judge(0, ".ds-a-000001", request: 1))
        #expect(!judge(0, ".ds-a-000002", request: 4))
        #expect(judge(0, ".ds-a-000003", request: 7, since: 2))
        #expect(!judge(0, ".ds-a-000003", request: 9, since: 8))
    }

    @Test mutating func `an index of its own name is never a duplicate`() {
        for request in 1...20 {
            #expect(!judge(0, "access-2026.11.21", request: request, since: request - 1))
            #expect(!judge(1, "access-2026.11.22", request: request, since: request - 1))
        }
    }

    @Test mutating func `targets are told apart`() {
        #expect(!judge(3, ".ds-a-000001", request: 1))
        #expect(!judge(0, ".ds-b-000007", request: 1))
        #expect(judge(3, ".ds-a-000002", request: 3, since: 2))
        #expect(!judge(0, ".ds-b-000007", request: 3, since: 2))
    }

    @Test mutating func `nothing is said of targets without a number`() {
        #expect(!judge(TargetTable.tooMany, "a", request: 1))
        #expect(!judge(TargetTable.tooMany, "b", request: 3, since: 2))
    }

    private mutating func judge(
        _ target: UInt16, _ index: String, request: Int, since: Int? = nil
    ) -> Bool {
        indices.judge(
            target: target, index: xxh3(Array(index.utf8).span), request: request,
            unknownSince: since)
    }
}

@Suite("Action line")
struct ActionLineTests {
    private static let id = "AZ_q-0123456789abcdefghijklmnopq"

    private static let ours: [String] = [
        #"{"create":{"_index":"logs-x-default","_id":"ID"}}"#,
        #"{"create":{"_index":"i","pipeline":"p","_id":"ID"}}"#,
        #"{"create":{"_id":"ID"}}"#,
        // A name that looks like the end of an action line.
        #"{"create":{"_index":"a\"}}","_id":"ID"}}"#,
    ]

    @Test(arguments: ours)
    func `the id is found in the first line`(line: String) throws {
        let source = #"{"_id":"00000000000000000000000000000000"}}"#
        let lines = Array((withID(line) + "\n" + source + "\n").utf8)
        let found = ActionLine.id(in: lines.span)
        let place = try #require(found)
        #expect(String(decoding: lines[place], as: UTF8.self) == ActionLineTests.id)
        #expect(place.count == ActionLine.idLength)
    }

    private static let others: [String] = [
        "", "\n", "\"}}\n", "ID\"}}\n", "_id\":\"ID\"}}\n", #"{"create":{"_id":"ID"}}"#,
        #"{"create":{"_id":"short"}}"# + "\n", #"{"create":{"_id":"ID","a":1}}"# + "\n",
        #"{"create":{"_index":"ID"}}"# + "\n", #"{"create":{"_id":"ID+"}}"# + "\n",
        "{}\n" + #"{"create":{"_id":"ID"}}"# + "\n",
    ]

    @Test(arguments: others)
    func `what is no action line of ours has no id`(lines: String) {
        let bytes = Array(withID(lines).utf8)
        let found = ActionLine.id(in: bytes.span)
        #expect(found == nil)
    }

    private static let answers: [(id: String, isForeign: Bool)] = [
        (id, false), ("", false), ("server-chosen", true), (String(id.dropLast()), true),
        (id + "A", true), (String(id.dropLast()) + "r", true), ("a" + String(id.dropFirst()), true),
    ]

    @Test(arguments: answers)
    func `another id than the one sent is foreign`(answer: String, isForeign: Bool) throws {
        let lines = Array(withID(ActionLineTests.ours[0] + "\n{}\n").utf8)
        let body = Array((#"{"items":[{"create":{"_id":""# + answer + #"","status":201}}]}"#).utf8)
        var reply = BulkReply()
        try reply.parse(body.span, limit: 1)
        let isNamed = reply.items[0].namesForeignID(body.span, sent: lines.span)
        #expect(isNamed == isForeign)
    }

    @Test func `a reply without ids names none`() throws {
        let body = Array(#"{"items":[{"create":{"status":201}}]}"#.utf8)
        var reply = BulkReply()
        try reply.parse(body.span, limit: 1)
        let isNamed = reply.items[0].namesForeignID(body.span, sent: Array("x".utf8).span)
        #expect(!isNamed)
    }

    private func withID(_ text: String) -> String {
        text.replacingOccurrences(of: "ID", with: ActionLineTests.id)
    }
}
