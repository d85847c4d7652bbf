// The way of parked lines to the server: the product's own transport.
import Bytes
import Elastic
import Platform

/// One connection, made when it is first needed. Used by one thread.
package final class Poster {
    private let settings: Configuration.Elasticsearch
    private var transport: CurlTransport?
    /// Why no server can be asked.
    private var refusal: BulkFailure?

    package init(_ configuration: Configuration) {
        settings =
            if case .elasticsearch(let output) = configuration.output { output } else {
                Configuration.Elasticsearch()
            }
    }

    package func post(
        _ request: BulkRequest, _ body: Span<UInt8>, _ reply: inout ByteBuffer
    ) -> BulkOutcome {
        if transport == nil, refusal == nil { connect() }
        guard var transport = self.transport.take() else {
            return .failed(
                refusal ?? BulkFailure(kind: .other, description: "no server", uploaded: 0))
        }
        let outcome = transport.perform(request, body: body, reply: &reply)
        self.transport = consume transport
        return outcome
    }

    private func connect() {
        // Writing to a server that hung up is an error code, not the end.
        Signals.ignoreBrokenPipes()
        if settings.hasSecrets { CoreFiles.forbid() }
        do throws(SignInError) {
            transport = CurlTransport(
                settings: try TransportSettings(settings), abort: AbortSignal())
        } catch {
            refusal = BulkFailure(kind: .other, description: error.description, uploaded: 0)
        }
    }
}
