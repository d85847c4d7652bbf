// Requests other than `_bulk`, by the same connection, settings and limits.
import Bytes

extension CurlTransport {
    /// Sends a request once, as `perform` does. The settings' content type should be JSON's.
    package mutating func perform(
        _ request: APIRequest, body: Span<UInt8>, reply: inout ByteBuffer
    ) -> BulkOutcome {
        var bulk = BulkRequest(
            host: request.host, path: request.path, encoding: .plain, rawBytes: body.count,
            events: 0, number: 0)
        bulk.method = request.method
        return perform(bulk, body: body, reply: &reply)
    }
}
