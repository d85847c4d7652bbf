// Whether text is an IP address that Elasticsearch's `ip` field takes.
import Bytes

/// True for a dotted quad without leading zeros, and for IPv6 as RFC 4291 §2.2 writes it: `::` at
/// most once and for one group or more, an embedded dotted quad at the end; no zone, no brackets.
func isInternetAddress(_ line: Span<UInt8>, _ part: Part) -> Bool {
    let length = part.end &- part.start
    // "::" is the shortest; the longest is eight groups of which the last two are a dotted quad.
    if length < 2 || length > 45 { return false }
    return isDottedQuad(line, part.start, part.end) || isSixteenBytes(line, part.start, part.end)
}

/// `a.b.c.d`, each 0 to 255 without leading zeros. There is no branch for each byte: the lengths of
/// the numbers vary from line to line, and no processor foresees them. At least 24 bytes of the
/// line begin at `start`, as behind the address of every line that has a time.
private func isDottedQuad(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    let length = end &- start
    if length > 15 { return false }
    // A bit for each byte: which are dots, which are digits; a dot is put behind the end.
    let low = line.word(at: start)
    let high = line.word(at: start &+ 8)
    let inside: UInt32 = (1 &<< UInt32(length)) &- 1
    let dots = (bits(equal(low, 0x2e)) | bits(equal(high, 0x2e)) << 8) & inside
    let digits = (bits(decimal(low)) | bits(decimal(high)) << 8) & inside
    guard dots | digits == inside, dots.nonzeroBitCount == 3 else { return false }
    var rest = dots | (inside &+ 1)
    var first = 0
    var isLegal = true
    for _ in 0..<4 {
        let dot = rest.trailingZeroBitCount
        rest &= rest &- 1
        let count = UInt32(truncatingIfNeeded: dot &- first)
        // The digits as one number, big endian: "99" is below "100" as a number too.
        let digits = UInt32(truncatingIfNeeded: line.word(at: start &+ first))
        let number = (digits &<< (32 &- 8 &* count)).byteSwapped
        // No leading zero but in "0" itself: at least "10" of two digits and "100" of three.
        let least: UInt32 = 0x31_3030 &>> (24 &- 8 &* count) &- (count == 1 ? 1 : 0)
        isLegal = isLegal && count &- 1 < 3 && number >= least && number <= 0x32_3535
        first = dot &+ 1
    }
    return isLegal
}

/// Up to eight groups of up to four hexadecimal digits.
private func isSixteenBytes(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    var groups = 0
    var isShortened = false
    var place = start
    if line[place] == UInt8(ascii: ":") {
        guard line[place + 1] == UInt8(ascii: ":") else { return false }
        isShortened = true
        place += 2
    }
    while place < end {
        let first = place
        while place < end, isHexDigit(line[place]) { place += 1 }
        if place < end, line[place] == UInt8(ascii: ".") {
            guard isDottedQuad(line, first, end) else { return false }
            groups += 2
            break
        }
        guard place > first, place - first <= 4 else { return false }
        groups += 1
        if place == end { break }
        guard line[place] == UInt8(ascii: ":"), place + 1 < end else { return false }
        place += 1
        if line[place] == UInt8(ascii: ":") {
            if isShortened { return false }
            isShortened = true
            place += 1
        }
    }
    return isShortened ? groups < 8 : groups == 8
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}

private let sevens: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
private let ones: UInt64 = 0x0101_0101_0101_0101

/// The high bit of every byte that equals `byte`, exactly.
@inline(__always)
private func equal(_ word: UInt64, _ byte: UInt64) -> UInt64 {
    let difference = word ^ (ones &* byte)
    return ~((difference & sevens) &+ sevens | difference) & ~sevens
}

/// The high bit of every byte that is a decimal digit, exactly.
@inline(__always)
private func decimal(_ word: UInt64) -> UInt64 {
    let value = word ^ (ones &* 0x30)
    return ~((value & sevens) &+ (ones &* 0x76) | value) & ~sevens
}

/// The high bits of eight bytes side by side, the lowest byte's lowest.
@inline(__always)
private func bits(_ mask: UInt64) -> UInt32 {
    UInt32(((mask >> 7) &* 0x0102_0408_1020_4080) >> 56)
}
