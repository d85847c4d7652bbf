// What the pump asks of the keeper, and how it goes with the state volume.
import Bytes
import Platform
import Tail

extension Pump {
    /// A keeper that has not answered for so long waits for a volume that hangs.
    package static let keeperPatience = Duration.seconds(5)

    mutating func takeKeeperReplies() {
        while let reply = channels.fromKeeper.takeNow() {
            unanswered -= 1
            silentSince = unanswered > 0 ? clock.now() : nil
            switch consume reply {
            case .births(let durable, let error):
                tailer.birthsAreDurable(durable, failed: error != nil)
                // Only an image tells that all is well again.
                if let error { noteState(error) }
            case .image(let buffer, let error):
                let bytes = Int64(buffer.count)
                image = consume buffer
                if error == nil { tailer.imageIsDurable() } else { tailer.imageFailed() }
                // Files that are durable now can be closed for those that wait to be opened.
                if tailer.waitsForRoom { sweepWanted = true }
                // A megabyte a second on average, and at most once a second.
                nextImage = clock.now() + max(.seconds(1), .microseconds(bytes))
                noteState(error)
            case .parked(let durable, let error): takeParked(durable, error)
            }
            if silentSince == nil { noteAnswer() }
        }
    }

    mutating func askKeeper() {
        let now = clock.now()
        if !stateIsFailing || now >= nextImage, let records = tailer.takeBirths() {
            ask(.births(records))
        }
        askToPark()
        let isUrgent = (phase == .closing || tailer.needsImage) && !stateIsFailing
        guard tailer.isDirty, !tailer.imageOnItsWay, isUrgent || now >= nextImage else { return }
        guard var buffer = image.take() else { return }
        tailer.encodeImage(into: &buffer)
        ask(.image(buffer))
    }

    /// At most three are unanswered, one of each kind: there is always room.
    mutating func ask(_ request: consuming KeeperRequest) {
        unanswered += 1
        silentSince = silentSince ?? clock.now()
        channels.toKeeper.put(request)
    }

    // MARK: - Health

    private var stateIsFailing: Bool { health.state.isDegraded }

    private mutating func noteState(_ fault: StateFault?) {
        let now = clock.now()
        guard let fault else { return noteRecovery() }
        // Said once an outage, with the first reason; also where it began with silence.
        if health.state.outage?.failures ?? 0 == 0 {
            log(.stateWriteFailed, .path(fault.path), .error(fault.error))
        }
        health.state.fail(.failed(fault), at: now)
        nextImage = max(nextImage, now + .seconds(1))
        publishHealth()
    }

    /// The keeper has answered everything: if it only was slow, that is over.
    private mutating func noteAnswer() {
        if case .silent? = health.state.outage?.cause, health.state.outage?.failures == 0 {
            noteRecovery()
        }
    }

    private mutating func noteRecovery() {
        guard let over = health.state.recover(at: clock.now()) else { return }
        log(
            .stateRecovered, .duration("lasted", clock.now() - over.since),
            .number("failed_writes", over.failures))
        publishHealth()
    }

    mutating func noteSilence() {
        guard let silentSince, clock.now() >= silentSince + Pump.keeperPatience else { return }
        if health.state.begin(.silent(Pump.keeperPatience), at: silentSince) {
            log(.stateStalled, .duration("silent", clock.now() - silentSince))
            publishHealth()
        }
    }

    /// The pump writes it, the supervisor reads it.
    func publishHealth() {
        let health = health
        channels.health.withLock { $0 = health }
    }
}
