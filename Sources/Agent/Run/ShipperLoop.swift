// A shipper's thread: takes a batch, posts until each event has its fate, gives the batch back.
import Bytes
import Elastic
import Platform

/// Runs a shipper until the hand-off is closed.
package struct ShipperLoop: ~Copyable, Sendable {
    private var shipper: Shipper
    private var transport: CurlTransport
    private var reply = ByteBuffer(capacity: 4096)
    private let channels: Channels
    private let control: Control
    private let report: NoticeReport

    package init(
        shipper: consuming Shipper, transport: consuming CurlTransport, channels: Channels,
        control: Control, report: NoticeReport
    ) {
        self.shipper = shipper
        self.transport = transport
        self.channels = channels
        self.control = control
        self.report = report
    }

    package mutating func run() {
        while takeWork() {
            while advance() {}
            channels.returned.put(shipper.release(now: .now()))
            if !shipper.drainWoken().isEmpty { control.stop.nudge() }
        }
    }

    /// Waits for a batch, or until stragglers are due; false when the hand-off is closed.
    private mutating func takeWork() -> Bool {
        while true {
            let batch = channels.full.take(until: shipper.due, eagerly: shipper.wantsCompany)
            if let batch {
                shipper.take(batch, now: .now())
                return true
            }
            if channels.full.isClosed { return false }
            if shipper.takeStragglers(now: .now()) { return true }
        }
    }

    /// One step of the batch in hand; false when it is done.
    private mutating func advance() -> Bool {
        let ticket = control.stop.ticket
        if control.stop.isSet { shipper.abandon() }
        switch shipper.next(now: .now()) {
        case .done: return false
        case .wait(let until): pause(until: until, ticket)
        case .post(let request):
            post(request, of: &shipper, &transport, &reply)
            for notice in shipper.drainNotices() { report(notice) }
            if !shipper.drainWoken().isEmpty { control.stop.nudge() }
        }
        return true
    }

    /// A back-off. That of a server which refuses who we are ends with a new secret.
    private mutating func pause(until end: Instant, _ ticket: Int) {
        let look = shipper.isRefused ? min(end, .now() + .seconds(1)) : end
        _ = control.stop.wait(until: look, ticket: ticket)
        if shipper.isRefused, transport.hasNewSecret { shipper.takeNewSecret(now: .now()) }
    }
}

/// One attempt. A function of its own: a span of the reply forbids changing anything beside it in
/// the loop.
private func post(
    _ request: BulkRequest, of shipper: inout Shipper, _ transport: inout CurlTransport,
    _ reply: inout ByteBuffer
) {
    let outcome = transport.perform(request, body: shipper.requestBody, reply: &reply)
    shipper.finish(outcome, body: reply.bytes, now: .now(), wall: .now())
}
