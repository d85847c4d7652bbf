// The agent's own log: typed records out of one catalogue, limited, never blocking.
import Bytes
import Glibc

/// The own log. Any thread may write; a record costs one write(2) or, where nobody reads, none.
///
/// Of one event at most `burst` records are written in a second; the next one after it carries
/// `more`: how many were left out. What a full pipe refuses is counted and told by `log.dropped` as
/// soon as there is room.
package final class Log: Sendable {
    /// Records of one event in one second.
    package static let burst = 10

    private struct Limit {
        var start: Instant
        var written = 0
        var more = 0
    }

    private struct State: ~Copyable {
        var line: LogLine
        var limits: [LogEvent: Limit] = [:]
        var dropped = 0
    }

    private let level: LogLevel
    private let sink: any LogSink
    private let clock: @Sendable () -> Instant
    private let wall: @Sendable () -> WallTime
    private let state: Lock<State>

    /// A log that writes records of `level` and above to the sink. `auto` is text when standard
    /// error is a terminal.
    package init(
        level: LogLevel = .info, format: LogFormat = .auto, sink: any LogSink = StandardErrorSink(),
        clock: @escaping @Sendable () -> Instant = Instant.now,
        wall: @escaping @Sendable () -> WallTime = WallTime.now
    ) {
        self.level = level
        self.sink = sink
        self.clock = clock
        self.wall = wall
        let json = format == .json || (format == .auto && isatty(STDERR_FILENO) == 0)
        state = Lock(State(line: LogLine(json: json, level: level)))
    }

    /// Whether records of that level are written: ask before gathering costly fields.
    package func writes(_ level: LogLevel) -> Bool { level <= self.level }

    /// Writes a record, or leaves it out where its level or the limit says so.
    package func callAsFunction(_ event: LogEvent, _ fields: LogField...) {
        self(event, fields)
    }

    /// The same with fields that were gathered.
    package func callAsFunction(_ event: LogEvent, _ fields: [LogField]) {
        guard writes(event.level) else { return }
        let now = clock()
        state.withLock { state in
            var limit = state.limits[event] ?? Limit(start: now)
            if now - limit.start >= .seconds(1) {
                flush(event, &state)
                limit = Limit(start: now)
            }
            let isAllowed = limit.written < Log.burst
            if isAllowed { limit.written += 1 } else { limit.more += 1 }
            state.limits[event] = limit
            if isAllowed { write(event, fields, &state) }
        }
    }

    /// Tells of every record that the limit left out. Call it now and then, and before the end.
    package func flush() {
        state.withLock { state in
            for event in LogEvent.allCases { flush(event, &state) }
        }
    }

    private func flush(_ event: LogEvent, _ state: inout State) {
        guard let more = state.limits[event]?.more, more > 0 else { return }
        state.limits[event]?.more = 0
        write(event, [.number("more", more)], &state)
    }

    private func write(_ event: LogEvent, _ fields: [LogField], _ state: inout State) {
        if state.dropped > 0 {
            let told = put(.logDropped, [.number("records", state.dropped)], &state)
            guard told else {
                state.dropped += 1
                return
            }
            state.dropped = 0
        }
        if !put(event, fields, &state) { state.dropped += 1 }
    }

    private func put(_ event: LogEvent, _ fields: [LogField], _ state: inout State) -> Bool {
        state.line.write(event, fields, at: wall())
        return sink.write(event, state.line.buffer.bytes)
    }
}
