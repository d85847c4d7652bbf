// The agent under test: the real binary in a process of its own.
import Foundation
import Glibc
import ScriptedServer

/// A running agent. Killed and reaped at the latest when this goes.
final class AgentProcess: Sendable {
    /// `TAILPROOF_BINARY`, else the program that was built beside the tests.
    static let binary: String = {
        if let given = ProcessInfo.processInfo.environment["TAILPROOF_BINARY"] { return given }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return URL(filePath: tests ?? "/").deletingLastPathComponent().appending(path: "tailproof")
            .path(percentEncoded: false)
    }()

    private let process: ChildProcess

    /// Starts `tailproof run` with a configuration file that holds these settings, and with these
    /// variables besides those of the tests; by way of the command `wrapper` where one is given.
    init(
        _ settings: AgentSettings, configuration path: String, environment: [String: String] = [:],
        under wrapper: [String] = []
    ) throws {
        try settings.yaml.write(toFile: path, atomically: true, encoding: .utf8)
        process = try ChildProcess(
            wrapper + [AgentProcess.binary, "run", "--config", path], environment: environment)
    }

    deinit { process.end() }

    var isRunning: Bool { process.isRunning }
    var pid: pid_t { process.pid }
    /// What it has written to standard error.
    var log: String { process.text(.error) }
    /// Waits until it has written this; false where it never does.
    func says(_ text: String) -> Bool { process.wait(for: text, on: .error, atMost: patience) }
    /// The last line of the log, but for what strace has to say.
    var lastWords: String {
        let lines = log.split(separator: "\n").filter { !$0.hasPrefix("/usr/bin/strace:") }
        return lines.last.map(String.init) ?? ""
    }

    /// The events of that name in its log.
    func events(_ name: String) throws -> [[String: Any]] {
        try log.split(separator: "\n").filter { $0.contains("\"\(name)\"") }
            .map { try StrictJSON.object(Array($0.utf8)[...]) }
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// SIGKILL, and gone.
    func kill() { process.end() }

    /// SIGTERM once it listens to signals; how it ended, nil where it did not within a minute.
    func terminate() -> Ending? {
        _ = says("\"agent.started\"")
        process.signal(SIGTERM)
        return process.wait(atMost: .seconds(60))
    }

    func wait(atMost limit: Duration) -> Ending? { process.wait(atMost: limit) }

    /// The most memory it has had resident, in KiB; 0 once it has ended.
    var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
            ?? 0
    }
}
