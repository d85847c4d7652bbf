// The pump: reads files in turn, fills batches, settles those that come back.
import Bytes
import Elastic
import Platform
import Tail

/// A stage without a thread of its own: `step` does what can be done now and says when to come
/// again.
package struct Pump: ~Copyable, Sendable {
    let settings: PumpSettings
    let clock: any Clock
    let log: Log
    let channels: Channels
    package internal(set) var tailer: Tailer
    var writer = DocumentWriter()
    /// What the documents of each file need, by the tailer's slots.
    var contexts: [FileContext?] = []

    /// The batch being filled, and since when it holds something.
    var current: Batch?
    var currentSince: Instant?
    /// Batches that wait to be filled.
    let free: Conduit<Batch>
    /// For each batch of the set the spans in it, in its order.
    var spans: [[SpanReference]]
    /// Batches that are neither free nor being filled.
    package internal(set) var batchesAway = 0
    /// Events whose batch came home without a final fate for them: with a shipper, or to be parked.
    package internal(set) var stragglers = 0
    /// For each shipper the targets of which it can hold no more stragglers.
    var crowded: [Int: [UInt16]] = [:]
    var parking = Parking()

    /// What became of everything since the start, and files that were read.
    package internal(set) var totals = Tally()

    var nextSweep: Instant
    /// A hint asked for a sweep; before this it would cost too much.
    var earliestSweep: Instant
    var sweepWanted = false
    /// Some directory is one where inotify does not see every change, or cannot be watched.
    package var cannotTrustHints = false

    var image: ByteBuffer?
    var nextImage: Instant
    package internal(set) var health = VolumeHealth()
    /// Requests that the keeper has not answered, and since when it has not said a word.
    var unanswered = 0
    var silentSince: Instant?
    /// Deleted files held open at the last look: said when it changes.
    var heldFiles = 0
    package internal(set) var phase = Phase.running
    /// Files up to this slot have sent what they hold of a last line, at the shutdown.
    var nextFragment = 0

    /// How far the way to the end is.
    package enum Phase: Equatable, Sendable {
        case running
        /// Reading on until every file is at its end and silent.
        case drainingFiles(since: Instant)
        /// Waiting for what is in flight.
        case drainingBatches
        /// Making the last state durable.
        case closing
        case closed
    }

    /// A span in a batch: whose it is, and how many of the batch's events are its.
    struct SpanReference: Sendable {
        let file: Int
        let number: UInt64
        var events: Int
    }

    /// What turns one file's lines into documents.
    struct FileContext: Sendable {
        var frame: DocumentFrame
        var ids: IDWriter
        /// Lines longer than they may be whose heads went into the batch: offset and length, for
        /// the log.
        var cuts: [(offset: UInt64, length: UInt64)] = []
    }

    package init(
        settings: PumpSettings, tailer: consuming Tailer, channels: Channels, clock: any Clock,
        log: Log
    ) {
        self.settings = settings
        self.tailer = tailer
        self.channels = channels
        self.clock = clock
        self.log = log
        free = Conduit(capacity: settings.batches)
        for number in 0..<settings.batches {
            free.put(
                Batch(
                    number: number, bytes: Pump.capacity(settings), lines: settings.batch.lines))
        }
        spans = Array(repeating: [], count: settings.batches)
        image = ByteBuffer(capacity: 4096)
        nextSweep = clock.now()
        earliestSweep = nextSweep
        nextImage = nextSweep
    }

    /// Bytes that a batch's body keeps: the limit and a line that goes beyond it.
    static func capacity(_ settings: PumpSettings) -> Int { settings.batch.bytes + (16 << 10) }

    // MARK: - A step

    /// Does what can be done now without waiting. Returns when to call again, at the latest.
    package mutating func step() -> Instant {
        takeReturned()
        takeKeeperReplies()
        if phase == .closed { return clock.now() }
        sweepIfDue()
        if isReading { readTurns() }
        noteSilence()
        cutIfDue()
        advanceShutdown()
        askKeeper()
        return nextStep()
    }

    var isReading: Bool {
        switch phase {
        case .running, .drainingFiles: true
        case .drainingBatches, .closing, .closed: false
        }
    }

    /// Something may have changed at a path.
    package mutating func take(_ hint: Watch.Hint) {
        switch hint {
        case .written(let path): if tailer.hint(path, named: false) { sweepWanted = true }
        case .named(let path): if tailer.hint(path, named: true) { sweepWanted = true }
        case .directoryGone: sweepWanted = true
        case .overflow:
            log(.watchOverflow)
            sweepWanted = true
        }
    }

    private mutating func sweepIfDue() {
        let now = clock.now()
        if tailer.wantsSweep { sweepWanted = true }
        let isDue = now >= nextSweep || (sweepWanted && now >= earliestSweep)
        guard isDue, isReading else { return }
        sweepWanted = false
        let begun = clock.cpu()
        tailer.runSweep()
        let cost = clock.cpu() - begun
        // Asked for by hints: a twentieth of a core at most. By itself: a two-thousandth.
        earliestSweep = clock.now() + cost * 20
        let interval = min(
            max(cost * 2000, .seconds(1)), cannotTrustHints ? .seconds(10) : .seconds(60))
        let drainInterval = max(settings.shutdown.quiet / 4, .milliseconds(100))
        nextSweep = clock.now() + (phase == .running ? interval : min(interval, drainInterval))
        for slot in tailer.takeFragmentsDue() { takeFragment(slot, isFinished: true) }
        report()
        reportHeld()
    }

    private mutating func readTurns() {
        // So many that returned batches and signals are looked at often.
        for _ in 0..<16 {
            guard ensureBatch(), let slot = tailer.nextReady() else { return }
            takeTurn(slot)
        }
    }

    private func nextStep() -> Instant {
        let now = clock.now()
        if phase == .closed { return now }
        var next = isReading ? nextSweep : now + .seconds(1)
        if isReading && sweepWanted { next = min(next, earliestSweep) }
        if isReading && tailer.hasReady && (current != nil || hasFreeBatch) { return now }
        if let currentSince { next = min(next, currentSince + settings.batch.age) }
        if tailer.isDirty && !tailer.imageOnItsWay { next = min(next, nextImage) }
        if let retry = parking.retry, !parking.isOnItsWay { next = min(next, retry) }
        if let silentSince, !health.state.isDegraded {
            next = min(next, silentSince + Pump.keeperPatience)
        }
        // Whatever keeps it from being idle wakes the pump by itself.
        if case .drainingFiles(let since) = phase, isIdle {
            next = min(next, max(since, tailer.lastActivity) + settings.shutdown.quiet)
        }
        return max(next, now)
    }

    private var hasFreeBatch: Bool { !free.isEmpty }

    // MARK: - Batches

    /// Whether there is a batch to fill.
    mutating func ensureBatch() -> Bool {
        if current == nil { current = free.takeNow() }
        return current != nil
    }

    private mutating func cutIfDue() {
        guard let currentSince else { return }
        let isDue: Bool =
            switch phase {
            case .running: clock.now() >= currentSince + settings.batch.age
            case .drainingFiles: !tailer.hasReady
            default: true
            }
        if isDue { cut() }
    }

    /// Sends the current batch on its way.
    mutating func cut() {
        guard var batch = current.take() else { return }
        currentSince = nil
        batch.close()
        if batch.events.isEmpty {
            settle(batch)
            return
        }
        batchesAway += 1
        channels.copies?.offer(batch)
        channels.full.put(batch)
    }
}
