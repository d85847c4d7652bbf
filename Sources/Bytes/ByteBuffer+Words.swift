// Eight bytes at a time: checked loads from a span, copies and stores into a buffer.
import Glibc

extension Span where Element == UInt8 {
    /// The eight bytes at `index`, the first of them lowest. Traps beyond the span.
    @inlinable @inline(__always)
    package func word(at index: Int) -> UInt64 {
        // Safety: the load checks its bounds; any eight bytes are a number.
        unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The 16 bytes at `index`. Traps beyond the span.
    @inlinable @inline(__always)
    package func block(at index: Int) -> SIMD16<Int8> {
        // Safety: the load checks its bounds; any 16 bytes are such a vector.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<Int8>.self)
    }

    /// The last bytes before `end`, from `start` on, one to seven, the first of them lowest; zeros
    /// above.
    @inlinable @inline(__always)
    package func rest(from start: Int, to end: Int) -> UInt64 {
        if end >= 8 { return word(at: end &- 8) &>> UInt64(64 &- 8 &* (end &- start)) }
        return shortRest(from: start, to: end)
    }

    @usableFromInline @inline(never)
    func shortRest(from start: Int, to end: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = end
        while index > start {
            index -= 1
            word = word << 8 | UInt64(self[index])
        }
        return word
    }
}

extension SIMDMask<SIMD16<Int8>> {
    /// The lanes as bytes, all ones or all zeros: the first eight, the others.
    @inlinable @inline(__always)
    var halves: SIMD2<UInt64> {
        // Safety: both are 16 bytes, and any bytes are such a vector.
        unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
    }
}

extension ByteBuffer {
    /// Writes eight bytes `distance` behind those in use, without counting them.
    @inlinable @inline(__always)
    mutating func overrun(_ word: UInt64, by distance: Int) {
        precondition(distance >= 0 && distance &+ count &- capacity <= ByteBuffer.slack &- 8)
        // Safety: the allocation reaches `slack` bytes behind the capacity, as just checked.
        unsafe UnsafeMutableRawPointer(base + (count &+ distance)).storeBytes(
            of: word.littleEndian, as: UInt64.self)
    }

    /// Writes 16 bytes `distance` behind those in use, without counting them.
    @inlinable @inline(__always)
    mutating func overrun(_ block: SIMD16<Int8>, by distance: Int) {
        precondition(distance >= 0 && distance &+ count &- capacity <= ByteBuffer.slack &- 16)
        // Safety: as above.
        unsafe UnsafeMutableRawPointer(base + (count &+ distance)).storeBytes(
            of: block, as: SIMD16<Int8>.self)
    }

    /// Appends the lowest `used` bytes of a word, lowest first; eight unless told.
    @inlinable @inline(__always)
    package mutating func append(word: UInt64, used: Int = 8) {
        reserve(used)
        overrun(word, by: 0)
        count &+= used
    }

    /// Appends part of a longer span, faster than a call of memcpy when it is short.
    @inlinable @inline(__always)
    package mutating func append(_ source: Span<UInt8>, from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= source.count)
        if end &- start <= 16 && source.count &- start >= 16 {
            reserve(end &- start)
            overrun(source.block(at: start), by: 0)
            count &+= end &- start
        } else {
            appendLong(source, from: start, to: end)
        }
    }

    @usableFromInline @inline(never)
    mutating func appendLong(_ source: Span<UInt8>, from start: Int, to end: Int) {
        append(source.extracting(start..<end))
    }

    /// Appends again what stands in the buffer already.
    @inlinable @inline(__always)
    package mutating func append(again range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        reserve(range.count)
        // Safety: both ranges lie inside the allocation and the new one begins behind the old.
        unsafe memcpy(base + count, base + range.lowerBound, range.count)
        count &+= range.count
    }
}
