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
            }
        }
    }
}
