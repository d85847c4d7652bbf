// The way of parked lines to the server: the product's own transport.
import Bytes
import Elastic
import Platform

/// One connection, made when it is first needed. Used by one thread.
package final class Poster {
    private let settings: Configuration.Elasticsearch
    private var transport: CurlTransport?
    /// For requests of the API, whose bodies are of another type.
    private var other: CurlTransport?
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
        if transport == nil, refusal == nil { transport = connection() }
        guard var transport = self.transport.take() else {
            return .failed(refusal ?? Poster.none)
        }
        let outcome = transport.perform(request, body: body, reply: &reply)
        self.transport = consume transport
        return outcome
    }

    package func ask(
        _ request: APIRequest, _ body: Span<UInt8>, _ reply: inout ByteBuffer
    ) -> BulkOutcome {
        if other == nil, refusal == nil {
            other = connection { $0.contentType = "application/json" }
        }
        guard var transport = other.take() else { return .failed(refusal ?? Poster.none) }
        let outcome = transport.perform(request, body: body, reply: &reply)
        other = consume transport
        return outcome
    }

    private static let none = BulkFailure(kind: .other, description: "no server", uploaded: 0)

    private func connection(
        _ change: (inout TransportSettings) -> Void = { _ in }
    ) -> CurlTransport? {
        // Writing to a server that hung up is an error code, not the end.
        Signals.ignoreBrokenPipes()
        if settings.hasSecrets { CoreFiles.forbid() }
        do throws(SignInError) {
            var reached = try TransportSettings(settings)
            change(&reached)
            return CurlTransport(settings: reached, abort: AbortSignal())
        } catch {
            refusal = BulkFailure(kind: .other, description: error.description, uploaded: 0)
            return nil
        }
    }
}
