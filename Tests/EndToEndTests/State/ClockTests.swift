// The clock on the wall put forward and back while the agent runs.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Clock steps", .enabled(if: FakeClock.library != nil, FakeClock.absence))
    struct ClockTests {
        @Test("D58: steps forth and back expire no record and change no order of files")
        func steps() throws {
            let stage = try Stage()
            let clock = try FakeClock(in: stage.scratch)
            let writer = try stage.writer()
            let quiet = try stage.writer("b", name: "access.log.quiet")
            try writer.write(200)
            try quiet.write(200)
            let agent = try stage.start(environment: clock.environment, under: clock.wrapper)
            #expect(stage.everythingArrives())
            for step in ["+1h", "+1d", "-1d", "-10d", "+400d", "+0"] {
                try clock.set(step)
                // A sweep at each new name; the old files are there and in the state.
                try writer.rotate()
                try writer.write(200)
                #expect(stage.everythingArrives())
            }
            try quiet.write(200)
            stage.expectAllOnce(from: agent)
            let log = agent.log
            #expect(!log.contains("file.removed") && !log.contains("file.truncated"))
            let records = try stage.state().records
            #expect(records.count == 8)
            // Of files first seen under one name, the younger have the higher number.
            let names =
                ["access.log.6", "access.log.5", "access.log.4", "access.log.3"]
                + ["access.log.2", "access.log.1", "access.log"]
            let births = try names.map { name in
                let path = Array("\(stage.logs)/\(name)".utf8)
                let record = try #require(records.first { $0.path == path })
                return record.incarnation[..<6].reduce(0) { $0 << 8 | UInt64($1) }
            }
            #expect(births == births.sorted(), "\(births)")
            // The clock was indeed another one.
            let steps = Set(
                try agent.events("file.found").compactMap { $0["@timestamp"] as? String }
                    .map { String($0.prefix(10)) })
            #expect(steps.count >= 4, "\(steps)")
        }

        @Test(
            "D58: what waits for its back-off waits on, wherever the clock goes",
            arguments: ["+1h", "+1d", "-1d"])
        func waiting(_ step: String) throws {
            let retryLater = [Header("retry-after", "60")]
            let stage = try Stage(
                Script(requests: [RequestRule(.always, .refuse(503, headers: retryLater))]))
            let clock = try FakeClock(in: stage.scratch)
            try stage.writer().write(200)
            let agent = try stage.start(environment: clock.environment, under: clock.wrapper)
            #expect(stage.requestsPass(1))
            let connections = stage.settings.connections
            let before = stage.server.read { $0.requests.count }
            try clock.set(step)
            try stage.writer("b", name: "access.log.b").write(200)
            #expect(agent.says("access.log.b"))
            // Each connection may have been on its way; none asks twice.
            let isStorm = stage.server.wait(atMost: .seconds(2)) {
                $0.requests.count > before + connections
            }
            #expect(!isStorm)
            #expect(agent.isRunning)
            agent.kill()
            stage.server.play(.healthy)
            let next = try stage.start(environment: clock.environment, under: clock.wrapper)
            stage.expectAllOnce(from: next)
        }

        @Test("D58: a clock put back between two runs changes no order of files")
        func stepBetweenRuns() throws {
            let stage = try Stage()
            let clock = try FakeClock(in: stage.scratch)
            try clock.set("+10d")
            let writer = try stage.writer()
            try writer.write(200)
            let first = try stage.start(environment: clock.environment, under: clock.wrapper)
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            try clock.set("-10d")
            try writer.rotate()
            try writer.write(200)
            stage.expectAllOnce(
                from: try stage.start(environment: clock.environment, under: clock.wrapper))
            let records = try stage.state().records.sorted {
                $0.incarnation.lexicographicallyPrecedes($1.incarnation)
            }
            let paths = records.map { String(decoding: $0.path, as: UTF8.self) }
            #expect(paths == ["\(stage.logs)/access.log.1", "\(stage.logs)/access.log"])
        }
    }
}

/// A wall clock that a test sets; the monotonic one and the times of files are true.
final class FakeClock: Sendable {
    private let file: String
    /// What the library shares between processes, by name: it is left behind by those it is killed
    /// with.
    private let shared: String

    static let library: String? = {
        let root = "/usr/lib"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            let path = "\(root)/\(name)/faketime/libfaketimeMT.so.1"
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }()
    static let absence: Comment = "needs the package faketime"

    init(in scratch: Scratch) throws {
        file = "\(scratch.path)/clock"
        shared = "\(scratch.path)/clock.shared"
        try set("+0")
    }

    deinit {
        let names = (try? String(contentsOfFile: shared, encoding: .utf8)) ?? ""
        for name in names.split(whereSeparator: \.isWhitespace) {
            let bare = name.drop { $0 == "/" }
            for path in ["/dev/shm/\(bare)", "/dev/shm/sem.\(bare)"] { unlink(path) }
        }
    }

    /// The library takes a variable out of the environment when it begins, and Swift then no longer
    /// finds its arguments; in a program that another one starts there is nothing to take out.
    var wrapper: [String] {
        ["/bin/sh", "-c", "echo $FAKETIME_SHARED >>\(shared); exec \"$@\"", "sh"]
    }

    /// How far it goes from the true time, as faketime writes it.
    func set(_ offset: String) throws {
        // Whole or not at all: it is read at each look at the clock.
        try (offset + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }

    var environment: [String: String] {
        [
            "LD_PRELOAD": FakeClock.library ?? "", "FAKETIME_TIMESTAMP_FILE": file,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }
}
