// Whether text is an IP address that Elasticsearch's `ip` field takes.
import Bytes

/// True for a dotted quad without leading zeros, and for IPv6 as RFC 4291 §2.2 writes it: `::` at
/// most once and for one group or more, an embedded dotted quad at the end; no zone, no brackets.
func isInternetAddress(_ line: Span<UInt8>, _ part: Part) -> Bool {
    let length = part.end &- part.start
    // "::" is the shortest; the longest is eight groups of which the last two are a dotted quad.
    if length < 2 || length > 45 { return false }
    if isDottedQuad(line, part.start, part.end) { return true }
    return isSixteenBytes(line, part.start, part.end)
}

/// `a.b.c.d`, each 0 to 255 without leading zeros.
@inline(__always)
private func isDottedQuad(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    var place = start
    for number in 0..<4 {
        if number > 0 {
            guard place < end, line[place] == UInt8(ascii: ".") else { return false }
            place &+= 1
        }
        guard place < end, isDigit(line[place]) else { return false }
        var value = Int(line[place] & 0xf)
        let first = place
        place &+= 1
        while place < end, isDigit(line[place]) {
            value = value &* 10 &+ Int(line[place] & 0xf)
            place &+= 1
            if value > 255 || line[first] == UInt8(ascii: "0") { return false }
        }
    }
    return place == end
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
