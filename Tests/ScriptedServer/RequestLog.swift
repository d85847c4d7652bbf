// What was asked of the server, request by request.

/// One operation of a request, as it was sent and as it was answered.
package struct LoggedItem: Sendable {
    package var operation: String
    package var index: String
    package var id: String?
    /// The pipeline it is to go through, by its action or by the request.
    package var pipeline: String?
    package var line: LineKey?
    /// Bytes of the source line.
    package var sourceBytes: Int
    /// The status the server decided on; nil where it did not come to that.
    package var status: Int?
}

/// One request.
package struct LoggedRequest: Sendable {
    /// 0, 1, …, in the order the requests were complete.
    package var number: Int
    /// When it was complete, since the server began.
    package var time: Duration
    /// Which connection it came by, and how many requests that one had carried before.
    package var connection: Int
    package var earlierOnConnection: Int
    package var method: String
    package var target: String
    /// Names in lower case.
    package var headers: [Header]
    /// Bytes of the body as sent (as announced, where not all was read), and once it was unpacked.
    package var wireBytes: Int
    package var bodyBytes: Int
    package var items: [LoggedItem] = []
    /// The status of the reply; nil where the connection ended without.
    package var status: Int?
    /// The sender could read the whole reply, and it spoke of every operation as it was done.
    package var isWhole = false
    /// What no right sender would send: a body that is not gzip, an unknown parameter, a malformed
    /// line.
    package var fault: String?

    /// The first header of that name, which is given in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

extension Sequence<LoggedRequest> {
    /// Ids that came again although the sender had been told that they need not.
    package var idsSentAfterAcknowledgement: [String] {
        var acknowledged: Set<String> = []
        var again: [String] = []
        for request in self {
            for item in request.items {
                guard let id = item.id else { continue }
                if acknowledged.contains(id) { again.append(id) }
                if request.isWhole, request.status == 200, let status = item.status,
                    [200, 201, 409].contains(status)
                {
                    acknowledged.insert(id)
                }
            }
        }
        return again
    }
}
