// The pump's thread: steps, and between them waits for hints, returned batches or the time.
import Platform
import Tail

/// How long after a look at inotify the next look is worth its system calls.
private let tick = Duration.milliseconds(50)

/// Runs the pump until it is closed.
package struct PumpLoop: ~Copyable, Sendable {
    private var pump: Pump
    private var watch: Watch?
    private var pulse: PulseKeeper?
    private let control: Control
    private let disk: any FileSystem
    private let log: Log
    /// Directories that could not be watched, and those where others change files behind the
    /// kernel's back.
    private var unwatched: Set<Path> = []
    private var opaque: Set<Path> = []
    private var watched: Set<Path> = []
    /// The sweep whose directories are watched.
    private var lastSweep: UInt64 = 0
    private var isLimited = false
    /// When to look at inotify again, and when the pump wants to go on.
    private var nextLook = Instant.now()
    private var nextStep = Instant.now()

    /// - Parameter pulse: nil for a pump that nobody asks after.
    package init(
        pump: consuming Pump, pulse: PulseKeeper?, control: Control,
        disk: any FileSystem, log: Log
    ) {
        self.pump = pump
        self.pulse = pulse
        self.control = control
        self.disk = disk
        self.log = log
        makeWatch()
    }

    /// Returns what was settled and what is left.
    package mutating func run() -> Summary {
        pulse?.begin()
        while step() { pause() }
        return pump.summary
    }

    /// Lets the pump do what can be done now; false once it is closed.
    package mutating func step() -> Bool {
        obey()
        nextStep = pump.step()
        pulse?.promise(nextStep, isReady: pump.tailer.sweep > 0)
        if pump.phase == .closed { return false }
        updateWatches()
        return true
    }

    /// Waits until there is something to do.
    package mutating func pause() {
        let now = Instant.now()
        if nextStep <= now { return }
        // Hints that come in the meantime wait for the tick: a wake for each would cost more than
        // all else.
        let looks = now >= nextLook
        let timeout = looks ? nextStep - now : min(nextStep - now, nextLook - now)
        if waitForHints(looks: looks, atMost: timeout) { nextLook = Instant.now() + tick }
    }

    private mutating func obey() {
        switch control.current {
        case .run: break
        case .drain: pump.beginShutdown()
        case .cutShort: pump.cutShort()
        }
    }

    /// True when hints were taken.
    private mutating func waitForHints(looks: Bool, atMost timeout: Duration) -> Bool {
        var descriptors = [control.pumpWaker.descriptor]
        if looks, let descriptor = watch?.descriptor { descriptors.append(descriptor) }
        guard let ready = try? wait(for: descriptors, atMost: timeout) else { return false }
        if ready[0] { control.pumpWaker.silence() }
        guard ready.count > 1, ready[1], let hints = try? watch?.hints() else { return false }
        for hint in hints {
            // Made anew in the meantime, it has the same name and no watch.
            if case .directoryGone(let directory) = hint { watched.remove(directory) }
            pump.take(hint)
        }
        return true
    }

    /// Watches what the last sweep listed. What the kernel refused is asked for again after each
    /// sweep: its limits may have room by then.
    private mutating func updateWatches() {
        if pump.tailer.sweep == lastSweep { return }
        lastSweep = pump.tailer.sweep
        let wanted = pump.tailer.directories
        if watch == nil { makeWatch() }
        if wanted == watched && unwatched.isEmpty && watch != nil { return }
        watch?.keep(wanted)
        watched.formIntersection(wanted)
        unwatched.formIntersection(wanted)
        opaque.formIntersection(wanted)
        for directory in wanted.subtracting(watched).sorted() { add(directory) }
        pump.cannotTrustHints = watch == nil || !unwatched.isEmpty || !opaque.isEmpty
        if isLimited && watch != nil && unwatched.isEmpty {
            isLimited = false
            log(.watchRecovered)
        }
    }

    private mutating func makeWatch() {
        do {
            watch = try Watch()
            watched = []
        } catch {
            watch = nil
            pump.cannotTrustHints = true
            limit(nil, error)
        }
    }

    private mutating func add(_ directory: Path) {
        guard watch != nil else { return }
        do {
            try watch?.add(directory)
            watched.insert(directory)
            unwatched.remove(directory)
            if !disk.inotifySeesChanges(in: directory) { opaque.insert(directory) }
        } catch {
            // Gone since it was listed: that is no limit. The next sweep does not list it.
            if error.isAbsence { return }
            unwatched.insert(directory)
            limit(directory, error)
        }
    }

    /// Says that the kernel refused a watch: once until all are granted.
    private mutating func limit(_ directory: Path?, _ error: SystemError) {
        if isLimited { return }
        isLimited = true
        if let directory {
            log(.watchLimited, .path(directory), .error(error))
        } else {
            log(.watchLimited, .error(error))
        }
    }
}
