// Much to ship and little time or memory for it.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Backlogs") struct BacklogTests {
        /// A stage with so many requests of work, each of which takes the server a while, and an
        /// agent that was told to go in the midst of it.
        private func stageThatDrains(
            _ requests: Int
        ) throws -> (stage: Stage, agent: AgentProcess) {
            let slow = RequestRule(.always, nil, delay: .milliseconds(100))
            let stage = try Stage(Script(requests: [slow]))
            stage.settings.connections = 1
            stage.settings.batchLines = 100
            stage.settings.deadline = "240s"
            let writer = try stage.writer()
            try writer.write(100 * requests / 2)
            try writer.rotate()
            try writer.write(100 * requests / 2)
            let agent = try stage.start()
            #expect(stage.requestsPass(2))
            agent.signal(SIGTERM)
            #expect(agent.says("agent.stopping"))
            #expect(stage.server.documents.count < stage.ledger.count)
            return (stage, agent)
        }

        @Test(
            "D56: told to go with a backlog, it ships all of it, leaves with 0, and all is durable")
        func draining() throws {
            let (stage, agent) = try stageThatDrains(20 * torture)
            #expect(agent.wait(atMost: .seconds(240)) == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(agent.lastWords.contains("\"pending_files\":0"), "\(agent.lastWords)")
            let state = try stage.state()
            #expect(state.records.count == 2)
            #expect(state.records.allSatisfy { $0.committed == $0.numbers[7] })
            // The next one has nothing to do.
            let before = stage.server.requests.count
            let next = try stage.start()
            #expect(next.says("agent.started"))
            #expect(next.terminate() == .exited(0))
            #expect(stage.server.requests.count == before)
        }

        @Test("D56: told twice with a backlog, it leaves at once, and the next one ships the rest")
        func leavingAtOnce() throws {
            let (stage, agent) = try stageThatDrains(100)
            #expect(agent.terminate() == .exited(3))
            #expect(agent.lastWords.contains("agent.stopped"), "\(agent.lastWords)")
            #expect(stage.server.documents.count < stage.ledger.count)
            #expect(stage.verdict.ahead.isEmpty)
            stage.server.play(.healthy)
            let next = try stage.start()
            #expect(stage.everythingArrives())
            #expect(next.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test("D60: with 64 MiB of memory an outage and a large backlog are got over")
        func memory() throws {
            let sink = try BulkSink()
            let group = MemoryGroup(limit: 64 << 20)
            let stage = try Stage()
            stage.settings.hosts = [sink.url]
            // As they are without a configuration.
            stage.settings.batchBytes = "1MiB"
            stage.settings.batchLines = 5000
            stage.settings.memory = "8MiB"
            let lines = 50_000 * torture
            try writeBacklog(lines, to: "\(stage.logs)/access.log")
            let agent = try stage.start(under: group?.wrapper ?? [])
            #expect(agent.says("file.found"))
            // Longer where there is time.
            let outage = ContinuousClock.now + .seconds(2 * torture)
            try sink.wait { $0.refused > 1 && ContinuousClock.now > outage }
            let atRest = agent.peakMemory
            sink.open()
            try sink.wait { $0.taken >= lines }
            let peak = agent.peakMemory
            #expect(agent.isRunning)
            #expect(peak > 0 && peak < 64 << 10, "\(atRest), then \(peak) KiB resident")
            #expect(agent.terminate() == .exited(0))
            #expect(agent.lastWords.contains("\"stored\":\(lines),"), "\(agent.lastWords)")
            #expect(try sink.counts().taken == lines)
            if let group { #expect(group.kills == 0) }
        }

        /// Lines of 4,000 bytes, of which little is different.
        private func writeBacklog(_ lines: Int, to path: String) throws {
            try Data().write(to: URL(filePath: path))
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            defer { try? file.close() }
            let pad = String(repeating: "x", count: 3890)
            var block = Data()
            for number in 0..<lines {
                let sequence = String(format: "%09d", number)
                block += Data(
                    (#"10.1.2.3 - - [20/Sep/2018:10:00:00 +0000] "#
                        + "\"GET /s/a/\(sequence)?pad=\(pad) HTTP/1.1\" 200 5120\n").utf8)
                if block.count > 4 << 20 || number == lines - 1 {
                    try file.write(contentsOf: block)
                    block.removeAll(keepingCapacity: true)
                }
            }
        }
    }
}

/// A server that takes every document and keeps none: Tests/Scripts/bulk-sink.py.
final class BulkSink {
    let url: String
    private let process: ChildProcess

    init() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Scripts/bulk-sink.py").path(percentEncoded: false)
        process = try ChildProcess(["/usr/bin/python3", script])
        guard process.wait(for: "\n", on: .out, atMost: patience),
            let port = process.text(.out).split(whereSeparator: \.isWhitespace).last
        else {
            process.end()
            throw ProcessFailure(arguments: [script], errors: process.text(.error))
        }
        url = "http://127.0.0.1:\(port)"
    }

    deinit { process.end() }

    /// No longer refuses.
    func open() { process.signal(SIGUSR1) }

    /// Documents taken and requests refused so far.
    func counts() throws -> (taken: Int, refused: Int) {
        let before = process.text(.out).count
        process.signal(SIGUSR2)
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            let text = process.text(.out)
            let words = text.dropFirst(before).split(whereSeparator: \.isWhitespace)
            if text.hasSuffix("\n"), words.count >= 4, let taken = Int(words[1]),
                let refused = Int(words[3])
            {
                return (taken, refused)
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        throw ProcessFailure(arguments: ["bulk-sink.py"], errors: process.text(.error))
    }

    /// Waits until its counts are as wanted.
    func wait(until holds: ((taken: Int, refused: Int)) -> Bool) throws {
        let end = ContinuousClock.now + patience * torture
        while ContinuousClock.now < end {
            if holds(try counts()) { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        Issue.record("the sink has \(try counts())")
    }
}

/// A control group with so much memory, where this machine lets one be made (cgroup v1 or v2);
/// gone with it.
final class MemoryGroup {
    private let path: String
    private let isUnified: Bool

    init?(limit: Int) {
        let root = "/sys/fs/cgroup"
        let name = "tailproof-\(UUID().uuidString.prefix(13))"
        let old = FileManager.default.fileExists(atPath: "\(root)/memory/memory.limit_in_bytes")
        isUnified = !old
        path = isUnified ? "\(root)/\(name)" : "\(root)/memory/\(name)"
        let limits = isUnified ? "memory.max" : "memory.limit_in_bytes"
        guard mkdir(path, 0o755) == 0 else { return nil }
        do {
            try Data("\(limit)\n".utf8).write(to: URL(filePath: "\(path)/\(limits)"))
        } catch {
            rmdir(path)
            return nil
        }
    }

    deinit { rmdir(path) }

    /// Starts a command in it.
    var wrapper: [String] {
        ["/bin/sh", "-c", "echo $$ >\(path)/cgroup.procs && exec \"$@\"", "sh"]
    }

    /// Processes that were killed for want of memory.
    var kills: Int {
        let name = isUnified ? "memory.events" : "memory.oom_control"
        let text = (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? "oom_kill 1"
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }
}
