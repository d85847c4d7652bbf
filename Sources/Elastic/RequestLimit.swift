// How many requests may be in flight at once: halved when the server has too much to do.

/// Additive increase, multiplicative decrease (RFC 5681 §3.1), of requests instead of segments, for
/// all hosts together: they are one cluster. Requests that were in flight together are refused for
/// one reason, so they count as one refusal.
struct RequestLimit: Sendable {
    /// As many as there are shippers.
    let most: Int
    /// So many requests may be in flight; at least 1.
    private(set) var places: Int
    /// Counts the halvings: what began before the last one says nothing any more.
    private(set) var era = 0
    private var accepted = 0

    init(most: Int) {
        precondition(most > 0)
        self.most = most
        places = most
    }

    /// A request that began in `era` was answered with 429, whole or on some item, while so many,
    /// itself among them, were in flight.
    mutating func refused(in era: Int, inFlight: Int) {
        guard era == self.era else { return }
        self.era += 1
        places = max(min(places, inFlight) / 2, 1)
        accepted = 0
    }

    /// A request that began in `era` was accepted: one place more for as many as there are.
    mutating func accepted(in era: Int) {
        guard era == self.era, places < most else { return }
        accepted += 1
        if accepted < places { return }
        places += 1
        accepted = 0
    }
}
