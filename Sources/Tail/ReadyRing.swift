// The files that wait for their turn.

/// A ring of file slots: each stands in it once; those added as first go before the others.
struct ReadyRing: Sendable {
    private var first: [Int] = []
    private var rest: [Int] = []
    /// Where in `rest` the ring stands: taking from the front must not move all others.
    private var head = 0

    var isEmpty: Bool { first.isEmpty && head == rest.count }

    mutating func add(_ slot: Int, first isFirst: Bool) {
        if isFirst { first.append(slot) } else { rest.append(slot) }
    }

    mutating func next() -> Int? {
        if !first.isEmpty { return first.removeFirst() }
        guard head < rest.count else { return nil }
        let slot = rest[head]
        head += 1
        if head == rest.count || head > 1024 {
            rest.removeFirst(head)
            head = 0
        }
        return slot
    }

    /// `taken` left the ring in place of `other`, which was to go before it: `taken` waits where
    /// `other` did.
    mutating func swap(_ taken: Int, _ other: Int) {
        if let index = first.firstIndex(of: other) { first[index] = taken }
        if let index = rest[head...].firstIndex(of: other) { rest[index] = taken }
    }

    mutating func remove(_ slot: Int) {
        first.removeAll { $0 == slot }
        if let index = rest[head...].firstIndex(of: slot) { rest.remove(at: index) }
    }
}
