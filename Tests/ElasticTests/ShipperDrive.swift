// Drives a shipper by hand: a manual clock, and a closure for a server.
import Bytes
import Elastic
import Platform

/// What a test's server answers.
enum Answer {
    case reply(Int, String, retryAfter: String? = nil)
    case failed(BulkFailure.Kind)

    /// HTTP 200 with these items.
    static func items(_ items: [String]) -> Answer {
        .reply(200, #"{"errors":true,"items":["# + items.joined(separator: ",") + "]}")
    }
    static func statuses(_ statuses: [Int]) -> Answer { items(statuses.map { item($0) }) }
}

/// One item of a reply, as the servers write it.
func item(_ status: Int, type: String = "some_exception", more: String = "") -> String {
    let error = #","error":{"type":"\#(type)","reason":"the secret line"}"#
    return #"{"create":{"status":\#(status)\#(status < 300 ? "" : error)\#(more)}}"#
}

/// A request as the server saw it.
struct Seen {
    var request: BulkRequest
    var at: Instant
    /// The bulk lines, inflated.
    var body: String
    /// The numbers of the events in it.
    var events: [Int]
}

/// The index of a target, in letters: numbers in an action line are those of events.
func indexName(_ target: UInt16) -> String {
    String(decoding: String(target).utf8.map { $0 + 49 }, as: UTF8.self)
}

/// The id of an event: its number behind dashes.
func eventID(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "-", count: 32 - digits.count) + digits
}

/// Events numbered from 0: event n is `{"create":{"_index":"…","_id":"…n"}}` and a source line.
func makeBatch(targets: [UInt16], from first: Int = 0, padding: Int = 10) -> Batch {
    var batch = Batch(number: 0, bytes: 1 << 16, lines: targets.count)
    for (place, target) in targets.enumerated() {
        let number = first + place
        let start = UInt32(batch.body.count)
        let index = indexName(target)
        batch.body.append(
            text: #"{"create":{"_index":"\#(index)","_id":"\#(eventID(number))"}}"# + "\n")
        let padding = String(repeating: "x", count: padding)
        batch.body.append(text: #"{"message":"\#(padding)"}"# + "\n")
        batch.events.append(
            BatchEvent(
                file: 0, target: target, offset: UInt64(number), length: 1, start: start))
    }
    batch.close()
    return batch
}

final class ShipperDrive {
    var shipper: Shipper
    var now = Instant(nanoseconds: 1_000_000_000)
    var seen: [Seen] = []
    var waits: [Duration] = []
    var notices: [ShipperNotice] = []
    /// What became of stragglers, by event, and all that was given back to be parked.
    var settled: [Int: Fate] = [:]
    var rejected: [RejectedEvent] = []
    var crowded: [UInt16] = []
    /// Ends the run when it is reached.
    var deadline = Instant(nanoseconds: .max)

    init(
        encoding: BodyEncoding = .plain, hosts: Int = 1, seed: UInt64 = 1, reasons: Bool = false,
        stragglerBytes: Int = 1 << 20
    ) {
        var settings = ShipperSettings()
        settings.encoding = encoding
        settings.reasons = reasons
        settings.stragglerBytes = stragglerBytes
        let pool = HostPool(hosts: hosts, connections: 1, seed: seed)
        shipper = Shipper(settings: settings, pool: pool, seed: seed)
    }

    /// Ships a batch of events for these targets, and whatever straggles; returns their fates.
    /// Events are told apart by their offsets, so batches shipped one after the other must not
    /// leave stragglers behind: see `leave`.
    @discardableResult
    func ship(
        _ targets: [UInt16], padding: Int = 10, _ server: (Seen) -> Answer
    ) -> [Fate] {
        var fates = leave(targets, padding: padding, server)
        while now <= deadline, let due = shipper.due {
            waits.append(max(due - now, .zero))
            now = max(now, due)
            if now > deadline || !shipper.takeStragglers(now: now) { continue }
            note(run(server), &fates)
        }
        notices += shipper.drainNotices()
        return fates
    }

    /// Ships a batch until it goes home; what straggles stays with the shipper.
    @discardableResult
    func leave(
        _ targets: [UInt16], from first: Int = 0, padding: Int = 10, _ server: (Seen) -> Answer
    ) -> [Fate] {
        shipper.take(makeBatch(targets: targets, from: first, padding: padding), now: now)
        var home = run(server)
        var fates: [Fate] = []
        if let batch = home.batch.take() { fates = batch.fates }
        note(home, &fates, from: first)
        notices += shipper.drainNotices()
        return fates
    }

    private func note(_ home: consuming Return, _ fates: inout [Fate], from first: Int = 0) {
        crowded = home.crowded
        for event in home.settled {
            settled[Int(event.offset)] = event.fate
            let index = Int(event.offset) - first
            if fates.indices.contains(index) { fates[index] = event.fate }
        }
        for event in home.rejected {
            rejected.append(event)
            let index = Int(event.offset) - first
            if fates.indices.contains(index) { fates[index] = .rejected }
        }
    }

    private func run(_ server: (Seen) -> Answer) -> Return {
        while true {
            switch shipper.next(now: now) {
            case .post(let request):
                let seen = see(request)
                self.seen.append(seen)
                now = now + .milliseconds(1)
                finish(server(seen))
            case .wait(let until):
                waits.append(until - now)
                now = until
                if now > deadline { shipper.abandon() }
            case .done: return shipper.release(now: now)
            }
        }
    }

    private func see(_ request: BulkRequest) -> Seen {
        let bytes = shipper.requestBody.array
        let plain = request.encoding == .gzip ? inflated(bytes) ?? [] : bytes
        let body = String(decoding: plain, as: UTF8.self)
        let events = body.split(separator: "\n").enumerated().compactMap { line, text in
            line % 2 == 0 ? Int(text.filter(\.isNumber)) : nil
        }
        return Seen(request: request, at: now, body: body, events: events)
    }

    private func finish(_ answer: Answer) {
        let outcome: BulkOutcome
        var body: [UInt8] = []
        switch answer {
        case .reply(let status, let text, let retryAfter):
            outcome = .reply(status: status, retryAfter: retryAfter)
            body = Array(text.utf8)
        case .failed(let kind):
            outcome = .failed(BulkFailure(kind: kind, description: "as told", uploaded: 0))
        }
        shipper.finish(outcome, body: body.span, now: now, wall: WallTime(nanoseconds: 0))
    }
}
