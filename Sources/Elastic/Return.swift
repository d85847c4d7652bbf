// What a shipper gives back to the pump: the acknowledgement.

/// A straggler that is final now.
package struct SettledEvent: Hashable, Sendable {
    /// As in the batch's index.
    package var file: UInt32
    package var offset: UInt64
    package var length: UInt64
    package var fate: Fate

    package init(file: UInt32, offset: UInt64, length: UInt64, fate: Fate) {
        self.file = file
        self.offset = offset
        self.length = length
        self.fate = fate
    }
}

/// An event that the server refuses while it takes others for the same target.
package struct RejectedEvent: Hashable, Sendable {
    /// As in the batch's index.
    package var file: UInt32
    package var offset: UInt64
    package var length: UInt64
    /// HTTP status of the item or, of an event that was sent alone, of the request.
    package var status: Int
    /// The server's error type and reason.
    package var type: String
    package var reason: String
    /// The action line and the source line as they were posted.
    package var posted: [UInt8]

    package init(
        _ event: BatchEvent, status: Int, type: String, reason: String, posted: [UInt8]
    ) {
        file = event.file
        offset = event.offset
        length = event.length
        self.status = status
        self.type = type
        self.reason = reason
        self.posted = posted
    }
}

/// A batch that comes home, stragglers of earlier ones that have their fate, or both.
package struct Return: ~Copyable, Sendable {
    /// The shipper it comes from.
    package let shipper: Int
    package var batch: Batch?
    package var settled: [SettledEvent] = []
    /// To be parked; those of the batch have the fate `rejected` there, too.
    package var rejected: [RejectedEvent] = []
    /// Targets of which this shipper holds so many stragglers that no more should come.
    package var crowded: [UInt16] = []

    package init(shipper: Int, batch: consuming Batch?) {
        self.shipper = shipper
        self.batch = consume batch
    }

    /// The same with a batch.
    init(shipper: Int, batch: consuming Batch, of other: consuming Return) {
        self.init(shipper: shipper, batch: batch)
        settled = other.settled
        rejected = other.rejected
        crowded = other.crowded
    }
}
