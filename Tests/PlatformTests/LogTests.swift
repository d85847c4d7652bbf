// The own log: what is written, what is left out, and that it never waits.
import Foundation
import Glibc
import Platform
import Testing

/// A clock that a test sets.
private final class SetClock: Sendable {
    private let time = Lock(Instant(nanoseconds: 0))
    var now: Instant { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

@Suite("The own log")
struct LogTests {
    private let memory = LogMemory()
    private let clock = SetClock()

    private func log(_ level: LogLevel = .info, _ format: LogFormat = .json) -> Log {
        Log(
            level: level, format: format, sink: memory, clock: { [clock] in clock.now },
            wall: { WallTime(nanoseconds: 1_709_210_096_789_000_000) })
    }

    @Test("a record is one JSON line with its fields by type")
    func json() throws {
        log()(
            .fileFound, .path("/var/log/a\n\"b\".log"), .number("offset", 17),
            .size("size", 1 << 20),
            .duration("after", .milliseconds(1500)), .text("target", "logs-a-b"),
            .error(SystemError("openat", ENOENT)))
        #expect(
            memory.lines == [
                #"{"@timestamp":"2024-02-29T12:34:56.789Z","log.level":"info","#
                    + #""message":"file.found","#
                    + #""path":"/var/log/a\\x0a\"b\".log","offset":17,"size_bytes":1048576,"#
                    + #""after_ms":1500,"target":"logs-a-b","call":"openat","code":2,"#
                    + #""error":"No such file or directory"}"# + "\n"
            ])
    }

    @Test("a record for a terminal is one line of name=value, quoted where needed")
    func text() {
        log(.info, .text)(.scanFailed, .path("/a b"), .number("n", -1), .text("empty", ""))
        #expect(
            memory.lines == [
                "2024-02-29T12:34:56.789Z WARN  scan.failed path=\"/a b\" n=-1 empty=\"\"\n"
            ])
    }

    @Test(
        "times are those of the calendar", arguments: [0, 951_782_399, 951_782_400, 4_102_444_799])
    func calendar(second: Int64) throws {
        let log = Log(
            format: .json, sink: memory, clock: { Instant(nanoseconds: 0) },
            wall: { WallTime(nanoseconds: second * 1_000_000_000 + 7_000_000) })
        log(.agentStarted)
        let formatter = ISO8601DateFormatter()
        let expected = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
            .replacingOccurrences(of: "Z", with: ".007Z")
        #expect(try #require(memory.lines.first).hasPrefix("{\"@timestamp\":\"\(expected)\""))
    }

    @Test(
        "no text can end its string, its line, or change the terminal",
        arguments: LogFormat.allCases)
    func escaping(format: LogFormat) throws {
        let evil = "\u{1B}[2J\r\n\u{0}\u{7F}\u{9B}31m\u{202E}\u{2028}\"}\\😀\u{E0001}"
        log(.info, format)(
            .batchRefused, .text("type", evil), .path(Path(bytes: [0xFF, 0x1B, 0x22])))
        let line = try #require(memory.lines.first)
        #expect(line.hasSuffix("\n"))
        for scalar in line.unicodeScalars.dropLast() {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator].contains(category), "\(scalar.value)")
        }
        if format == .json {
            let object =
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(object?["type"] == evil)
            #expect(object?["path"] == #"\xff\x1b""#)
        }
    }

    @Test("a line never outgrows what a pipe takes whole, and stays valid")
    func limit() throws {
        let long = String(repeating: "é\u{1B}", count: 5000)
        let path = Path(bytes: [UInt8](repeating: 0x80, count: 4095))
        log()(
            .fileUnreadable, .path(path), .text("a", long), .text("b", long), .text("c", long),
            .text("d", long))
        let line = try #require(memory.lines.first)
        #expect(line.utf8.count <= 4096)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        let value = try #require(object?["a"])
        #expect(value.hasSuffix("…"))
        #expect(object?["d"] == nil)
    }

    @Test("records below the level are left out", arguments: LogLevel.allCases)
    func levels(level: LogLevel) {
        let log = log(level)
        for event in LogEvent.allCases { log(event) }
        #expect(memory.events == LogEvent.allCases.filter { $0.level <= level })
        #expect(log.writes(level) && (level == .debug || !log.writes(.debug)))
    }

    @Test("details are written at debug only")
    func details() {
        log(.info)(.batchRefused, .detail("reason", "failed to parse [GET /?token=abc]"))
        log(.debug)(.batchRefused, .detail("reason", "failed to parse"))
        #expect(memory.lines[0].contains("reason") == false)
        #expect(memory.lines[1].contains("\"reason\":\"failed to parse\""))
    }

    @Test("of one event ten are written in a second, the rest is counted; others are not held up")
    func rate() {
        let log = log()
        for index in 0..<25 { log(.fileUnreadable, .number("index", index)) }
        log(.scanFailed)
        #expect(memory.events == Array(repeating: .fileUnreadable, count: 10) + [.scanFailed])
        clock.advance(by: .milliseconds(1000))
        log(.fileUnreadable, .number("index", 25))
        #expect(memory.lines[11].hasSuffix("\"message\":\"file.unreadable\",\"more\":15}\n"))
        #expect(memory.lines[12].hasSuffix("\"index\":25}\n"))
        for _ in 0..<12 { log(.fileUnreadable) }
        log.flush()
        log.flush()
        #expect(memory.lines.count == 23)
        #expect(memory.lines[22].hasSuffix("\"more\":3}\n"))
    }

    @Test("what a full pipe refuses is counted and told once there is room")
    func dropped() {
        let log = log()
        memory.setFull(true)
        for _ in 0..<3 { log(.agentStarted) }
        memory.setFull(false)
        log(.agentStopping)
        log(.agentStopped)
        #expect(memory.events == [.logDropped, .agentStopping, .agentStopped])
        #expect(memory.lines[0].hasSuffix("\"message\":\"log.dropped\",\"records\":3}\n"))
    }

    @Test("threads do not mix their lines")
    func threads() throws {
        let log = Log(
            format: .json, sink: memory,
            clock: { [clock] in
                clock.advance(by: .seconds(2))
                return clock.now
            })
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for index in 0..<250 {
                log(.fileFound, .number("thread", thread), .number("index", index))
            }
        }
        #expect(memory.lines.count == 1000)
        for line in memory.lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
}

@Suite("The own log on standard error")
struct StandardErrorSinkTests {
    private func write(_ line: String, to sink: StandardErrorSink) -> Bool {
        let bytes = Array(line.utf8)
        return sink.write(.agentStarted, bytes.span)
    }

    @Test("a full pipe refuses, keeps its flags, and takes whole lines again once it is read")
    func pipe() throws {
        let pipe = Pipe()
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        let sink = StandardErrorSink(descriptor: writer.fileDescriptor)
        let line = String(repeating: "x", count: 4095) + "\n"
        var taken = 0
        while write(line, to: sink) { taken += 1 }
        #expect(taken >= 8)
        #expect(fcntl(writer.fileDescriptor, F_GETFL) & O_NONBLOCK == 0)
        let first = reader.readData(ofLength: 8192)
        #expect(first == Data((line + line).utf8))
        #expect(write(line, to: sink))
    }

    @Test("a full socket refuses, as does one whose reader has gone")
    func socket() {
        var pair: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let sink = StandardErrorSink(descriptor: pair[0])
        #expect(write("a\n", to: sink))
        while write(String(repeating: "x", count: 4096), to: sink) {}
        close(pair[1])
        #expect(write("b\n", to: sink) == false)
        close(pair[0])
    }

    @Test("a file takes every line; a closed descriptor refuses")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: path) }
        #expect(FileManager.default.createFile(atPath: path.path, contents: nil))
        let handle = try FileHandle(forWritingTo: path)
        #expect(write("a\n", to: StandardErrorSink(descriptor: handle.fileDescriptor)))
        #expect(try String(contentsOf: path, encoding: .utf8) == "a\n")
        #expect(write("a\n", to: StandardErrorSink(descriptor: 1 << 20)) == false)
    }
}

@Suite("The catalogue of log events")
struct LogEventTests {
    @Test("every entry has a name, a level and a sentence, and no name appears twice")
    func entries() {
        for event in LogEvent.allCases {
            let name = "^[a-z]+\\.[a-z_]+$"
            #expect(event.name.range(of: name, options: .regularExpression) != nil)
            #expect(LogLevel.allCases.contains(event.level))
            #expect(event.meaning.hasSuffix("."))
        }
        #expect(Set(LogEvent.allCases.map(\.name)).count == LogEvent.allCases.count)
    }

    @Test("docs/log-events.md lists the catalogue")
    func documented() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let page = root.appendingPathComponent("docs/log-events.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `") }
        let expected = LogEvent.allCases.map {
            "| `\($0.name)` | \($0.level.rawValue) | \($0.meaning) |"
        }
        #expect(rows.map(String.init) == expected)
    }
}
