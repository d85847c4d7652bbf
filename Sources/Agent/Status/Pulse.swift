// What the running agent shows of itself: when its pump will be back, as the name of its thread.
import Platform

/// The pump's word. As text, 15 bytes at most: `pump?` before the first sweep is over and `pump:`
/// after it, then the second of the monotonic clock by which the pump will have come by.
package struct Pulse: Equatable, Sendable {
    /// Whole seconds of the monotonic clock.
    package var promise: Int64
    /// All inputs were looked through once.
    package var isReady: Bool

    package init(promise: Int64, isReady: Bool) {
        self.promise = promise
        self.isReady = isReady
    }

    package var text: String { (isReady ? "pump:" : "pump?") + String(promise) }

    /// nil where the name is no pulse.
    package init?(_ name: String) {
        let mark = name.utf8.dropFirst(4).first
        guard name.hasPrefix("pump"), mark == UInt8(ascii: ":") || mark == UInt8(ascii: "?"),
            let promise = Int64(Substring(name.utf8.dropFirst(5)))
        else { return nil }
        self.init(promise: promise, isReady: mark == UInt8(ascii: ":"))
    }
}

/// Keeps the pulse up to date. Owned by the pump's thread, whose name it sets.
package struct PulseKeeper: Sendable {
    private var pulse: Pulse
    private let show: @Sendable (String) -> Void

    /// - Parameter show: takes the pulse as text; sets the name of the calling thread.
    package init(
        now: Instant = .now(), show: @escaping @Sendable (String) -> Void = ThreadNames.setOwn
    ) {
        pulse = Pulse(promise: PulseKeeper.second(now), isReady: false)
        self.show = show
    }

    /// Shows the first pulse. Call on the pump's thread.
    package func begin() { show(pulse.text) }

    /// The pump will be back at that time, at the latest. Costs a system call a second at most.
    package mutating func promise(_ instant: Instant, isReady: Bool) {
        let promise = max(pulse.promise, PulseKeeper.second(instant))
        if promise == pulse.promise, isReady == pulse.isReady { return }
        pulse = Pulse(promise: promise, isReady: isReady)
        show(pulse.text)
    }

    /// The end of the second that an instant lies in.
    private static func second(_ instant: Instant) -> Int64 {
        instant.nanoseconds / 1_000_000_000 + 1
    }
}
