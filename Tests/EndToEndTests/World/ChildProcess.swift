// A process that the tests start, watch, signal and always reap.
import Foundation
import Glibc
import ScriptedServer

/// How a process ended.
enum Ending: Sendable, Equatable {
    case exited(Int32)
    case killed(Int32)
}

/// One of the two streams a process writes, read by a thread of its own.
enum OutputStream: Sendable { case out, error }

/// A started process. Whoever starts it ends it: `defer { process.end() }`.
final class ChildProcess: @unchecked Sendable {
    let pid: pid_t
    /// Guards everything below; signalled when something arrives or the process ends.
    private let condition = NSCondition()
    private var output: [UInt8] = []
    private var errors: [UInt8] = []
    private var ending: Ending?
    private var readers = 0
    private var input: Int32

    /// Writing to a process that has ended is an error, not the end of the tests.
    private static let ignoresBrokenPipes: Void = { _ = Glibc.signal(SIGPIPE, SIG_IGN) }()

    /// Starts `arguments[0]` with the environment of the tests and these variables. Standard input
    /// is a pipe, which closes after `input` where that is given. After `outputLimit` bytes its
    /// standard output is closed.
    init(
        _ arguments: [String], environment: [String: String] = [:], input bytes: [UInt8]? = nil,
        outputLimit: Int = .max
    ) throws {
        ChildProcess.ignoresBrokenPipes
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        let pipes: [[Int32]]
        (pid, pipes) = try ChildProcess.spawn(arguments, variables)
        input = pipes[0][1]
        readers = 2
        Thread.detachNewThread { [self] in read(pipes[1][0], .out, upTo: outputLimit) }
        Thread.detachNewThread { [self] in read(pipes[2][0], .error, upTo: .max) }
        if let bytes {
            Thread.detachNewThread { [self] in
                feed(bytes)
                closeInput()
            }
        }
    }

    /// Starts, feeds and waits; what the process wrote to its standard output. Throws unless it
    /// exits with 0.
    static func output(
        of arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
    ) throws -> [UInt8] {
        let process = try ChildProcess(arguments, environment: environment, input: input)
        defer { process.end() }
        guard process.wait(atMost: .seconds(180)) == .exited(0) else {
            throw ProcessFailure(arguments: arguments, errors: process.text(.error))
        }
        return process.bytes(.out)
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String]
    ) throws -> (pid_t, [[Int32]]) {
        try Descriptors.gate.locked {
            var pipes: [[Int32]] = []
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            for stream: Int32 in 0...2 {
                var ends: [Int32] = [0, 0]
                try check("pipe", pipe(&ends))
                for end in ends { Descriptors.seal(end) }
                posix_spawn_file_actions_adddup2(&actions, ends[stream == 0 ? 0 : 1], stream)
                pipes.append(ends)
            }
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            var none = sigset_t()
            sigemptyset(&none)
            posix_spawnattr_setsigmask(&attributes, &none)
            var all = sigset_t()
            sigfillset(&all)
            posix_spawnattr_setsigdefault(&attributes, &all)
            posix_spawnattr_setflags(
                &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
            let words = arguments.map { strdup($0) } + [nil]
            let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for text in words + variables { free(text) } }
            var pid: pid_t = 0
            let code = posix_spawn(&pid, arguments[0], &actions, &attributes, words, variables)
            for (stream, ends) in pipes.enumerated() { close(ends[stream == 0 ? 0 : 1]) }
            guard code == 0 else {
                for (stream, ends) in pipes.enumerated() { close(ends[stream == 0 ? 1 : 0]) }
                throw CallFailure(call: "posix_spawn \(arguments[0])", code: code)
            }
            return (pid, pipes)
        }
    }

    // MARK: - Watching

    /// All that the process has written so far.
    func bytes(_ stream: OutputStream) -> [UInt8] {
        locked { stream == .out ? output : errors }
    }

    func text(_ stream: OutputStream) -> String {
        String(decoding: bytes(stream), as: UTF8.self)
    }

    /// How it ended; nil where it has not within `limit`.
    func wait(atMost limit: Duration) -> Ending? {
        locked {
            pause(limit) { ending != nil }
            return ending
        }
    }

    /// Waits until the stream holds a text; false where it does not within `limit`, or never will.
    func wait(for text: String, on stream: OutputStream, atMost limit: Duration) -> Bool {
        let wanted = Array(text.utf8)
        return locked {
            func holds() -> Bool {
                (stream == .out ? output : errors).firstRange(of: wanted) != nil
            }
            pause(limit) { holds() || ending != nil }
            return holds()
        }
    }

    var isRunning: Bool { locked { ending == nil } }

    // MARK: - Directing

    /// Sends a signal; nothing happens once the process has ended.
    func signal(_ number: Int32) {
        locked { if ending == nil { kill(pid, number) } }
    }

    /// Kills it if it runs, and waits until it is reaped.
    func end() {
        signal(SIGKILL)
        locked { while ending == nil { condition.wait() } }
        closeInput()
    }

    /// Writes to its standard input.
    func feed(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            if written <= 0 { return }
            rest = rest.dropFirst(written)
        }
    }

    func closeInput() {
        locked {
            if input >= 0 { close(input) }
            input = -1
        }
    }

    // MARK: - Reading

    private func read(_ descriptor: Int32, _ stream: OutputStream, upTo limit: Int) {
        var window = [UInt8](repeating: 0, count: 1 << 16)
        var total = 0
        while total < limit {
            let count = Glibc.read(descriptor, &window, window.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            total += count
            locked {
                if stream == .out { output += window[..<count] } else { errors += window[..<count] }
                condition.broadcast()
            }
        }
        close(descriptor)
        let isLast = locked {
            readers -= 1
            return readers == 0
        }
        if isLast { reap() }
    }

    /// Both streams have ended, so the process is about to.
    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        locked {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
            condition.broadcast()
        }
    }

    private func pause(_ limit: Duration, _ holds: () -> Bool) {
        let end = Date(timeIntervalSinceNow: limit / .seconds(1))
        while !holds(), condition.wait(until: end) {}
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}

/// A process that should have exited with 0.
struct ProcessFailure: Error, CustomStringConvertible {
    var arguments: [String]
    var errors: String
    var description: String { "\(arguments.joined(separator: " ")) failed: \(errors)" }
}
