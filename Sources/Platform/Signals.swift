// Signals as something to read: blocked everywhere, taken from a descriptor by one thread.
import CLinux
import Glibc

/// SIGTERM, SIGINT and SIGHUP, blocked in the thread that makes this and in every thread it starts
/// afterwards. SIGPIPE and SIGXFSZ are ignored: a closed pipe or a file size limit is an error
/// code, not the end.
package struct Signals: ~Copyable {
    package let descriptor: Int32

    /// Call in main before any other thread exists.
    package init() throws(SystemError) {
        tp_ignore_signal(SIGPIPE)
        tp_ignore_signal(SIGXFSZ)
        descriptor = try call("signalfd") { tp_signalfd() }
    }

    deinit { _ = close(descriptor) }

    /// The next signal that has arrived, nil when there is none.
    package func next() -> Int32? {
        let number = tp_next_signal(descriptor)
        return number > 0 ? number : nil
    }

    /// The next signal that has arrived, nil when there is none. Those that follow within 20 ms
    /// belong to it: `timeout` signals a process, and then the process again with its group.
    package func nextBurst() -> Int32? {
        guard let first = next() else { return nil }
        _ = Stop().wait(until: .now() + .milliseconds(20))
        while next() != nil {}
        return first
    }
}

extension Signals {
    /// From here on writing to a closed pipe is an error code, not the end.
    package static func ignoreBrokenPipes() { tp_ignore_signal(SIGPIPE) }

    /// SIGTERM, SIGINT and SIGHUP end the process at once also where it is the first of a
    /// container, whom their default actions pass by.
    package static func endAtOnce() { tp_end_on_signals() }
}
