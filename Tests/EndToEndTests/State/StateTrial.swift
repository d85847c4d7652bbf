// One life of an agent whose system calls on the state are tampered with, and the next life.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Faults of the state volume. Tests are named by their number in the catalogue of what must
    /// hold of a log shipper.
    @Suite("State volume") enum StateVolume {}
}

/// A world for one tampered run: a log of which every tenth line is refused for good, and one
/// beside it of which none is, so that there is always company.
final class StateTrial {
    /// How the agent finds its state.
    enum Beginning: String, Sendable, CaseIterable {
        /// There is none.
        case first
        /// It knows one log, and the park has a torn end.
        case again
    }

    let stage: Stage
    let writer: LogWriter
    let company: LogWriter
    let beginning: Beginning
    /// What was not as it should be. Trials run on threads of their own, where a test's own
    /// expectations would belong to nobody.
    private(set) var complaints: [String] = []

    init(_ beginning: Beginning) throws {
        self.beginning = beginning
        stage = try Stage(
            Script(items: [
                ItemRule(
                    .matching { $0.line.map(StateTrial.isRefused) ?? false },
                    .refuse(400, type: "mapper_parsing_exception"))
            ]))
        stage.settings.deadline = "2s"
        writer = try stage.writer("a")
        company = try stage.writer("b", name: "access.log.company")
        if beginning == .again { try prepare() }
        try writer.write(30)
        try company.write(5)
    }

    static func isRefused(_ line: LineKey) -> Bool { line.stream == "a" && line.sequence % 10 == 7 }

    func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
        if !holds { complaints.append(complaint()) }
    }

    private var refused: Set<LineKey> { Set(stage.ledger.places.keys.filter(Self.isRefused)) }

    private func prepare() throws {
        try writer.write(20)
        try company.write(5)
        let agent = try stage.start()
        try settle(agent)
        let ending = agent.terminate()
        expect(ending == .exited(0), "prepared: \(String(describing: ending))\n\(agent.log)")
        let segment = open("\(stage.settings.state)/park/park-00000001", O_WRONLY | O_APPEND)
        try check("open", segment)
        defer { close(segment) }
        try check("write", Int32(write(segment, "TPtorn", 6)))
    }

    func tampering(_ calls: [String], _ injections: [String] = []) -> Tampering {
        Tampering(
            calls: calls, injections: injections, record: "\(stage.scratch.path)/strace.out")
    }

    func start(_ tampering: Tampering) throws -> AgentProcess {
        try stage.start(under: tampering.wrapper(state: stage.settings.state))
    }

    // MARK: - Waiting

    /// Waits until it holds or the agent has ended; whether it holds.
    @discardableResult
    func wait(
        for agent: AgentProcess, atMost limit: Duration = patience, until holds: () throws -> Bool
    ) rethrows -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try holds() { return true }
            if !agent.isRunning { return try holds() }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return false
    }

    /// Documents of the stream that are stored.
    func stored(_ stream: String) -> Int {
        stage.server.read { endpoint in
            endpoint.store.documents.count { $0.line?.stream == stream }
        }
    }

    /// Lines of the stream that are not refused.
    func owed(_ stream: String) -> Int {
        stage.ledger.places.keys.count { $0.stream == stream && !Self.isRefused($0) }
    }

    /// Everything that was written is stored or parked.
    var isEverythingThere: Bool {
        stored("a") >= owed("a") && stored("b") >= owed("b")
            && stage.parkedCount >= refused.count
    }

    /// Waits until everything is there and the state says so; now and then a fresh line, for one
    /// that was refused before needs it to be convicted.
    func settle(_ agent: AgentProcess) throws {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end, agent.isRunning {
            try company.write(1)
            let isSettled = try wait(for: agent, atMost: .milliseconds(2200)) {
                try isEverythingThere && stage.isSettled
            }
            if isSettled { return }
        }
    }

    // MARK: - The lives

    /// The scenes of a run: known logs, a rotation, a new log, an end. Each until its lines are
    /// there, the agent has ended, or `isHopeless`.
    func play(
        _ agent: AgentProcess, until isHopeless: (AgentProcess) -> Bool = { _ in false }
    ) throws -> Ending? {
        wait(for: agent) { isEverythingThere || isHopeless(agent) }
        if agent.isRunning {
            try writer.rotate()
            try writer.write(20)
            try company.write(2)
            wait(for: agent) { isEverythingThere || isHopeless(agent) }
        }
        return agent.terminate()
    }

    /// The state as it was left. A slot that was being written may be torn: then the other counts.
    private func readState() -> StateFiles? {
        let directory = stage.settings.state
        if let whole = try? StateFiles(directory: directory) { return whole }
        func bytes(_ name: String) -> [UInt8] {
            (try? Data(contentsOf: URL(filePath: "\(directory)/\(name)"))).map { Array($0) } ?? []
        }
        let (one, other, births) = (bytes("slot.a"), bytes("slot.b"), bytes("births"))
        return (try? StateFiles(slots: [[], other], births: births))
            ?? (try? StateFiles(slots: [one, []], births: births))
    }

    /// What was settled so far is so, and an agent that nobody tampers with finishes the rest.
    func expectRecovery() throws {
        let judge = Judge(stage.ledger)
        if let state = readState() {
            let ahead = try judge.ahead(
                stateReader: state, stored: stage.server.documents,
                parked: try ParkFiles.read(stage.settings.state, torn: true))
            expect(ahead.isEmpty, "ahead: \(ahead.prefix(5))")
        } else {
            expect(beginning == .first, "the old state cannot be read")
        }
        stage.settings.deadline = "20s"
        let agent = try stage.start()
        try settle(agent)
        expect(agent.terminate() == .exited(0), agent.log)
        let verdict = stage.verdict
        expect(verdict.isClean, "\(verdict)")
        let parked = try ParkFiles.read(stage.settings.state).compactMap(\.finding.line).sorted()
        expect(parked == refused.sorted(), "parked: \(parked)")
        expect(!agent.log.contains("state.lost"), agent.log)
    }
}

extension Stage {
    /// Waits for all that was written, ends the agent in peace, and expects that each line was
    /// stored once, however often it was sent.
    func expectNothingLost(
        from agent: AgentProcess, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(everythingArrives(), sourceLocation: place)
        #expect(agent.terminate() == .exited(0), "\(agent.log)", sourceLocation: place)
        let verdict = verdict
        #expect(verdict.isClean, "\(verdict)", sourceLocation: place)
    }
}

/// Runs trials, a few at a time: most of their time is waiting. Each returns what it complains of.
func expectNoComplaints<Case: Sendable & CustomStringConvertible>(
    _ cases: [Case], _ comment: String, _ body: @escaping @Sendable (Case) throws -> [String]
) {
    for start in stride(from: 0, to: cases.count, by: 4) {
        let running = cases[start..<min(start + 4, cases.count)].map { one in
            let complaints = Complaints()
            let work = Background { complaints.take(try body(one)) }
            return (one, work, complaints)
        }
        for (one, work, complaints) in running {
            #expect(throws: Never.self, "\(comment), \(one)") { try work.join() }
            for complaint in complaints.all { Issue.record("\(comment), \(one): \(complaint)") }
        }
    }
}

/// Complaints on their way from one thread to another.
private final class Complaints: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [String] = []
    func take(_ more: [String]) { lock.withLock { list += more } }
    var all: [String] { lock.withLock { list } }
}
