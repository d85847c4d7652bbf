// Faults in the system calls that an agent makes on its state, put there by strace.
import Foundation
import Glibc

/// What strace does to an agent. The agent is the direct child of the tests, the tracer its
/// grandchild: whatever becomes of the tracer, how the agent ended is the agent's own.
struct Tampering: Sendable {
    /// The calls that are looked at, and what is done to them: `fdatasync:error=EIO:when=3`. `when`
    /// counts per thread.
    var calls: [String]
    var injections: [String] = []
    /// Where strace writes what it saw.
    var record: String

    static let isPossible: Bool = {
        let command = ["/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "/bin/true"]
        return (try? ChildProcess.output(of: command)) != nil
    }()

    /// The command before the agent's own. Every file must be named: a directory does not stand
    /// for what is in it. Without `--seccomp-bpf`: with it strace 6.1 injects errors, no signals.
    func wrapper(state: String) -> [String] {
        let park = (1...6).map { "park/park-0000000\($0)" } + ["park", "park/retried"]
        let files = ["lock", "births", "slot.a", "slot.b"] + park
        let parent = String(state[..<(state.lastIndex(of: "/") ?? state.endIndex)])
        let paths = [parent, state] + files.map { "\(state)/\($0)" }
        return ["/usr/bin/strace", "-D", "-f", "-qq", "-o", record]
            + ["-e", "trace=" + calls.joined(separator: ",")]
            + injections.flatMap { ["-e", "inject=\($0)"] } + paths.flatMap { ["-P", $0] }
    }

    /// A call in the record: which thread made it, and whether it was tampered with.
    struct Call {
        var thread: Int
        var name: String
        var text: String
        var isInjected: Bool { text.contains("(INJECTED)") || text.contains("(DELAYED)") }
    }

    /// The calls of the record, in the order of their beginnings; all of them once it has ended.
    var seen: [Call] {
        let text = (try? String(contentsOfFile: record, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            // Numbers of processes stand in a column: short ones have more spaces behind them.
            guard let space = line.firstIndex(of: " "), let thread = Int(line[..<space]) else {
                return nil
            }
            let text = line[space...].drop { $0 == " " }
            guard let end = text.firstIndex(of: "("),
                text[..<end].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
            else { return nil }
            return Call(thread: thread, name: String(text[..<end]), text: String(text))
        }
    }

    /// For each call how often the thread made it that made it most.
    var counts: [String: Int] {
        var byThread: [String: [Int: Int]] = [:]
        for call in seen { byThread[call.name, default: [:]][call.thread, default: 0] += 1 }
        return byThread.mapValues { $0.values.max() ?? 0 }
    }
}

extension AgentProcess {
    /// Who traces it; nil where nobody does.
    var tracer: pid_t? {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("TracerPid:") }
        let tracer = line?.split(whereSeparator: \.isWhitespace).last.flatMap { pid_t($0) }
        return tracer == 0 ? nil : tracer
    }
}
