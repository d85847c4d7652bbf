// Finding a near byte, 16 at a time and without a call. For far ones see Search.swift.

/// How many lanes of a mask are false before the first that is true; 16 when none is.
@inlinable @inline(__always)
func leadingFalse(_ mask: SIMDMask<SIMD16<Int8>>) -> Int {
    let halves = mask.halves
    if halves[0] | halves[1] == 0 { return 16 }
    let low = halves[0].trailingZeroBitCount
    return (low < 64 ? low : 64 &+ halves[1].trailingZeroBitCount) >> 3
}

extension Span where Element == UInt8 {
    /// The first place of `byte` at or after `start` and before `end`, `end` when there is none.
    @inlinable @inline(__always)
    package func near(_ byte: UInt8, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && start <= end && end <= count)
        let wanted: SIMD16<Int8> = SIMD16(repeating: Int8(bitPattern: byte))
        var place = start
        while place < end {
            if count &- place < 16 { return nearByByte(byte, from: place, to: end) }
            let before = leadingFalse(block(at: place) .== wanted)
            if before < 16 { return min(end, place &+ before) }
            place &+= 16
        }
        return end
    }

    @usableFromInline @inline(never)
    func nearByByte(_ byte: UInt8, from start: Int, to end: Int) -> Int {
        var place = start
        while place < end, self[place] != byte { place &+= 1 }
        return place
    }
}
