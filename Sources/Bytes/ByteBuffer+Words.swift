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

extension ByteBuffer {
    /// Writes eight bytes at `place`, which may lie up to 56 bytes behind the capacity.
    @inlinable @inline(__always)
    mutating func store(_ word: UInt64, at place: Int) {
        precondition(place >= 0 && place &- capacity <= ByteBuffer.slack &- 8)
        // Safety: the allocation reaches `slack` bytes behind the capacity, as just checked.
        unsafe UnsafeMutableRawPointer(base + place).storeBytes(
            of: word.littleEndian, as: UInt64.self)
    }

    /// Writes one byte at `place`, which lies within the capacity.
    @inlinable @inline(__always)
    mutating func set(_ byte: UInt8, at place: Int) {
        precondition(place >= 0 && place < capacity)
        // Safety: inside the allocation, as just checked.
        unsafe base[place] = byte
    }

    /// Appends the lowest `used` bytes of a word, lowest first; eight unless told.
    @inlinable @inline(__always)
    package mutating func append(word: UInt64, used: Int = 8) {
        reserve(used)
        store(word, at: count)
        count &+= used
    }

    /// Appends a few bytes of a longer span, faster than a call of memcpy when they are few.
    @inlinable @inline(__always)
    package mutating func append(_ source: Span<UInt8>, from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= source.count)
        reserve(end &- start)
        var place = start
        while end &- place >= 8 {
            store(source.word(at: place), at: count &+ (place &- start))
            place &+= 8
        }
        if place < end {
            store(source.rest(from: place, to: end), at: count &+ (place &- start))
        }
        count &+= end &- start
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
