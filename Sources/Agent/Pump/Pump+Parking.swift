// Lines that the server can never take: their bytes are read once more and given to the keeper.
import Bytes
import Elastic
import Platform
import Tail

extension Pump {
    /// What waits to be parked. Bounded by what circulates: while anything waits because the park
    /// is full or its disk fails, the inputs it came from are not read.
    struct Parking: Sendable {
        /// In the order they came; the first `sent` of them are with the keeper.
        var lines: [ParkedLine] = []
        var events: [(file: Int, offset: UInt64)] = []
        var sent = 0
        /// When to ask again; nil while nothing waits.
        var retry: Instant?
        /// Why the last attempt took less than it was given.
        var failure: ParkError?
        /// Inputs whose lines find no room.
        var waitingInputs: Set<Int> = []

        var isOnItsWay: Bool { sent > 0 }
    }

    /// Takes an event that was given back to be parked.
    mutating func park(_ event: RejectedEvent) {
        let file = Int(event.file)
        guard let tracked = tailer.files[file] else { preconditionFailure("parked of no file") }
        parking.lines.append(
            ParkedLine(
                path: tracked.record.origin, offset: event.offset, length: event.length,
                status: UInt16(event.status), type: event.type, reason: event.reason,
                time: clock.wall(), raw: raw(of: event), posted: event.posted))
        parking.events.append((file, event.offset))
        if parking.failure != nil { blockInput(of: file) }
        parking.retry = parking.retry ?? clock.now()
    }

    /// The event's bytes, read from its file once more; nil when they are not the ones that were
    /// sent: truncated away, or overwritten.
    private mutating func raw(of event: RejectedEvent) -> [UInt8]? {
        guard let id = PostedAction(event.posted.span).eventID, event.length > 0,
            let bytes = tailer.bytes(of: Int(event.file), at: event.offset, length: event.length)
        else { return nil }
        var end = bytes.count
        let isTorn = id.check & 1 == 1
        if !isTorn, bytes.last == 0x0a { end -= 1 }
        let kept = min(end, settings.maxLine)
        return EventID.check(of: bytes.span.extracting(first: kept), torn: isTorn) == id.check
            ? bytes : nil
    }

    /// Gives the keeper what waits.
    mutating func askToPark() {
        guard !parking.isOnItsWay, let retry = parking.retry, clock.now() >= retry else { return }
        parking.sent = parking.lines.count
        ask(.park(parking.lines))
    }

    /// So many of the lines that the keeper was given, from the front, are durable.
    mutating func takeParked(_ durable: Int, _ error: ParkError?) {
        for index in 0..<durable {
            let line = parking.lines[index]
            let event = parking.events[index]
            log(
                .lineParked, .path(line.path), .number("offset", line.offset),
                .number("status", line.status), .text("type", line.type))
            settle(event.file, event.offset, .parked, line.length)
        }
        parking.lines.removeFirst(durable)
        parking.events.removeFirst(durable)
        parking.sent = 0
        note(error)
        parking.retry = parking.lines.isEmpty ? nil : clock.now()
        if error != nil { parking.retry = clock.now() + .seconds(1) }
    }

    private mutating func note(_ error: ParkError?) {
        defer { parking.failure = error }
        parking.waitingInputs.removeAll()
        guard let error else {
            if let over = health.park.recover(at: clock.now()) {
                log(
                    .parkRecovered, .duration("lasted", clock.now() - over.since),
                    .number("failed_writes", over.failures))
                publishHealth()
            }
            return stopInputs()
        }
        health.park.fail(error, at: clock.now())
        publishHealth()
        for event in parking.events { blockInput(of: event.file) }
        stopInputs()
        if error == parking.failure { return }
        let waiting = parking.lines.count
        switch error {
        case .full(let limit):
            log(.parkFull, .size("limit", limit), .number("waiting", waiting))
        case .system(let error):
            log(.parkFailed, .error(error), .number("waiting", waiting))
        }
    }

    private mutating func blockInput(of file: Int) {
        guard let input = tailer.files[file]?.input else { return }
        if parking.waitingInputs.insert(input).inserted { stopInputs() }
    }
}
