// The pump with everything around it in a test's hands: clock, disk, keeper, shipping.
import Agent
import Bytes
import Elastic
import Glibc
import Platform
import Tail
import TestKit

/// A batch as it came out of the pump.
struct CutBatch {
    var number: Int
    var events: [BatchEvent]
    var body: String
}

/// Used by one thread.
final class Pumping {
    let clock = ManualClock()
    let world: SimulatedDisk
    let memory = LogMemory()
    let channels: Channels
    var pump: Pump
    var keeper: Keeper
    /// Batches in the order they were cut.
    private(set) var cut: [CutBatch] = []
    private let held: Conduit<Batch>
    private var stragglers: [BatchEvent] = []
    private var crowded: [UInt16] = []
    /// Whether the keeper and the server do their work by themselves in `run`.
    var keeps = true
    var ships = true
    /// The keeper refuses images and has no room for births.
    var keeperIsFull = false
    /// Lines that find room in the park, what it says when there is none, and what it holds.
    var parkRoom = Int.max
    var parkFailure = ParkError.full(limit: 1)
    private(set) var parked: [ParkedLine] = []
    private(set) var parkTried = 0
    private(set) var images: [Instant] = []
    private(set) var imagesTried = 0

    init(
        _ world: SimulatedDisk? = nil, batches: Int = 3,
        _ configure: (inout Configuration) -> Void = { _ in }
    ) throws {
        self.world = world ?? SimulatedDisk(clock: clock)
        self.world.addDirectory("/logs")
        var configuration = Configuration()
        configuration.inputs[0].paths = ["/logs/*.log"]
        configuration.output = .elasticsearch(Configuration.Elasticsearch())
        configure(&configuration)
        var settings = try PumpSettings(
            configuration, origin: DocumentTemplate.Origin(host: "h", version: "0", id: "a"))
        settings.batches = batches
        channels = Channels(batches: batches, waker: nil)
        held = Conduit(capacity: batches)
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: "/state", files: self.world)
        let state = try store.load(home: "home", random: &random)
        let clock = clock
        let tailer = Tailer(
            state: state, inputs: settings.inputs, maxLine: settings.maxLine,
            limits: settings.tail, disk: self.world, clock: clock, random: random)
        let log = Log(
            level: .info, format: .text, sink: memory, clock: { clock.now() },
            wall: { clock.wall() })
        pump = Pump(settings: settings, tailer: tailer, channels: channels, clock: clock, log: log)
        keeper = Keeper(store: store, parkLimit: configuration.park.bytes)
    }

    // MARK: - The world

    @discardableResult
    func file(_ path: Path, _ text: String = "") -> UInt64 {
        let inode = world.createFile(path)
        append(text, to: inode)
        return inode
    }

    func append(_ text: String, to inode: UInt64) { world.append(Array(text.utf8), to: inode) }

    /// What the state holds.
    func stateRecords() throws -> [FileRecord] {
        let copy = SimulatedDisk(clock: clock)
        copy.addDirectory("/state")
        for name in ["lock", "slot.a", "slot.b", "births"] {
            let path = Path("/state/" + name)
            guard let inode = world.names[path], let file = world.inodes[inode] else { continue }
            copy.append(file.bytes, to: copy.createFile(path))
        }
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: "/state", files: copy)
        return try store.load(home: "home", random: &random).records
    }

    // MARK: - Steps

    @discardableResult
    func step() -> Instant { pump.step() }

    /// The keeper answers everything that was asked.
    func keep() {
        while let request = channels.toKeeper.takeNow() {
            channels.fromKeeper.put(answer(request))
        }
    }

    private func answer(_ request: consuming KeeperRequest) -> KeeperReply {
        switch consume request {
        case .births(let records):
            return keeperIsFull
                ? .births(durable: 0, error: nil) : keeper.perform(.births(records))
        case .park(let lines):
            parkTried += 1
            let taken = min(lines.count, parkRoom)
            parkRoom -= taken
            parked += lines.prefix(taken)
            return .parked(durable: taken, error: taken < lines.count ? parkFailure : nil)
        case .image(let buffer):
            imagesTried += 1
            if keeperIsFull {
                return .image(
                    buffer, error: StateFault("/state/slot.a", SystemError("pwrite", ENOSPC)))
            }
            return noted(keeper.perform(.image(buffer)))
        }
    }

    private func noted(_ reply: consuming KeeperReply) -> KeeperReply {
        switch consume reply {
        case .births(let durable, let error): return .births(durable: durable, error: error)
        case .parked(let durable, let error): return .parked(durable: durable, error: error)
        case .image(let buffer, let error):
            if error == nil { images.append(clock.now()) }
            return .image(buffer, error: error)
        }
    }

    /// Takes the batches that were cut; they are away now.
    func take() {
        while let batch = channels.full.takeNow() {
            let body = String(decoding: batch.body.array, as: UTF8.self)
            cut.append(CutBatch(number: batch.number, events: batch.events, body: body))
            held.put(batch)
        }
    }

    /// Gives all batches away back: events with these offsets straggle or are to be parked, the
    /// others are stored.
    func giveBack(
        straggling: Set<UInt64>, rejected: Set<UInt64> = [], crowded: [UInt16] = []
    ) {
        self.crowded = crowded
        while var batch = held.takeNow() {
            var home = Return(shipper: 0, batch: nil)
            for (index, event) in batch.events.enumerated() {
                batch.fates[index] = .stored
                if straggling.contains(event.offset) {
                    batch.fates[index] = .straggling
                    stragglers.append(event)
                }
                if rejected.contains(event.offset) {
                    batch.fates[index] = .rejected
                    home.rejected.append(
                        rejection(of: event, batch.body.bytes(batch.range(of: index)).array))
                }
            }
            home.crowded = crowded
            home.batch = consume batch
            channels.returned.put(home)
        }
    }

    private func rejection(of event: BatchEvent, _ posted: [UInt8]) -> RejectedEvent {
        RejectedEvent(event, status: 400, type: "mapper", reason: "said so", posted: posted)
    }

    /// Events that straggle have this fate now.
    func settleStragglers(_ fate: Fate = .stored) {
        var home = Return(shipper: 0, batch: nil)
        for event in stragglers {
            home.settled.append(
                SettledEvent(
                    file: event.file, offset: event.offset, length: event.length, fate: fate))
        }
        stragglers.removeAll()
        crowded = []
        channels.returned.put(home)
    }

    /// Gives so many of the batches away back, each event with this fate.
    func giveBack(_ fate: Fate = .stored, atMost limit: Int = .max) {
        var count = 0
        while count < limit, var batch = held.takeNow() {
            count += 1
            for index in batch.fates.indices { batch.fates[index] = fate }
            var home = Return(shipper: 0, batch: batch)
            home.crowded = crowded
            channels.returned.put(home)
        }
    }

    /// The pump's loop for so long: sleeps when it says so. Returns how many steps it took.
    @discardableResult
    func run(_ time: Duration = .seconds(3)) -> Int {
        let end = clock.now() + time
        var steps = 0
        while steps < 5_000 {
            let next = step()
            steps += 1
            if pump.phase == .closed { return steps }
            take()
            if ships { giveBack() }
            if keeps { keep() }
            let isBusy = next <= clock.now() || !channels.returned.isEmpty
            if isBusy || !channels.fromKeeper.isEmpty { continue }
            if next >= end {
                clock.advance(by: end - clock.now())
                return steps
            }
            clock.advance(by: next - clock.now())
        }
        return steps
    }

    /// Runs on until files are read, nothing is in flight and the state is durable.
    func rest() { run(.seconds(5)) }

    // MARK: - Questions

    var phase: Pump.Phase { pump.phase }
    var summary: Summary { pump.summary }
    var lineCount: Int { cut.reduce(0) { $0 + $1.events.count } }
    var isStateDirty: Bool { pump.tailer.isDirty }

    /// How often an event was logged.
    func logged(_ event: LogEvent) -> Int { memory.events.count { $0 == event } }
}
