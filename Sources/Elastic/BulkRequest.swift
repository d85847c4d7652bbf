// A `_bulk` request and what came of posting it: the seam between the shipper and a transport.
import Synchronization

/// How a request's body is encoded.
package enum BodyEncoding: String, Sendable, CaseIterable { case plain, gzip }

/// What to post. The body itself is borrowed from the shipper (`Shipper.requestBody`).
package struct BulkRequest: Hashable, Sendable {
    /// Which of the configured hosts.
    package let host: Int
    /// Path and query, from the slash on.
    package let path: String
    package let encoding: BodyEncoding
    /// Bytes of the bulk lines before encoding.
    package let rawBytes: Int
    /// How many events the body holds.
    package let events: Int
    /// Counts the requests of all shippers, from 1.
    package let number: Int
    /// Another one makes it a request of the API (`APIRequest`).
    var method = APIRequest.Method.post

    package init(
        host: Int, path: String, encoding: BodyEncoding, rawBytes: Int, events: Int, number: Int
    ) {
        self.host = host
        self.path = path
        self.encoding = encoding
        self.rawBytes = rawBytes
        self.events = events
        self.number = number
    }

    /// `_bulk`, with replies cut down to what verdicts need. `status` stands in every item, so that
    /// positions survive. Errors of a whole request are not filtered by the servers (measured).
    package static let path = path()

    /// As `path`, with more asked for.
    ///
    /// - Parameters:
    ///   - requiringDataStream: refuse what would make an index where a data stream is meant.
    ///     Elasticsearch 8.17 knows the parameter; Elasticsearch 7.17 and OpenSearch answer 400 to
    ///     the whole request (measured).
    ///   - namingIndex: replies name the index of each item: for events that are sent again after
    ///     an unknown outcome (`BackingIndex`).
    ///   - namingID: replies name the id of each item: for a connection's first reply
    ///     (`ActionLine`).
    package static func path(
        requiringDataStream: Bool = false, namingIndex: Bool = false, namingID: Bool = false
    ) -> String {
        "/_bulk?" + (requiringDataStream ? "require_data_stream=true&" : "")
            + "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,"
            + "items.*.failure_store" + (namingIndex ? ",items.*._index" : "")
            + (namingID ? ",items.*._id" : "")
    }
}

/// What came of one attempt. The body of a reply lies in the buffer that was given to the
/// transport.
package enum BulkOutcome: Hashable, Sendable {
    /// A reply that was read to its end, with the text of its Retry-After header.
    case reply(status: Int, retryAfter: String?)
    /// No reply, or not all of it. Whether the server acted on the request is not known.
    case failed(BulkFailure)
}

/// Why there is no reply.
package struct BulkFailure: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Nobody listens there, or the way is closed.
        case connect
        /// The host's name has no address.
        case dns
        /// The handshake failed; nothing of the request was sent.
        case tls
        case timeout
        /// The connection broke before the body was sent.
        case uploadReset = "upload_reset"
        /// The connection broke when the whole body had left.
        case replyReset = "reply_reset"
        /// A kept-alive connection was found dead when it was used again.
        case stale
        /// The reply ended before its announced length.
        case truncated
        /// The reply is larger than is ever read.
        case tooLarge = "reply_too_large"
        /// The agent itself broke off.
        case aborted
        case other
    }

    package let kind: Kind
    /// For people; holds no secret and nothing of the body.
    package let description: String
    /// Bytes of the encoded body that were handed to the kernel.
    package let uploaded: Int

    package init(kind: Kind, description: String, uploaded: Int) {
        self.kind = kind
        self.description = description
        self.uploaded = uploaded
    }
}

/// A flag that makes requests in flight end soon. Any thread may raise it.
package final class AbortSignal: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package var isRaised: Bool { flag.load(ordering: .relaxed) }
    package func raise() { flag.store(true, ordering: .relaxed) }
    package func lower() { flag.store(false, ordering: .relaxed) }
}
