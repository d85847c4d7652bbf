// What became of the bytes and events of a file: the columns of the ledger.

/// A final fate of bytes, as the ledger counts it. The raw values are written to the state: never
/// reused.
package enum Outcome: Int, CaseIterable, Sendable {
    /// 201: stored.
    case stored = 0
    /// 200 on `create`: dropped by the server's own pipeline.
    case dropped = 1
    /// 201 with `failure_store: used`.
    case diverted = 2
    /// 409: stored before, under the same id.
    case duplicate = 3
    /// In the park file.
    case parked = 4
    /// Left out by rule: empty lines.
    case filtered = 5
    /// Before the first byte read, by `start: end`.
    case abandonedAtStart = 6
    /// Truncated away before it was read.
    case abandonedByTruncation = 7
    /// Deleted while nobody held it open.
    case abandonedByDeletion = 8
    /// Deleted, and let go unread at the limit of what is held open.
    case abandonedHeld = 9
    /// Left out because nobody ever wrote it: holes.
    case filteredHoles = 10
    /// Left out because it was read already, in the file that this is a copy of.
    case filteredCopies = 11
}

/// Events and bytes for each outcome. A value type of two machine vectors: adding costs nothing.
package struct Tally: Equatable, Sendable {
    package var events = SIMD16<UInt64>(repeating: 0)
    package var bytes = SIMD16<UInt64>(repeating: 0)

    package init() {}

    package mutating func add(_ outcome: Outcome, events: UInt64 = 1, bytes: UInt64) {
        self.events[outcome.rawValue] &+= events
        self.bytes[outcome.rawValue] &+= bytes
    }

    package static func += (tally: inout Tally, other: Tally) {
        tally.events &+= other.events
        tally.bytes &+= other.bytes
    }

    /// Bytes of all outcomes together.
    package var allBytes: UInt64 { bytes.wrappedSum() }

    package func events(_ outcome: Outcome) -> UInt64 { events[outcome.rawValue] }
    package func bytes(_ outcome: Outcome) -> UInt64 { bytes[outcome.rawValue] }
}
