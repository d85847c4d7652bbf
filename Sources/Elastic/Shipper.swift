// The way of one batch to its final fates, as a state machine without clock, thread or socket.
import Bytes
import Platform

/// What a shipper is told once.
package struct ShipperSettings: Sendable {
    package var encoding = BodyEncoding.gzip
    /// Requests ask the server to refuse what would make an index.
    package var requiresDataStream = false
    /// Whether the server's reasons are noticed, too. For a log at level debug only.
    package var reasons = false
    /// Which of the agent's shippers this is, from 0.
    package var number = 0
    /// Bytes of bulk lines that may wait as stragglers.
    package var stragglerBytes = 1 << 20

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
    /// Events given back to be parked.
    package var rejected: UInt64 = 0
    /// Events that may be stored twice, because their target rolled over in between.
    package var possiblyDuplicate: UInt64 = 0
    /// Answers and failures after which events had to be sent again, counted in events.
    package var resent: UInt64 = 0

    package init() {}
}

/// Takes one batch at a time and sends its events until each is settled, rejected, or one of few
/// that are left: those it keeps as stragglers, and the batch goes home. Drive it so, on one
/// thread:
///
///     shipper.take(batch, now: .now()), or when stragglers are due shipper.takeStragglers
///     loop: switch shipper.next(now: .now()) {
///     case .post(let request):
///         let outcome = transport.perform(request, body: shipper.requestBody, reply: &reply)
///         shipper.finish(outcome, body: reply.bytes, now: .now(), wall: .now())
///     case .wait(let until): sleep until then
///     case .done: shipper.release(now: .now()), back to the pump
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
        /// It is one event that is sent alone.
        var isLone = false
    }

    enum BodySource: Sendable { case batch(Range<Int>), scratch, encoded }

    let settings: ShipperSettings
    var random: SplitMix64
    var deflater = Deflater()
    package internal(set) var counters = ShipperCounters()
    var notices: [ShipperNotice] = []

    /// The batch in hand; an empty one between `release` and `take`. Behind its own events stand
    /// stragglers of earlier ones.
    var batch = Batch(number: -1, bytes: 0, lines: 0)
    var isLoaded = false
    var isAbandoned = false
    /// How many events of the batch are its own; nil when there are stragglers alone.
    var ownEvents: Int?
    /// What of this round has still to be sent, once the round is cut.
    var parts: [Part] = []
    var isCut = false
    /// What is known of events in the batch that were refused, by their place.
    var notes: [Int: Stragglers.Note] = [:]
    var rejected: [RejectedEvent] = []
    var stragglers: Stragglers
    /// No request before.
    var notBefore = Instant(nanoseconds: .min)
    /// No new round before: for a batch that is held because its stragglers find no room.
    var nextRound = Instant(nanoseconds: .min)

    /// The part in flight, and its events in the order sent.
    var current: Part?
    var sent: [Int32] = []
    var request: BulkRequest?
    var source = BodySource.scratch
    var scratch = ByteBuffer(capacity: 0)
    var encoded = ByteBuffer(capacity: 0)

    /// What all shippers know of the hosts.
    let pool: HostPool
    /// When the request in flight was begun.
    var posted = Instant(nanoseconds: .min)
    /// Shippers that wait for a place among the requests in flight, and have one now.
    var woken: [Int] = []
    /// Hosts whose replies have been asked for ids since the last failure.
    var introduced: Set<Int> = []
    var findings = NameFindings()
    /// The server refused who we are when it was asked last (401, 403).
    package internal(set) var isRefused = false
    /// Attempts in a row that brought little or nothing: drives the back-off.
    var failures = 0
    /// Whole requests in a row that were not accepted.
    var unaccepted = 0
    /// For each target the number of the last request in which it accepted a line.
    var lastAccepted: [Int] = []
    var reply = BulkReply()

    package init(settings: ShipperSettings, pool: HostPool, seed: UInt64) {
        self.settings = settings
        self.pool = pool
        random = SplitMix64(seed: seed)
        stragglers = Stragglers(limit: settings.stragglerBytes)
    }

    /// Whether a batch is in hand.
    package var isBusy: Bool { isLoaded }

    /// There is something new to say who we are: a server that refused it is asked at once.
    package mutating func takeNewSecret(now: Instant) {
        if isRefused { notBefore = now }
    }

    /// Takes a batch that the pump has cut, and stragglers that are due along with it. The one
    /// before must have been released.
    package mutating func take(_ taken: consuming Batch, now: Instant) {
        precondition(!isLoaded && taken.fates.count == taken.events.count)
        batch = taken
        load(own: batch.events.count)
        if stragglers.isEmpty { return }
        let fresh = Set(batch.events.lazy.map(\.target))
        stragglers.join(
            &batch, fresh: fresh, room: settings.stragglerBytes / 4, now: now, notes: &notes)
    }

    /// Takes stragglers alone; false when none are due.
    package mutating func takeStragglers(now: Instant) -> Bool {
        precondition(!isLoaded)
        guard let due, due <= now else { return false }
        stragglers.goAlone(now: now)
        load(own: nil)
        stragglers.join(&batch, fresh: [], room: .max, now: now, notes: &notes)
        return true
    }

    private mutating func load(own: Int?) {
        isLoaded = true
        isAbandoned = false
        isCut = false
        ownEvents = own
        nextRound = Instant(nanoseconds: .min)
    }

    /// When stragglers should be taken, should no batch come before; nil while there are none.
    package var due: Instant? { stragglers.due.map { max($0, notBefore) } }

    /// Whether this shipper should have the next batch before others: it holds events of which only
    /// the company of fresh lines can tell what is at fault.
    package var wantsCompany: Bool { stragglers.wantCompany }

    /// What to do now. After `.post`, `finish` must follow.
    package mutating func next(now: Instant) -> Step {
        precondition(request == nil, "the request in flight is not finished")
        guard isLoaded, !isAbandoned else { return .done }
        if parts.isEmpty {
            if isCut, canLetGo { return .done }
            if now < nextRound { return .wait(until: max(nextRound, notBefore)) }
            isCut = true
            cutParts()
            if parts.isEmpty { return .done }
        }
        if now < notBefore { return .wait(until: notBefore) }
        switch pool.admit(shipper: settings.number, now: now) {
        case .wait(let until): return .wait(until: until)
        case .post(let host, let ceiling):
            posted = now
            return .post(prepare(takePart(below: ceiling), for: host))
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

    /// Shippers that need not wait any longer, since the last call.
    package mutating func drainWoken() -> [Int] {
        if woken.isEmpty { return [] }
        defer { woken.removeAll() }
        return woken
    }

    /// Notices since the last call.
    package mutating func drainNotices() -> [ShipperNotice] {
        if notices.isEmpty { return [] }
        defer { notices.removeAll() }
        return notices
    }
}
