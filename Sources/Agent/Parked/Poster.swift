// The way of parked lines to the server: the product's own transport.
import Bytes
import Elastic
import Platform

/// One connection, made when it is first needed. Used by one thread.
package final class Poster {
    private let settings: Configuration.Elasticsearch
    private var transport: CurlTransport?

    package init(_ configuration: Configuration) {
        settings =
            if case .elasticsearch(let output) = configuration.output { output } else {
                Configuration.Elasticsearch()
            }
    }

    package func post(
        _ request: BulkRequest, _ body: Span<UInt8>, _ reply: inout ByteBuffer
    ) -> BulkOutcome {
        var transport =
            self.transport.take()
            ?? CurlTransport(settings: TransportSettings(settings), abort: AbortSignal())
        let outcome = transport.perform(request, body: body, reply: &reply)
        self.transport = consume transport
        return outcome
    }
}
