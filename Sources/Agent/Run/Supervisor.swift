// The main thread: starts the others, turns signals into orders, keeps the deadline.
import Bytes
import Elastic
import Glibc
import Platform
import Synchronization
import Tail

/// Why the agent could not start.
package enum StartError: Error, CustomStringConvertible {
    case state(StateError)
    case documents(DocumentTemplate.Refusal)
    case signIn(SignInError)
    case system(SystemError)

    package var description: String {
        switch self {
        case .state(let error): error.description
        case .documents(let error): error.description
        case .signIn(let error): error.description
        case .system(let error): error.description
        }
    }
}

/// Runs the agent from its start to its end. Call on the main thread before any other thread
/// exists.
package struct Supervisor {
    let configuration: Configuration
    private let source: Path?
    let log: Log
    private let disk = LinuxFileSystem()
    private let clock = SystemClock()

    /// - Parameter source: the file that the configuration was read from; nil: the embedded one.
    package init(_ configuration: Configuration, from source: Path?) {
        self.configuration = configuration
        self.source = source
        log = Log(level: configuration.log.level, format: configuration.log.format)
    }

    /// Returns when the agent has ended by itself or by a signal.
    package func run() throws(StartError) -> ExitCode {
        do {
            log(.configLoaded, source.map { .path($0) } ?? .text("path", "embedded default"))
            let signals = try Signals()
            let transport = try transportSettings()
            let control = try Control()
            ResourceLimits.raiseOpenFiles()
            let threads = try start(control, transport)
            return try supervise(signals, control, threads)
        } catch let error as StartError {
            throw error
        } catch let error as StateError {
            throw .state(error)
        } catch let error as DocumentTemplate.Refusal {
            throw .documents(error)
        } catch let error as SignInError {
            throw .signIn(error)
        } catch let error as SystemError {
            throw .system(error)
        } catch {
            preconditionFailure("an error of no kind: \(error)")
        }
    }

    /// The threads, and where the pump leaves its summary.
    private struct Running {
        let channels: Channels
        let pump: Platform.Thread
        let shippers: [Platform.Thread]
        let keeper: Platform.Thread
        let outcome: Outcome
    }

    private final class Outcome: Sendable {
        let summary = Mutex<Summary?>(nil)
    }

    private func start(_ control: Control, _ transport: TransportSettings?) throws -> Running {
        var random = SystemRandomNumberGenerator()
        let home = ProcessEnvironment.variable("NODE_NAME") ?? ProcessEnvironment.hostName
        var store = try openStore()
        let state = try store.load(home: home, random: &random)
        reportState(state)
        var settings = try PumpSettings(
            configuration,
            origin: DocumentTemplate.Origin(
                host: ProcessEnvironment.hostName, version: version,
                id: AgentID.text(state.volume.agentID)))
        settings.tail.openFiles = openLogFiles
        let logs = ConfinedFileSystem(settings.roots, keeping: openDirectories)
        var tailer = Tailer(
            state: state, inputs: settings.inputs, maxLine: settings.maxLine,
            limits: settings.tail, disk: logs, clock: clock, random: random)
        ignoreOwnOutput(&tailer)
        var copies: DocumentCopies?
        if case .elasticsearch(let output) = configuration.output, output.copy != nil {
            copies = DocumentCopies(keeping: settings.batch.bytes)
        }
        let channels = Channels(
            batches: settings.batches, waker: control.pumpWaker, copies: copies)
        let pump = Pump(
            settings: settings, tailer: tailer, channels: channels, clock: clock, log: log)
        let outcome = Outcome()
        let keeper = try startKeeper(
            Keeper(store: store, parkLimit: configuration.park.bytes), channels, control)
        let shippers = try startShippers(channels, control, transport)
        let loop = Sole(
            PumpLoop(pump: pump, pulse: PulseKeeper(), control: control, disk: logs, log: log))
        let pumpThread = try control.startThread("pump") {
            guard var loop = loop.take() else { return }
            let summary = loop.run()
            outcome.summary.withLock { $0 = summary }
        }
        log(
            .agentStarted, .text("version", version), .path("state", configuration.state),
            .text("output", configuration.output.name),
            .number("inputs", configuration.inputs.count))
        return Running(
            channels: channels, pump: pumpThread, shippers: shippers, keeper: keeper,
            outcome: outcome)
    }

    /// Log files that may be open at a time: what the process may open, less what state,
    /// connections and directories need.
    private var openLogFiles: Int {
        guard let most = ResourceLimits.openFiles else { return .max }
        var others = 32 + openDirectories
        if case .elasticsearch(let output) = configuration.output {
            others += 8 * output.connections
        }
        return max(most - others, most / 4, 1)
    }

    /// Directories of log files that a sweep keeps open.
    private var openDirectories: Int {
        ResourceLimits.openFiles.map { max(8, min($0 / 8, 512)) } ?? 512
    }

    /// Opens the state; waits a little for an agent that is about to leave it.
    private func openStore() throws(StartError) -> StateStore {
        let deadline = Instant.now() + .seconds(5)
        var isWaiting = false
        while true {
            do {
                return try StateStore(directory: configuration.state, files: disk)
            } catch {
                if case .locked = error, Instant.now() < deadline {
                    if !isWaiting { log(.stateLocked, .path(configuration.state)) }
                    isWaiting = true
                    _ = Stop().wait(until: .now() + .milliseconds(500))
                    continue
                }
                throw .state(error)
            }
        }
    }

    private func reportState(_ state: LoadedState) {
        if state.isLost {
            log(.stateLost, .path(configuration.state))
        } else if state.damagedSlots > 0 {
            log(.stateCorruptSlot, .number("slots", state.damagedSlots))
        }
        if let former = state.formerHome {
            log(.stateHomeChanged, .text("from", former), .text("to", state.volume.home))
        }
        if state.isNew {
            log(.stateCreated, .path(configuration.state))
        } else {
            log(.stateLoaded, .path(configuration.state), .number("files", state.records.count))
        }
    }

    /// Where standard output or error go to a file, that file is never read: it would feed itself.
    private func ignoreOwnOutput(_ tailer: inout Tailer) {
        for stream in [StandardStream.output, .error] {
            let handle = FileHandle(descriptor: stream.rawValue)
            guard let status = try? disk.status(of: handle), status.kind == .regular else {
                continue
            }
            tailer.ignore(device: status.device, inode: status.inode)
        }
    }

    private func startKeeper(
        _ keeper: consuming Keeper, _ channels: Channels, _ control: Control
    ) throws -> Platform.Thread {
        let sole = Sole(keeper)
        return try control.startThread("keeper") {
            guard var keeper = sole.take() else { return }
            while let request = channels.toKeeper.take() {
                channels.fromKeeper.put(keeper.perform(request))
            }
        }
    }

    private func startShippers(
        _ channels: Channels, _ control: Control, _ transport: TransportSettings?
    ) throws -> [Platform.Thread] {
        switch configuration.output {
        case .stdout(let style):
            let printer = Sole(
                PrinterLoop(
                    rendering: rendering(style), channels: channels, control: control))
            return [
                try control.startThread("printer") {
                    guard var printer = printer.take() else { return }
                    printer.run()
                }
            ]
        case .elasticsearch(let output):
            guard let transport else { preconditionFailure("servers without a way to them") }
            var threads: [Platform.Thread] = []
            let pool = HostPool(
                hosts: output.hosts.count, connections: output.connections,
                seed: .random(in: 0 ... .max))
            for number in 0..<output.connections {
                let loop = Sole(shipperLoop(number, output, transport, pool, channels, control))
                threads.append(
                    try control.startThread("shipper \(number)") {
                        guard var loop = loop.take() else { return }
                        loop.run()
                    })
            }
            if let style = output.copy, let copies = channels.copies {
                let loop = Sole(CopyLoop(rendering: rendering(style), copies: copies, log: log))
                threads.append(
                    try control.startThread("copies") {
                        guard var loop = loop.take() else { return }
                        loop.run()
                    })
            }
            return threads
        }
    }

    private func rendering(_ style: Configuration.Style) -> Rendering {
        let isPlain = !(ProcessEnvironment.variable("NO_COLOR") ?? "").isEmpty
        return Rendering(style: style, isColoured: StandardStream.output.isTerminal && !isPlain)
    }

    private func shipperLoop(
        _ number: Int, _ output: Configuration.Elasticsearch, _ transport: TransportSettings,
        _ pool: HostPool, _ channels: Channels, _ control: Control
    ) -> ShipperLoop {
        var settings = ShipperSettings()
        settings.number = number
        settings.stragglerBytes = configuration.stragglerBytes
        settings.encoding = output.compression == .gzip ? .gzip : .plain
        settings.requiresDataStream = output.requireDataStream
        settings.reasons = configuration.log.level == .debug
        return ShipperLoop(
            shipper: Shipper(settings: settings, pool: pool, seed: .random(in: 0 ... .max)),
            transport: CurlTransport(settings: transport, abort: control.abort),
            channels: channels,
            control: control,
            report: NoticeReport(log: log, hosts: output.hosts))
    }

    // MARK: - Until the end

    private func supervise(
        _ signals: borrowing Signals, _ control: Control, _ running: Running
    ) throws(SystemError) -> ExitCode {
        var deadline: Instant?
        while true {
            if let summary = running.outcome.summary.withLock({ $0 }) {
                let code = end(summary, running.channels)
                // A thread that hangs, in a pipe that nobody reads or in a name that nobody
                // resolves, is not waited for: all that must last is durable.
                if !finish(running, control) { _exit(code.rawValue) }
                return code
            }
            if let deadline, Instant.now() >= deadline {
                leaveAtOnce(.shutdownDeadline, running.channels)
            }
            if let deadline, Instant.now() >= deadline + grace * -1 { control.cutShort() }
            let wake =
                deadline.map { min($0, max($0 + grace * -1, .now())) } ?? .now() + .seconds(3600)
            let timeout = max(wake - .now(), deadline == nil ? .zero : .milliseconds(20))
            _ = try wait(
                for: [signals.descriptor, control.supervisorWaker.descriptor], atMost: timeout)
            control.supervisorWaker.silence()
            if let signal = signals.nextBurst() {
                // The second signal does not wait: all that must last is durable.
                if deadline != nil { leaveAtOnce(.agentStopped, running.channels) }
                log(.agentStopping, .number("signal", signal))
                deadline = .now() + configuration.shutdown.deadline
                control.drain()
            }
        }
    }

    /// Before the deadline so much time is left to the last write of the state.
    private var grace: Duration { min(.seconds(1), configuration.shutdown.deadline / 5) }

    private func leaveAtOnce(_ event: LogEvent, _ channels: Channels) -> Never {
        let left = LogField.text("left", "what was not settled is read again at the next start")
        log.flush()
        log(event, [left] + healthFields(channels))
        log.flush()
        _exit(ExitCode.left.rawValue)
    }

    /// The pump is gone: the others have nothing more to do. False when one of them does not end.
    private func finish(_ running: Running, _ control: Control) -> Bool {
        running.channels.full.close()
        running.channels.toKeeper.close()
        running.channels.copies?.close()
        let limit = Instant.now() + .seconds(1)
        while control.livingThreads > 0 {
            let left = limit - .now()
            guard left > .zero else { return false }
            _ = try? wait(for: [control.supervisorWaker.descriptor], atMost: left)
            control.supervisorWaker.silence()
        }
        for thread in [running.pump, running.keeper] + running.shippers { thread.join() }
        return true
    }

    /// How it went with the state volume; nothing where all was well.
    private func healthFields(_ channels: Channels) -> [LogField] {
        let health = channels.health.withLock { $0 }
        var fields: [LogField] = []
        if let outage = health.state.outage {
            fields.append(.text("state_degraded", outage.cause.description))
        }
        if let outage = health.park.outage {
            fields.append(.text("park_degraded", outage.cause.description))
        }
        if health.state.outages > 0 {
            fields.append(.number("state_failed_writes", health.state.failures))
            fields.append(.duration("state_degraded", health.state.time(at: .now())))
        }
        if health.park.failures > 0 {
            fields.append(.number("park_failed_writes", health.park.failures))
        }
        return fields
    }

    private func end(_ summary: Summary, _ channels: Channels) -> ExitCode {
        let tally = summary.settled
        let settled: [LogField] = [
            .number("stored", tally.events(.stored)),
            .number("duplicate", tally.events(.duplicate)),
            .number("dropped", tally.events(.dropped)),
            .number("diverted", tally.events(.diverted)),
            .number("parked", tally.events(.parked)),
            .number("filtered", tally.events(.filtered)),
            .number("pending_files", summary.pendingFiles),
            .size("pending", summary.pendingBytes),
        ]
        // Nothing comes behind the last line.
        let missed = channels.copies?.takeMissed() ?? 0
        if missed > 0 { log(.copyDropped, .number("documents", missed)) }
        log.flush()
        log(.agentStopped, settled + healthFields(channels))
        log.flush()
        return summary.pendingBytes == 0 ? .done : .left
    }
}

extension Configuration.Output {
    /// For the log: where documents go. No secret can stand in an address.
    fileprivate var name: String {
        switch self {
        case .stdout: "stdout"
        case .elasticsearch(let settings): settings.hosts.joined(separator: ", ")
        }
    }
}
