// Where the own log goes: standard error, without ever waiting for it, or memory.
import Bytes
import Glibc

/// Takes lines of the own log. Called by one thread at a time.
package protocol LogSink: Sendable {
    /// Takes the whole line at once, or returns false: it is lost. Never blocks.
    func write(_ event: LogEvent, _ line: Span<UInt8>) -> Bool
}

/// Standard error, which other processes may share: its flags are theirs too and stay as they are.
///
/// A socket is sent to without waiting. Anything else is asked by poll(2) first: a pipe that is
/// writable takes PIPE_BUF bytes whole, and no line is longer, so only a foreign writer of the same
/// pipe, between the two calls, could make the write wait for its reader.
package struct StandardErrorSink: LogSink {
    private let descriptor: Int32

    package init(descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

    package func write(_ event: LogEvent, _ line: Span<UInt8>) -> Bool {
        // Safety: the pointer is valid for the call and count bytes long.
        unsafe line.withUnsafeBufferPointer { bytes in
            let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
            let sent = unsafe send(descriptor, bytes.baseAddress, bytes.count, flags)
            if sent >= 0 || errno != ENOTSOCK { return sent == bytes.count }
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&request, 1, 0) == 1, request.revents == Int16(POLLOUT) else {
                return false
            }
            return unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
    }
}

/// Keeps what was logged, for tests; thread-safe.
package final class LogMemory: LogSink {
    private struct State {
        var events: [LogEvent] = []
        var lines: [String] = []
        var isFull = false
    }
    private let state = Lock(State())

    package init() {}

    package func write(_ event: LogEvent, _ line: Span<UInt8>) -> Bool {
        let text = line.text
        return state.withLock { state in
            if state.isFull { return false }
            state.events.append(event)
            state.lines.append(text)
            return true
        }
    }

    /// What was logged so far, in order.
    package var events: [LogEvent] { state.withLock { $0.events } }
    /// The same as written, each with its newline.
    package var lines: [String] { state.withLock { $0.lines } }
    /// The lines since the last call.
    package func takeLines() -> [String] {
        state.withLock { state in
            defer { state.lines.removeAll() }
            return state.lines
        }
    }
    /// While set, records are refused as a full pipe refuses them.
    package func setFull(_ full: Bool) { state.withLock { $0.isFull = full } }
}
