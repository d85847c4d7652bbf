// How far a long read is: one line on a terminal, drawn over again and erased at the end.
import Platform

/// Drawn a few times a second at most. Owned by one thread.
package final class ProgressBar {
    /// Input smaller than this is done before anybody looks.
    package static let least: UInt64 = 64 << 20

    private let total: UInt64
    private let columns: Int
    private let write: (String) -> Void
    private let now: () -> Instant
    private let begun: Instant
    private var nextDrawing: Instant
    private var done: UInt64 = 0
    private var isDrawn = false

    /// - Parameters:
    ///   - total: bytes there are to read.
    ///   - columns: of the terminal.
    ///   - write: takes text for the terminal.
    package init(
        total: UInt64, columns: Int, now: @escaping () -> Instant = Instant.now,
        write: @escaping (String) -> Void
    ) {
        self.total = total
        self.columns = columns
        self.write = write
        self.now = now
        begun = now()
        nextDrawing = begun + ProgressBar.interval
    }

    private static let interval = Duration.milliseconds(200)

    /// So many bytes more were read.
    package func advance(by bytes: UInt64) {
        done += bytes
        let now = now()
        if now < nextDrawing { return }
        nextDrawing = now + ProgressBar.interval
        write("\r" + text(at: now) + "\u{1b}[K")
        isDrawn = true
    }

    /// Takes the bar off the terminal; it comes back with the next bytes.
    package func erase() {
        if isDrawn { write("\r\u{1b}[K") }
        isDrawn = false
    }

    private func text(at now: Instant) -> String {
        // A file may grow while it is read.
        let percent = Int(min(done, total) * 100 / max(total, 1))
        let elapsed = max((now - begun).nanoseconds, 1)
        let rate = Int(Double(done) / Double(elapsed) * 1e9) >> 20
        let text =
            "\(padded(percent, 3)) %  \(done >> 20) of \(total >> 20) MiB  \(rate) MiB/s"
        // The last column stays empty: some terminals wrap behind it.
        let room = min(columns - text.count - 5, 50)
        guard room >= 10 else { return String(text.prefix(max(columns - 1, 0))) }
        let filled = room * percent / 100
        return text + "  [" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: room - filled) + "]"
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: " ", count: max(0, width - digits.count)) + digits
    }
}
