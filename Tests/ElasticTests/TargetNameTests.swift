// The name of a target as it is read from a batch.
import Bytes
import Elastic
import TestKit
import Testing

/// The name that the second of two events has, whose action line is this.
private func name(_ action: String) -> String {
    var batch = Batch(number: 0, bytes: 256, lines: 2)
    for line in [#"{"create":{"_index":"first","_id":"1"}}"#, action] {
        let start = UInt32(batch.body.count)
        batch.body.append(text: line + "\n" + #"{"_index":"forged","pipeline":"forged"}"# + "\n")
        batch.events.append(BatchEvent(file: 0, target: 0, offset: 0, length: 1, start: start))
    }
    batch.close()
    return batch.targetName(of: 1)
}

@Suite("Target in a batch")
struct TargetNameTests {
    @Test(arguments: [
        (#"{"create":{"_index":"logs-a-b","_id":"1"}}"#, "logs-a-b"),
        (#"{"create":{"_index":"a","pipeline":"p","_id":"1"}}"#, "a, pipeline p"),
        (#"{"create":{"pipeline":"p","_id":"1","_index":"a"}}"#, "a, pipeline p"),
        (#"{"create":{"_index":"\u00e9","pipeline":"\"q\"\n","_id":"1"}}"#, "é, pipeline \"q\"\n"),
        (#"{"create":{"routing":{"_index":"x"},"_index":"a"}}"#, "a"),
        (#"{"create":{"_id":"1"}}"#, "unknown"), (#"{"create":{"_index":7}}"#, "unknown"),
        (#"{"create":{"_index":"a""#, "unknown"), ("", "unknown"), ("[]", "unknown"),
        (#"{"create":"_index"}"#, "unknown"),
    ])
    func `is what its action line says, and nothing else`(action: String, expected: String) {
        #expect(name(action) == expected)
    }

    @Test func `no bytes make it trap, and none of the source line are in it`() {
        var random = Seed.generator(4)
        let line = Array(#"{"create":{"_index":"a\u00e9","pipeline":"p\"","_id":"1"}}"#.utf8)
        for _ in 0..<5000 {
            var bytes = line
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(
                    in: 1...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            #expect(!name(String(decoding: bytes, as: UTF8.self)).contains("forged"))
        }
    }
}
