// One life of the agent in one thread: the real stages, their hand-offs ordered from outside.
import AccessLog
import Agent
import Bytes
import Elastic
import Platform
import Tail
import TestKit

/// The agent between a start and a crash or an end. Its stages are the product's own.
final class SimulatedAgent {
    var pump: Pump
    var keeper: Keeper
    let channels: Channels
    let shippers: [SimulatedShipper]

    struct Settings {
        var connections = 2
        var stragglerBytes = 1 << 20
        var configuration = Configuration()
    }

    init(
        _ settings: Settings, disk: SimulatedDisk, clock: ManualClock, log: Log,
        random: inout SeededGenerator
    ) throws {
        var store = try StateStore(directory: "/state", files: disk)
        let state = try store.load(home: "home", random: &random)
        let pumpSettings = try PumpSettings(
            settings.configuration,
            origin: DocumentTemplate.Origin(host: "host", version: "0", id: "agent"))
        channels = Channels(batches: pumpSettings.batches, waker: nil)
        let tailer = Tailer(
            state: state, inputs: pumpSettings.inputs, maxLine: pumpSettings.maxLine, disk: disk,
            clock: clock, random: SeededGenerator(seed: random.next()))
        pump = Pump(
            settings: pumpSettings, tailer: tailer, channels: channels, clock: clock, log: log)
        keeper = Keeper(store: store, parkLimit: settings.configuration.park.bytes)
        var shipperSettings = ShipperSettings()
        shipperSettings.encoding = .plain
        let pool = HostPool(hosts: 1, connections: settings.connections, seed: random.next())
        var shippers: [SimulatedShipper] = []
        shipperSettings.stragglerBytes = settings.stragglerBytes
        for number in 0..<settings.connections {
            shipperSettings.number = number
            shippers.append(
                SimulatedShipper(
                    Shipper(settings: shipperSettings, pool: pool, seed: random.next())))
        }
        self.shippers = shippers
    }

    /// The keeper takes one request, if there is one. False when there was none.
    @discardableResult
    func stepKeeper() -> Bool {
        guard let request = channels.toKeeper.takeNow() else { return false }
        channels.fromKeeper.put(keeper.perform(request))
        return true
    }
}

/// A shipper and the request that it has on its way.
final class SimulatedShipper {
    var shipper: Shipper
    /// The body in flight; the shipper waits for its outcome.
    var inFlight: [UInt8]?
    private(set) var path = ""

    init(_ shipper: consuming Shipper) { self.shipper = shipper }

    /// Takes a batch or begins a request. False when there is nothing to do now.
    func begin(_ channels: Channels, now: Instant) -> Bool {
        if inFlight != nil { return false }
        if !shipper.isBusy, !takeWork(channels, now: now) { return false }
        switch shipper.next(now: now) {
        case .wait: return false
        case .done:
            if channels.returned.isFull { return false }
            channels.returned.put(shipper.release(now: now))
            return true
        case .post(let request):
            path = request.path
            inFlight = body(of: shipper)
            return true
        }
    }

    private func takeWork(_ channels: Channels, now: Instant) -> Bool {
        guard let batch = channels.full.takeNow() else { return shipper.takeStragglers(now: now) }
        shipper.take(batch, now: now)
        return true
    }

    /// The outcome of the request in flight arrives.
    func finish(_ outcome: BulkOutcome, _ reply: [UInt8], _ clock: ManualClock) {
        inFlight = nil
        shipper.finish(outcome, body: reply.span, now: clock.now(), wall: clock.wall())
        _ = shipper.drainNotices()
    }
}

private func body(of shipper: borrowing Shipper) -> [UInt8] { shipper.requestBody.array }
