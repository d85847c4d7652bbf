// A server's bulk reply: items within their limit, messages within the reply.
import Bytes
import Elastic

extension FuzzTarget {
    static let reply = FuzzTarget(name: "reply") { input in
        var reply = BulkReply()
        for limit in [0, 3, 1000] {
            do throws(BulkReplyError) {
                try reply.parse(input, limit: limit)
            } catch {
                continue
            }
            precondition(reply.items.count <= limit)
            for item in reply.items + (reply.failure.map { [$0] } ?? []) {
                precondition(item.errorType.upperBound <= UInt32(input.count))
                precondition(item.errorReason.upperBound <= UInt32(input.count))
                check(item.index, in: input)
                check(item.id, in: input)
            }
        }
    }
}

/// A name lies inside the reply, between its quotes.
private func check(_ name: Range<UInt32>, in input: Span<UInt8>) {
    if name == 0..<0 { return }
    precondition(name.upperBound < UInt32(input.count))
    precondition(input[Int(name.lowerBound) - 1] == UInt8(ascii: "\""))
    precondition(input[Int(name.upperBound)] == UInt8(ascii: "\""))
}
