// The largest bodies a host takes, as learned from what it refused.
import Platform

/// The working size of one host, in bytes of bulk lines before encoding. A refused body halves it;
/// bodies that are accepted near it let it grow again, for a limit may have been lifted, or have
/// been a mere accident. A limit that stays is tried ever more rarely: a refusal soon after growing
/// doubles the way to the next growth. Ten minutes without a refusal make the way short: a quiet
/// log would never go it, and a line that needs another one beside it as evidence would wait.
struct WorkingSize: Sendable {
    /// Accepted bodies near the ceiling before it grows.
    static let first = 32
    /// However often growing failed, so many are enough: at bodies of a MiB every 32 GiB.
    static let cap = 32 << 10
    /// After so long without a change one accepted body near the ceiling is enough.
    static let patience = Duration.seconds(600)

    /// Larger bodies are not to be sent; never 0. `Int.max`: nothing was refused.
    private(set) var ceiling = Int.max
    /// Accepted bodies near the ceiling since it last changed.
    private var accepted = 0
    /// So many are needed.
    private(set) var needed = WorkingSize.first
    /// The ceiling before the last growth, while that is unproven.
    private var before: Int?
    private var changed = Instant(nanoseconds: .min)

    /// A body of so many bytes was refused for its size, or seems to have been.
    mutating func refused(_ bytes: Int, at now: Instant) {
        changed = now
        if before != nil { needed = min(needed * 2, WorkingSize.cap) }
        ceiling = min(ceiling, max(bytes / 2, 1))
        accepted = 0
        before = nil
    }

    /// A body of so many bytes was accepted.
    mutating func accepted(_ bytes: Int, at now: Instant) {
        // A small body proves nothing.
        let near = ceiling == .max ? before ?? .max : ceiling / 2
        guard bytes > near else { return }
        accepted += 1
        if accepted < needed, changed + WorkingSize.patience > now { return }
        accepted = 0
        changed = now
        // The last growth has lasted.
        if before != nil { needed = WorkingSize.first }
        before = nil
        if ceiling == .max { return }
        before = ceiling
        ceiling = ceiling > 1 << 30 ? .max : ceiling * 2
    }
}
