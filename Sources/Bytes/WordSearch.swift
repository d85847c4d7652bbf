// Finding a near byte, eight at a time and without a call. For far ones see Search.swift.

/// The high bit of each byte that equals `byte` is set; exact up to the lowest of them.
@inlinable @inline(__always)
func matches(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let difference = word ^ (ones &* UInt64(byte))
    return (difference &- ones) & ~difference & (ones &* 0x80)
}

extension Span where Element == UInt8 {
    /// The first place of `byte` at or after `start` and before `end`, `end` when there is none.
    @inlinable @inline(__always)
    package func near(_ byte: UInt8, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && start <= end && end <= count)
        var place = start
        while end &- place >= 8 {
            let found = matches(word(at: place), byte)
            if found != 0 { return place &+ found.trailingZeroBitCount >> 3 }
            place &+= 8
        }
        if place == end { return end }
        // Zeros stand above the rest, and a byte looked for may be zero: the minimum keeps it
        // inside.
        let found = matches(rest(from: place, to: end), byte)
        return min(end, place &+ found.trailingZeroBitCount >> 3)
    }
}
