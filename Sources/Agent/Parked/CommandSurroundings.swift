// What a command beside the agent depends on, so that a test can answer instead.
import Bytes
import Elastic
import Platform

/// The disk, the time, the streams and the server, as a command sees them.
package struct CommandSurroundings {
    /// Holds the state, and files that the user named.
    package var disk: any FileSystem = LinuxFileSystem()
    /// Where the agent's log files are read from.
    package var logDisk: (Roots) -> any FileSystem = { ConfinedFileSystem($0) }
    package var wall: () -> WallTime = WallTime.now
    /// Waits so long.
    package var pause: (Duration) -> Void = { _ = Stop().wait(until: .now() + $0) }
    /// Takes what was asked for.
    package var output: DocumentSink
    /// Takes messages.
    package var errors: (String) -> Void
    /// Posts a body once and reads the reply into the buffer.
    package var post: (BulkRequest, Span<UInt8>, inout ByteBuffer) -> BulkOutcome
    /// Sends a request of the API once and reads the reply into the buffer.
    package var ask: (APIRequest, Span<UInt8>, inout ByteBuffer) -> BulkOutcome = { _, _, _ in
        .failed(BulkFailure(kind: .other, description: "no server", uploaded: 0))
    }

    package init(
        output: @escaping DocumentSink, errors: @escaping (String) -> Void,
        post: @escaping (BulkRequest, Span<UInt8>, inout ByteBuffer) -> BulkOutcome
    ) {
        self.output = output
        self.errors = errors
        self.post = post
    }

    /// A function of its own: a span of the body forbids changing anything beside it.
    func post(
        _ request: BulkRequest, of body: borrowing ByteBuffer, into reply: inout ByteBuffer
    ) -> BulkOutcome {
        post(request, body.bytes, &reply)
    }

    /// The same for a request of the API.
    func ask(
        _ request: APIRequest, of body: borrowing ByteBuffer, into reply: inout ByteBuffer
    ) -> BulkOutcome {
        ask(request, body.bytes, &reply)
    }
}
