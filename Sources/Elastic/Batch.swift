// A batch: bulk lines on their way to the server, and what became of each.
import Bytes

/// What became of one event of a batch, as the shipper knows it.
package enum Fate: UInt8, Sendable, CaseIterable {
    /// No final answer yet: must be sent (again).
    case pending
    /// 201: the document is in its target.
    case stored
    /// 200 on `create`: the server's own pipeline dropped the document.
    case dropped
    /// 201 with `failure_store: used`: the document is in the target's failure store.
    case diverted
    /// 409: a document with this id, so with these bytes, was stored before.
    case duplicate
    /// Not final: the shipper keeps a copy and sends it again, while the batch goes home.
    case straggling
    /// The server can never take it, with evidence: to be parked. Final once it is.
    case rejected

    /// Whether the server has the last word on the event, and nothing is left to do.
    package var isSettled: Bool {
        switch self {
        case .stored, .dropped, .diverted, .duplicate: true
        case .pending, .straggling, .rejected: false
        }
    }
}

/// The index entry of one event: where it came from and where its two lines stand in the body.
package struct BatchEvent: Sendable {
    /// The pump's number of the file the event came from.
    package var file: UInt32
    /// The number of the target (index or data stream, and pipeline) the event goes to.
    package var target: UInt16
    /// The first byte of the event in its file.
    package var offset: UInt64
    /// Bytes of the event in its file, newline and all.
    package var length: UInt64
    /// The first byte of the event's action line in the body; its source line ends where the next
    /// event begins.
    package var start: UInt32

    package init(file: UInt32, target: UInt16, offset: UInt64, length: UInt64, start: UInt32) {
        self.file = file
        self.target = target
        self.offset = offset
        self.length = length
        self.start = start
    }
}

/// One of the fixed set of batches that circulate between the pump, which fills them, and the
/// shippers, which empty them. Owned by one thread at a time; the returned batch is the
/// acknowledgement.
package struct Batch: ~Copyable, Sendable {
    /// Which of the fixed set this is: 0 up to their number.
    package let number: Int
    /// Bulk lines: for each event an action line and a source line, each ending in a newline.
    package var body: ByteBuffer
    /// The events, in the order of the body.
    package var events: [BatchEvent] = []
    /// What became of each event; as many as events once the pump has cut the batch.
    package var fates: [Fate] = []

    package init(number: Int, bytes: Int, lines: Int) {
        self.number = number
        body = ByteBuffer(capacity: bytes)
        events.reserveCapacity(lines)
        fates.reserveCapacity(lines)
    }

    /// The place of one event's two lines in the body.
    package func range(of event: Int) -> Range<Int> {
        let next = event + 1 < events.count ? Int(events[event + 1].start) : body.count
        return Int(events[event].start)..<next
    }

    /// Marks the batch as cut: every event is pending.
    package mutating func close() {
        fates.removeAll(keepingCapacity: true)
        fates.append(contentsOf: repeatElement(.pending, count: events.count))
    }

    /// Takes away the events from this one on.
    mutating func truncate(to count: Int) {
        guard count < events.count else { return }
        body.truncate(to: Int(events[count].start))
        events.removeSubrange(count...)
        fates.removeSubrange(count...)
    }

    /// Empties the batch and gives memory beyond `bytes` back.
    package mutating func clear(keeping bytes: Int) {
        body.clear(keeping: bytes)
        events.removeAll(keepingCapacity: true)
        fates.removeAll(keepingCapacity: true)
    }
}
