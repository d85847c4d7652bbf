// Bytes of any kind as the inside of a JSON string (RFC 8259 §7).

/// A byte's high bit is set where it must not stand in a JSON string as it is, or is not ASCII.
/// Exact up to the lowest such byte; above it there may be false alarms.
@inline(__always)
private func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let backslashes = word ^ (ones &* 0x5c)
    let controls = word &- (ones &* 0x20)
    return (controls | (quotes &- ones) | (backslashes &- ones) | word) & (ones &* 0x80)
}

/// How many bytes at the start of a block may stand in a JSON string as they are, and are ASCII.
@inlinable @inline(__always)
func leadingPlain(_ block: SIMD16<Int8>) -> Int {
    // Constants without a type of their own would make these operators generic calls.
    let space: SIMD16<Int8> = SIMD16(repeating: 0x20)
    let quote: SIMD16<Int8> = SIMD16(repeating: 0x22)
    let backslash: SIMD16<Int8> = SIMD16(repeating: 0x5c)
    // Signed, so that what is not ASCII is below a space too.
    return leadingFalse((block .< space) .| (block .== quote) .| (block .== backslash))
}

extension ByteBuffer {
    /// Appends text for the inside of a JSON string. `"`, `\` and control characters are escaped;
    /// each ill-formed part of the UTF-8 (a maximal subpart, Unicode §3.9) becomes one U+FFFD.
    @inlinable @inline(__always)
    package mutating func appendEscaped(_ source: Span<UInt8>) {
        appendEscaped(source, from: 0, to: source.count)
    }

    /// As above, for a part of a longer span: copied 16 bytes at a time while they are searched.
    @inlinable
    package mutating func appendEscaped(_ source: Span<UInt8>, from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= source.count)
        var place = appendPlain(source, from: start, to: end)
        while place < end {
            place = appendSpecial(source, from: place, to: end)
            place = appendPlain(source, from: place, to: end)
        }
    }

    /// Appends what stands at `start` up to the first byte that is special, whose place is
    /// returned, or up to the end.
    @inlinable @inline(__always)
    mutating func appendPlain(_ source: Span<UInt8>, from start: Int, to end: Int) -> Int {
        reserve(end &- start)
        // Safety: every block begins before `end`, for which there is room, so it overruns into at
        // most 15 bytes of the slack; the span cannot overlap an exclusively held buffer.
        let out = unsafe UnsafeMutableRawPointer(base + count)
        let lastBlock = min(end &- 1, source.count &- 16)
        var place = start
        while place <= lastBlock {
            let block = source.block(at: place)
            unsafe out.storeBytes(of: block, toByteOffset: place &- start, as: SIMD16<Int8>.self)
            let plain = leadingPlain(block)
            place &+= plain
            if plain < 16 {
                // What stopped it may lie beyond the end.
                place = min(place, end)
                count &+= place &- start
                return place
            }
        }
        if place < end { return appendPlainEnd(source, from: start, at: place, to: end) }
        count &+= end &- start
        return end
    }

    /// The same where no block can be read, so near the end of the span; all before `place` is
    /// plain and written, but not counted.
    @usableFromInline @inline(never)
    mutating func appendPlainEnd(
        _ source: Span<UInt8>, from start: Int, at reached: Int, to end: Int
    ) -> Int {
        var place = reached
        if end - start >= 16 {
            // A last block that overlaps what is plain.
            let block = source.block(at: end - 16)
            overrun(block, by: end - 16 - start)
            place = end - 16 + leadingPlain(block)
            count += place - start
            return place
        }
        while place < end {
            let left = min(end - place, 8)
            let word = left == 8 ? source.word(at: place) : source.rest(from: place, to: end)
            overrun(word, by: place - start)
            // Above the rest of a field there are zeros, which are not plain.
            let padding = left == 8 ? 0 : 0x2020_2020_2020_2020 &<< UInt64(8 * left)
            let special = specialBytes(word | padding)
            if special != 0 {
                place += special.trailingZeroBitCount >> 3
                break
            }
            place += left
        }
        count += place - start
        return place
    }

    /// Appends what stands at `start` and must be looked at, up to the next plain byte, whose place
    /// is returned.
    @usableFromInline @inline(never)
    mutating func appendSpecial(_ source: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var place = start
        while place < end {
            let byte = source[place]
            if byte >= 0x80 {
                let part = source.utf8Part(at: place, to: end)
                if part.isWellFormed {
                    append(source, from: place, to: place + part.length)
                } else {
                    append("\u{FFFD}")
                }
                place += part.length
            } else if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                break
            } else {
                appendEscape(of: byte)
                place += 1
            }
        }
        return place
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        default:
            append("\\u00")
            append(hexDigit(byte >> 4))
            append(hexDigit(byte & 15))
        }
    }
}

extension Span where Element == UInt8 {
    /// The length of the well-formed sequence of a lead byte at `place`, or of the maximal
    /// ill-formed part (Unicode table 3-7).
    func utf8Part(at place: Int, to end: Int) -> (length: Int, isWellFormed: Bool) {
        let lead = self[place]
        if lead < 0xc2 || lead > 0xf4 { return (1, false) }
        let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
        var low: UInt8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
        var high: UInt8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
        for distance in 1..<length {
            guard place + distance < end else { return (distance, false) }
            let byte = self[place + distance]
            if byte < low || byte > high { return (distance, false) }
            (low, high) = (0x80, 0xbf)
        }
        return (length, true)
    }
}
