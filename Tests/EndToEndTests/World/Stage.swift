// One test's world: directories, a ledger, a scripted server, and the agent's settings.
import Foundation
import ScriptedServer
import Synchronization
import Testing

/// Sizes of tests, times `TAILPROOF_TORTURE` where that is set.
let torture = max(
    1, ProcessInfo.processInfo.environment["TAILPROOF_TORTURE"].flatMap { Int($0) } ?? 1)

/// How long a test waits for what must happen. Reached only where it does not.
let patience = Duration.seconds(90)

/// Waits until something holds; false where it does not in time.
func patiently(until holds: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + patience
    while try !holds() {
        if ContinuousClock.now > end { return false }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return true
}

private let seedsDrawn = Mutex<UInt64>(0)

/// The seed of a test's chances: `TAILPROOF_SEED`, else the next from `TAILPROOF_FIRST_SEED` on,
/// else a new one.
func freshSeed() -> UInt64 {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["TAILPROOF_SEED"].flatMap(UInt64.init) { return seed }
    guard let first = environment["TAILPROOF_FIRST_SEED"].flatMap(UInt64.init) else {
        return .random(in: 1...UInt64(UInt32.max))
    }
    return seedsDrawn.withLock { drawn in
        defer { drawn += 1 }
        return first &+ drawn
    }
}

/// A scripted server with everything an agent needs around it. Gone with all its processes when
/// this goes.
final class Stage: @unchecked Sendable {
    let scratch: Scratch
    /// Where logs are written.
    let logs: String
    let ledger = Ledger()
    let server: ScriptedElasticsearch
    var settings: AgentSettings
    private var agents: [AgentProcess] = []

    init(
        _ script: Script = .healthy, flavour: Flavour = .opensearch, receiveBuffer: Int32? = nil
    ) throws {
        scratch = try Scratch()
        logs = try scratch.directory("logs")
        server = try ScriptedElasticsearch(
            flavour: flavour, script: script, receiveBuffer: receiveBuffer)
        settings = AgentSettings(
            state: "\(scratch.path)/state", paths: ["\(logs)/access.log*"], hosts: [server.url])
    }

    deinit {
        for agent in agents { agent.kill() }
        server.stop()
    }

    /// Starts an agent with the settings as they are now.
    func start(
        environment: [String: String] = [:], under wrapper: [String] = []
    ) throws -> AgentProcess {
        let agent = try AgentProcess(
            settings, configuration: "\(scratch.path)/tailproof.yaml", environment: environment,
            under: wrapper)
        agents.append(agent)
        return agent
    }

    func writer(
        _ stream: String = "a", name: String = "access.log", style: LineStyle = .combined,
        buffering: Buffering = .lines, lineLength: Int = 0, day: Int = 20
    ) throws -> LogWriter {
        try LogWriter(
            logs, name: name, stream: stream, ledger: ledger, style: style, buffering: buffering,
            lineLength: lineLength, day: day)
    }

    /// Waits until as many documents are stored as lines were written, but for so many that are to
    /// be parked.
    func everythingArrives(but parked: Int = 0) -> Bool {
        let owed = ledger.count - parked
        return server.wait(atMost: patience) { $0.store.count >= owed }
    }

    /// Waits until the server has had so many requests more than now.
    func requestsPass(_ count: Int) -> Bool {
        let before = server.read { $0.requests.count }
        return server.wait(atMost: patience) { $0.requests.count >= before + count }
    }

    /// What the judge says; of the state as well, once no agent runs.
    var verdict: Verdict { verdict(of: Judge(ledger)) }

    func verdict(of judge: Judge) -> Verdict {
        server.read { endpoint in
            if agents.isEmpty || agents.contains(where: \.isRunning) {
                return judge.verdict(on: endpoint)
            }
            do {
                let parked = try ParkFiles.read(settings.state)
                var verdict = judge.verdict(on: endpoint, parked: parked)
                verdict.ahead = try judge.ahead(
                    stateReader: StateFiles(directory: settings.state),
                    stored: endpoint.store.documents, parked: parked)
                return verdict
            } catch {
                Issue.record(error)
                return judge.verdict(on: endpoint)
            }
        }
    }

    /// Waits for all that was written, ends the agent in peace, and expects that each line was
    /// stored or parked once, that no request was malformed, and that nothing was sent again that
    /// the server had acknowledged, unless one was killed before.
    func expectAllOnce(
        from agent: AgentProcess, but parked: Int = 0, afterKill: Bool = false,
        _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(everythingArrives(but: parked), sourceLocation: place)
        #expect(agent.terminate() == .exited(0), sourceLocation: place)
        let verdict = verdict
        #expect(verdict.isClean, "\(verdict)", sourceLocation: place)
        let requests = server.requests
        let faults = requests.compactMap(\.fault)
        #expect(faults.isEmpty, "\(faults.prefix(3))", sourceLocation: place)
        if !afterKill {
            #expect(requests.idsSentAfterAcknowledgement.isEmpty, sourceLocation: place)
        }
    }
}

extension LogWriter {
    /// Writes so many lines, never more than `ahead` before the store, with a rotation after each
    /// `rotating` lines.
    func write(
        _ count: Int, following server: ScriptedElasticsearch, ahead: Int, rotating: Int? = nil
    ) throws {
        var written = 0
        while written < count {
            let part = min(20, count - written)
            try write(part)
            written += part
            if let rotating, written % rotating < 20 { try rotate() }
            let owed = ledger.count
            _ = server.wait(atMost: patience) { $0.store.count + ahead >= owed }
        }
    }
}

/// Work on a thread of its own; an error it throws is thrown where it is waited for.
final class Background: @unchecked Sendable {
    private let condition = NSCondition()
    private var outcome: Result<Void, any Error>?

    init(_ work: @escaping @Sendable () throws -> Void) {
        Thread.detachNewThread { [self] in
            let result = Result { try work() }
            condition.lock()
            outcome = result
            condition.broadcast()
            condition.unlock()
        }
    }

    var isDone: Bool {
        condition.lock()
        defer { condition.unlock() }
        return outcome != nil
    }

    func join() throws {
        condition.lock()
        defer { condition.unlock() }
        while outcome == nil { condition.wait() }
        try outcome?.get()
    }
}
