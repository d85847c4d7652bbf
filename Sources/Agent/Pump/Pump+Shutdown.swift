// The way to the end: what is read and settled before the agent leaves.
import Platform
import Tail

/// What the agent says at its end.
package struct Summary: Equatable, Sendable {
    /// Since the start.
    package var settled: Tally
    /// Files with bytes that have no final fate, and how many bytes that are.
    package var pendingFiles: Int
    package var pendingBytes: UInt64
}

extension Pump {
    /// Begins to leave, as configured.
    package mutating func beginShutdown() {
        guard phase == .running else { return }
        switch settings.shutdown.drain {
        case .files:
            phase = .drainingFiles(since: clock.now())
            tailer.isLeaving = true
            nextSweep = clock.now()
        case .batches: phase = .drainingBatches
        }
    }

    /// No time left: what is in flight is not waited for, only the state is made durable.
    package mutating func cutShort() {
        if phase != .closed { phase = .closing }
    }

    mutating func advanceShutdown() {
        if case .drainingFiles(let since) = phase, isIdle,
            clock.now() >= max(since, tailer.lastActivity) + settings.shutdown.quiet
        {
            if shipFragments() { phase = .drainingBatches }
        }
        if phase == .drainingBatches {
            cut()
            if batchesAway == 0 && stragglers == 0 { phase = .closing }
        }
        if phase == .closing, !tailer.isDirty, !tailer.imageOnItsWay { phase = .closed }
    }

    /// Everything that was seen is read and settled.
    package var isIdle: Bool {
        batchesAway == 0 && stragglers == 0 && currentSince == nil && !tailer.hasUnread
    }

    /// False when there are more than the batches hold: the others follow when these are settled.
    private mutating func shipFragments() -> Bool {
        guard settings.shutdown.fragments == .ship else { return true }
        while nextFragment < tailer.files.count {
            if !ensureBatch() { return false }
            takeFragment(nextFragment, isFinished: false)
            nextFragment += 1
        }
        return true
    }

    /// What was settled since the start, and what is left for the next start.
    package var summary: Summary {
        let left = tailer.pending
        return Summary(settled: totals, pendingFiles: left.files, pendingBytes: left.bytes)
    }
}
