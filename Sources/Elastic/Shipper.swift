// The way of one batch to its final fates, as a state machine without clock, thread or socket.
import Bytes
import Platform

/// What a shipper is told once.
package struct ShipperSettings: Sendable {
    /// How many hosts there are; requests name them by number.
    package var hosts = 1
    /// The host of the first request: different shippers begin with different ones.
    package var firstHost = 0
    package var encoding = BodyEncoding.gzip
    package var path = BulkRequest.path
    /// Whether the server's reasons are noticed, too. For a log at level debug only.
    package var reasons = false

    package init() {}
}

/// What a shipper has done so far.
package struct ShipperCounters: Hashable, Sendable {
    package var requests: UInt64 = 0
    /// Bytes of bulk lines posted, and what they were encoded to.
    package var rawBytes: UInt64 = 0
    package var encodedBytes: UInt64 = 0
    /// Events by fate.
    package var stored: UInt64 = 0
    package var dropped: UInt64 = 0
    package var diverted: UInt64 = 0
    package var duplicate: UInt64 = 0
    package var parked: UInt64 = 0
    /// Answers and failures after which events had to be sent again, counted in events.
    package var resent: UInt64 = 0
    /// Of those, rejections for which the line itself is at fault.
    package var parkable: UInt64 = 0

    package init() {}
}

/// Takes one batch at a time and settles the fate of each of its events. Drive it so, on one
/// thread:
///
///     shipper.take(batch)
///     loop: switch shipper.next(now: .now()) {
///     case .post(let request):
///         let outcome = transport.perform(request, body: shipper.requestBody, reply: &reply)
///         shipper.finish(outcome, body: reply.bytes, now: .now(), wall: .now())
///     case .wait(let until): sleep until then
///     case .done: shipper.release(), back to the pump
///     }
///
/// Between `next` and `finish` nothing else may be called but `requestBody` and `abandon`. Notices
/// gather until they are drained. Owned by one thread.
package struct Shipper: ~Copyable, Sendable {
    package enum Step: Hashable, Sendable {
        case post(BulkRequest)
        case wait(until: Instant)
        case done
    }

    /// Events that are sent together, and how that went before.
    struct Part: Sendable {
        var events: Range<Int>
        var history = AttemptHistory()
    }

    /// An event that was refused whole when it was sent alone.
    struct LoneEvent: Sendable {
        var first: Instant
        var lastRequest: Int
        var serverErrors = 0
        var targetAccepted = false
    }

    enum BodySource: Sendable { case batch(Range<Int>), scratch, encoded }

    let settings: ShipperSettings
    var random: JitterSource
    var deflater = Deflater()
    package internal(set) var counters = ShipperCounters()
    var notices: [ShipperNotice] = []

    /// The batch in hand; an empty one between `release` and `take`.
    var batch = Batch(number: -1, bytes: 0, lines: 0)
    var isLoaded = false
    var isAbandoned = false
    /// What this round has still to send; then a new round begins with all that is pending.
    var parts: [Part] = []
    var lone: [Int: LoneEvent] = [:]
    /// No request before.
    var notBefore = Instant(nanoseconds: .min)
    /// No new round before.
    var nextRound = Instant(nanoseconds: .min)

    /// The part in flight, and its events in the order sent.
    var current: Part?
    var sent: [Int32] = []
    var request: BulkRequest?
    var source = BodySource.scratch
    var scratch = ByteBuffer(capacity: 0)
    var encoded = ByteBuffer(capacity: 0)

    var host: Int
    /// Attempts in a row that brought little or nothing: drives the back-off.
    var failures = 0
    /// Whole requests in a row that were not accepted.
    var unaccepted = 0
    /// Larger bodies were refused lately.
    var ceiling = Int.max
    var acceptedBelowCeiling = 0
    /// For each target the number of the last request in which it accepted a line.
    var lastAccepted: [Int] = []
    var reply = BulkReply()

    package init(settings: ShipperSettings, seed: UInt64) {
        precondition(settings.hosts > 0)
        self.settings = settings
        random = JitterSource(seed: seed)
        host = settings.firstHost % settings.hosts
    }

    /// Whether a batch is in hand.
    package var isBusy: Bool { isLoaded }

    /// Takes a batch that the pump has cut. The one before must have been released.
    package mutating func take(_ taken: consuming Batch) {
        precondition(!isLoaded && taken.fates.count == taken.events.count)
        batch = taken
        isLoaded = true
        isAbandoned = false
        lone.removeAll()
        nextRound = Instant(nanoseconds: .min)
    }

    /// What to do now. After `.post`, `finish` must follow.
    package mutating func next(now: Instant) -> Step {
        precondition(request == nil, "the request in flight is not finished")
        guard isLoaded, !isAbandoned else { return .done }
        while true {
            if parts.isEmpty {
                cutParts()
                if parts.isEmpty { return .done }
                if now < nextRound {
                    parts.removeAll()
                    return .wait(until: max(nextRound, notBefore))
                }
            }
            if now < notBefore { return .wait(until: notBefore) }
            let part = parts.removeFirst()
            if let request = prepare(part) { return .post(request) }
        }
    }

    /// The body of the request that `next` returned last.
    package var requestBody: Span<UInt8> {
        @_lifetime(borrow self) get {
            switch source {
            case .batch(let range): batch.body.bytes(range)
            case .scratch: scratch.bytes
            case .encoded: encoded.bytes
            }
        }
    }

    /// Makes `next` say `.done` although events may be pending: for shutdown.
    package mutating func abandon() { isAbandoned = true }

    /// Gives the batch back: every fate is final, unless it was abandoned.
    package mutating func release() -> Batch {
        precondition(isLoaded && request == nil)
        var released = Batch(number: -1, bytes: 0, lines: 0)
        swap(&released, &batch)
        isLoaded = false
        parts.removeAll(keepingCapacity: true)
        scratch.clear(keeping: 0)
        return released
    }

    /// Notices since the last call.
    package mutating func drainNotices() -> [ShipperNotice] {
        if notices.isEmpty { return [] }
        defer { notices.removeAll() }
        return notices
    }
}
