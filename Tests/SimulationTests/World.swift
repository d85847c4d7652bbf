// Everything around the agent: logs that are written and rotated, a server, a disk, time.
import Agent
import Bytes
import Elastic
import Foundation
import Glibc
import Platform
import ScriptedServer
import Tail
import TestKit

/// A failed promise, said so that a person can find it: which seed, which step, what.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
}

/// One seeded run. Every choice comes from the seed, so a failure replays.
struct World {
    let seed: UInt64
    var random: SeededGenerator
    let clock = ManualClock()
    let disk: SimulatedDisk
    let memory = LogMemory()
    let log: Log
    var endpoint = BulkEndpoint()
    let ledger = ScriptedServer.Ledger()
    var logs: [SimulatedLog] = []
    var agent: SimulatedAgent?
    var settings = SimulatedAgent.Settings()
    /// Requests of killed agents that may still reach the server.
    var orphans: [[UInt8]] = []
    /// Ledger files whose last name is gone: what the agent has not settled dies with its
    /// descriptor.
    var unlinked: Set<Int> = []
    /// Ledger files that went to a name outside the patterns.
    var hidden: Set<Int> = []
    /// Ledger files that had two names once: the agent may know them by one that says nothing of
    /// what their copies are called.
    var linked: Set<Int> = []
    /// Copies that were made, whole.
    var copies: [SimulatedCopy] = []
    /// Ledger files whose lines may be stored twice: an agent died before its state could say what
    /// their copies are.
    var forgiven: Set<Int> = []
    /// The step before which there is no agent, and whether the very first sweep was made.
    private var firstStart = 0
    var isScanned = false
    var oracle = Oracle()
    var step = 0
    /// What was done, for a person who replays a seed.
    var trace: [String] = []

    init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        disk = SimulatedDisk(clock: clock)
        let clock = clock
        log = Log(
            level: .info, format: .text, sink: memory, clock: { clock.now() },
            wall: { clock.wall() })
        disk.addDirectory("/logs")
        disk.addDirectory("/archive")
        var configuration = Configuration()
        // Two inputs, and so two targets: one of them may fail alone.
        configuration.inputs[0].paths = ["/logs/*.log", "/logs/*.log.gz", "/archive/*.log*"]
        configuration.inputs.append(Configuration.Input())
        configuration.inputs[1].paths = [
            "/logs/dated.*.txt", "/logs/dated.*.txt.gz", "/archive/dated.*.txt*",
        ]
        configuration.inputs[1].dataset = "dated"
        for index in configuration.inputs.indices where Int.random(in: 0..<4, using: &random) == 0 {
            configuration.inputs[index].start = .end
            firstStart = Int.random(in: 0...150, using: &random)
        }
        configuration.batch.bytes = Int.random(in: 2_000...12_000, using: &random)
        configuration.batch.lines = Int.random(in: 3...40, using: &random)
        configuration.maxLine = Int.random(in: 300...1_000, using: &random)
        var output = Configuration.Elasticsearch()
        output.connections = Int.random(in: 1...3, using: &random)
        configuration.output = .elasticsearch(output)
        configuration.shutdown.drain = Bool.random(using: &random) ? .files : .batches
        configuration.shutdown.quiet = .milliseconds(Int.random(in: 0...2_000, using: &random))
        settings.configuration = configuration
        settings.connections = output.connections
        settings.stragglerBytes = Int.random(in: 8_000...40_000, using: &random)
        endpoint.play(Script(items: [Poison.rule]))
        for number in 0..<Int.random(in: 1...3, using: &random) {
            logs.append(
                SimulatedLog(
                    number: number, dated: Bool.random(using: &random),
                    ending: Bool.random(using: &random) ? "\n" : "\r\n"))
        }
    }

    // MARK: - A run

    /// So many random steps, then peace until all is settled, then the judgement.
    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            step += 1
            try act()
            if agent?.pump.phase == .closed {
                try checkLeaving()
                crash(power: false)
            }
            traceLog()
            try check()
        }
        try settle()
        try judge()
    }

    private mutating func act() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<18: writeSomething()
        case 18..<20: rotateSomething()
        case 20..<21: truncateSomething()
        case 21..<22: deleteSomething()
        case 22..<24: changeServer()
        case 24..<25: disk.stateFaults = faults()
        case 25..<26: disk.readLimit = Bool.random(using: &random) ? .max : 700
        case 26..<27: if Bool.random(using: &random) { crash() } else { beginShutdown() }
        case 27..<28: deliverOrphan()
        case 28..<30: copyTruncateSomething()
        case 30..<32: compressSomething()
        case 32..<34: clock.advance(by: .milliseconds(Int.random(in: 1...800, using: &random)))
        case 34..<37: hintSomething()
        case 37..<38: setClock()
        case 38..<39: linkSomething()
        case 39..<40: renameSomething()
        case 40..<44: archiveSomething()
        case 44..<45: touchSomething()
        default: try runAgent()
        }
    }

    private mutating func runAgent() throws {
        guard let agent else {
            if step < firstStart { return }
            if Int.random(in: 0..<4, using: &random) == 0 { try start() }
            return
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: _ = agent.pump.step()
        case 4..<6: agent.stepKeeper()
        case 6..<8:
            _ = agent.shippers.randomElement(using: &random)?.begin(
                agent.channels, now: clock.now())
        default:
            if let shipper = agent.shippers.filter({ $0.inFlight != nil }).randomElement(
                using: &random)
            {
                answer(shipper)
            }
        }
    }

    private mutating func faults() -> [Int32] {
        let code = [ENOSPC, EIO, EROFS].randomElement(using: &random) ?? EIO
        return Array(repeating: code, count: Int.random(in: 0...4, using: &random))
    }

    mutating func start() throws {
        trace("start")
        oracle.agentStarts()
        do {
            agent = try SimulatedAgent(
                settings, disk: disk, clock: clock, log: log, random: &random)
            isScanned = agent?.pump.tailer.volume.firstScanDone ?? isScanned
        } catch let error as StateError {
            // A refusing volume at the start is an exit; the next try may do better.
            guard case .unusable = error else { throw error }
        }
    }

    mutating func crash() { crash(power: Int.random(in: 0..<3, using: &random) == 0) }

    private mutating func crash(power: Bool) {
        if agent == nil { return }
        forgiveUnproven()
        trace("crash\(power ? " with the power" : "")")
        for shipper in agent?.shippers ?? [] {
            if let body = shipper.inFlight, Bool.random(using: &random) { orphans.append(body) }
        }
        agent = nil
        disk.crash(powerCut: power, random: &random)
        disk.stateFaults = []
        for file in unlinked { excuseUnstored(file) }
        unlinked.removeAll()
        for file in hidden { excuseIfUnknown(file) }
    }

    /// SIGTERM: from here on the agent drains, unless it crashes before it is done.
    private mutating func beginShutdown() {
        guard let agent, agent.pump.phase == .running else { return }
        trace("drain: \(settings.configuration.shutdown.drain)")
        // What is not told from a file of its own by now is read while it can be.
        for copy in copies + logs.compactMap(\.copy) { forgiven.insert(copy.file) }
        agent.pump.beginShutdown()
    }

    /// The agent has drained: what it says is left is what is left.
    private mutating func checkLeaving() throws {
        guard let agent else { return }
        let left = agent.pump.summary.pendingBytes
        trace("leave, \(left) bytes pending")
        if agent.pump.stragglers > 0 || agent.pump.batchesAway > 0 {
            throw broken("the agent leaves although something is on its way")
        }
        for case let file? in agent.pump.tailer.files where file.pending == 0 {
            if file.record.committed != file.durable {
                throw broken("\(file.record.path): the offset is not durable")
            }
        }
    }

    // MARK: - The server

    private mutating func answer(_ shipper: SimulatedShipper) {
        guard let body = shipper.inFlight else { return }
        if Int.random(in: 0..<20, using: &random) == 0 {
            // Lost on the way there.
            shipper.finish(
                .failed(BulkFailure(kind: .uploadReset, description: "", uploaded: 0)), [], clock)
            return
        }
        guard let reply = endpoint.answer(bulkBody: body, target: shipper.path) else {
            shipper.finish(
                .failed(BulkFailure(kind: .replyReset, description: "", uploaded: body.count)), [],
                clock)
            return
        }
        shipper.finish(.reply(status: reply.status, retryAfter: nil), reply.body, clock)
    }

    mutating func deliverOrphan() {
        guard let index = orphans.indices.randomElement(using: &random) else { return }
        trace("an orphan arrives")
        _ = endpoint.answer(bulkBody: orphans.remove(at: index))
    }

    private mutating func changeServer() {
        let seed = random.next()
        let dated = Choice<LoggedItem>.matching { $0.index.hasSuffix("-dated-default") }
        let scripts: [(String, Script)] = [
            ("healthy", .healthy),
            ("429 on items", Script(items: [ItemRule(.chance(0.3), .tooMany)], seed: seed)),
            (
                "503 on items",
                Script(
                    items: [
                        ItemRule(.chance(0.1), .refuse(503, type: "unavailable_shards_exception"))
                    ], seed: seed)
            ),
            ("429", Script(requests: [RequestRule(.chance(0.7), .refuse(429))], seed: seed)),
            ("503", Script(requests: [RequestRule(.always, .refuse(503))], seed: seed)),
            (
                "stored, then reset",
                Script(requests: [RequestRule(.chance(0.5), .reset(storing: 1))], seed: seed)
            ),
            (
                "half stored, then reset",
                Script(requests: [RequestRule(.chance(0.5), .reset(storing: 0.5))], seed: seed)
            ),
            (
                "cut replies",
                Script(requests: [RequestRule(.chance(0.5), .truncate(.noLength))], seed: seed)
            ),
            ("miscounts", Script(requests: [RequestRule(.chance(0.5), .miscount(-1))], seed: seed)),
            ("limit", Script(bodyLimit: 3_000)),
            ("silent items", Script(items: [ItemRule(.chance(0.2), .silent)], seed: seed)),
            (
                "400 after a third",
                Script(requests: [RequestRule(.chance(0.3), .reply(400, storing: 0.3))], seed: seed)
            ),
            ("a target away", Script(items: [ItemRule(dated, .tooMany)], seed: seed)),
            (
                "a target broken",
                Script(items: [ItemRule(dated, .refuse(400, type: "illegal_argument_exception"))])
            ),
            (
                "a target closed",
                Script(items: [ItemRule(dated, .refuse(400, type: "index_closed_exception"))])
            ),
            (
                "500 for some lines",
                Script(requests: [
                    RequestRule(
                        .matching { $0.items.contains { $0.line?.sequence ?? 0 % 97 == 3 } },
                        .refuse(500))
                ])
            ),
        ]
        let (name, script) = scripts.randomElement(using: &random) ?? ("healthy", .healthy)
        trace("server: \(name)")
        endpoint.play(script.and(Script(items: [Poison.rule])))
    }

    // MARK: - Time and judgement

    /// Somebody puts the wall clock forward or back; the monotonic one goes on as ever.
    private mutating func setClock() {
        if Int.random(in: 0..<4, using: &random) > 0 { return }
        let days = [-400, -1, 1, 400].randomElement(using: &random) ?? 1
        trace("the clock jumps by \(days) days")
        clock.wallOffset += Int64(days) * 86_400_000_000_000
    }

    mutating func trace(_ what: String) { trace.append("\(step): \(what)") }

    /// What the agent logged since the last call stands in the trace, where it happened.
    mutating func traceLog() {
        for line in memory.takeLines() { trace.append("\(step):   \(line)") }
    }

    func broken(_ what: String) -> BrokenPromise {
        let count = ProcessInfo.processInfo.environment["TAILPROOF_TRACE"].flatMap(Int.init)
        let last = trace.suffix(count ?? 60).joined(separator: "\n  ")
        return BrokenPromise(
            description: "TAILPROOF_SEED=\(seed), step \(step): \(what)\n  \(last)")
    }

    /// Peace: everything works, nobody writes, until the agent has nothing left to do.
    private mutating func settle() throws {
        trace("peace")
        // One that drains may wait for lines that nobody writes any more: its deadline is now.
        if let phase = agent?.pump.phase, phase != .running { crash(power: false) }
        endpoint.play(Script(items: [Poison.rule]))
        disk.stateFaults = []
        disk.readLimit = .max
        while !orphans.isEmpty { deliverOrphan() }
        for index in logs.indices {
            finishCopying(index)
            finishTornLine(index)
            bringBack(index)
        }
        // What an incarnation of which nothing was read is now, the oracle has to see.
        try check()
        var quiet = 0
        for round in 0..<20_000 {
            if agent == nil { try start() }
            // A poisoned line waits for company, and where the server took but short bodies once,
            // for so much of it that longer ones are tried again.
            if round % (round < 2_000 ? 100 : 10) == 9, agent?.pump.stragglers ?? 0 > 0 {
                writeCompany()
            }
            guard let agent else { continue }
            _ = agent.pump.step()
            while agent.stepKeeper() {}
            let eager = agent.shippers.filter { $0.shipper.wantsCompany }
            for shipper in eager + agent.shippers {
                while shipper.begin(agent.channels, now: clock.now()) {}
                answer(shipper)
            }
            traceLog()
            try check()
            clock.advance(by: .milliseconds(200))
            let isIdle = agent.pump.isIdle
            quiet = isIdle ? quiet + 1 : 0
            // Long enough for sweeps, fragments and images.
            if quiet > 400 { return }
        }
        guard let agent else { return }
        let unread = agent.pump.tailer.files.compactMap { $0 }.filter {
            !$0.isSuperseded && (!$0.isBorn || $0.position < $0.size)
        }
        throw broken(
            "the agent does not come to rest: \(agent.pump.batchesAway) batches away, "
                + "\(agent.pump.stragglers) stragglers, inputs \(agent.pump.tailer.stopped) stopped, unread "
                + unread.map { "\($0.record.path) \($0.position)/\($0.size)" }.joined(
                    separator: ", ")
                + "; open "
                + agent.pump.tailer.files.compactMap { $0 }.filter { !$0.ledger.isEmpty }.map {
                    "\($0.record.path) \($0.ledger.spans.flatMap { $0.open ?? [] })"
                }.joined(separator: ", "))
    }

    private func judge() throws {
        try judgeParked()
        var verdict = Judge(ledger).verdict(on: endpoint)
        let places = ledger.places
        verdict.duplicates.removeAll { forgiven.contains(places[$0.line]?.file ?? -1) }
        if !verdict.isClean {
            let odd = endpoint.store.documents.filter { $0.line == nil }.prefix(3)
            let texts = odd.map { String(decoding: $0.source, as: UTF8.self) }
            throw broken("\(verdict)\n\(texts.joined(separator: "\n"))")
        }
        guard let agent else { return }
        for case let file? in agent.pump.tailer.files {
            let accounted = file.record.tally.allBytes
            let expected = file.record.committed
            if accounted != expected {
                throw broken(
                    "\(file.record.path): \(expected) bytes committed, \(accounted) accounted for")
            }
        }
    }
}
