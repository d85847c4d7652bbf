// From a line of bytes to the places of its fields: common and combined, as Apache writes them.
import Bytes

/// Scans lines of one format. A field is separated from the next by one space; `%l`, the ident, is
/// ignored. Time is linear in the length of the line, whatever stands in it.
package struct LineScanner: Sendable {
    package let format: LineFormat

    package init(format: LineFormat) { self.format = format }

    /// The fields of a line, which comes without its newline.
    @_lifetime(copy line)
    package func scan(_ line: Span<UInt8>) throws(Malformed) -> AccessRecord {
        let address = try word(line, from: 0, "the client's address and a space")
        let ident = try word(line, from: address.end &+ 1, "the ident and a space")
        let user = try word(line, from: ident.end &+ 1, "the user and a space")
        let time = try self.time(line, from: user.end &+ 1)
        let request = try quoted(line, from: user.end &+ 30, "the request in quotes")
        let status = try self.status(line, from: request.end &+ 1)
        let bytes = try size(line, from: status.end &+ 1)

        var referrer = Part.absent
        var agent = Part.absent
        if bytes.end < line.count {
            if format == .common { throw Malformed(bytes.end, expected: "the end of the line") }
            if line[bytes.end] != UInt8(ascii: " ") {
                throw Malformed(bytes.end, expected: "a space")
            }
            referrer = try quoted(line, from: bytes.end &+ 1, "the referrer in quotes")
            let next = referrer.end &+ 1
            if next == line.count || line[next] != UInt8(ascii: " ") {
                throw Malformed(next, expected: "a space and the user agent in quotes")
            }
            agent = try quoted(line, from: next &+ 1, "the user agent in quotes")
            if agent.end &+ 1 != line.count {
                throw Malformed(agent.end &+ 1, expected: "the end of the line")
            }
        } else if format == .combined {
            throw Malformed(bytes.end, expected: "a space and the referrer in quotes")
        }
        return AccessRecord(
            line: line, time: time, address: address.unlessDash(in: line),
            user: user.unlessDash(in: line), request: Request(line, request), status: status,
            bytes: bytes.unlessDash(in: line), referrer: referrer.unlessDash(in: line),
            agent: agent.unlessDash(in: line))
    }

    /// One byte or more, up to a space.
    @inline(__always)
    private func word(
        _ line: Span<UInt8>, from start: Int, _ expected: StaticString
    ) throws(Malformed) -> Part {
        let end =
            start &+ 1 < line.count && line[start &+ 1] == UInt8(ascii: " ")
            ? start &+ 1 : line.near(UInt8(ascii: " "), from: start, to: line.count)
        // A space at the very start is an empty word; the shortcut above would step over it.
        if end == line.count || line[start] == UInt8(ascii: " ") {
            throw Malformed(start, expected: expected)
        }
        return Part(start, end)
    }

    /// `[17/May/2015:10:05:03 +0000]`, and the space behind.
    @inline(__always)
    private func time(_ line: Span<UInt8>, from start: Int) throws(Malformed) -> Int64 {
        guard start &+ 29 <= line.count, line[start] == UInt8(ascii: "["),
            line[start &+ 27] == UInt8(ascii: "]"), line[start &+ 28] == UInt8(ascii: " "),
            let time = line.logTime(at: start &+ 1)
        else { throw Malformed(start, expected: "a time such as [17/May/2015:10:05:03 +0000]") }
        return time
    }

    /// The bytes between two quotes, of which the second is not behind an odd number of
    /// backslashes.
    @inline(__always)
    private func quoted(
        _ line: Span<UInt8>, from quote: Int, _ expected: StaticString
    ) throws(Malformed) -> Part {
        guard quote < line.count, line[quote] == UInt8(ascii: "\"") else {
            throw Malformed(quote, expected: expected)
        }
        var start = quote &+ 1
        while let end = line.firstIndex(of: UInt8(ascii: "\""), from: start, to: line.count) {
            var backslashes = end
            while line[backslashes &- 1] == UInt8(ascii: "\\") { backslashes &-= 1 }
            if (end &- backslashes) & 1 == 0 { return Part(quote &+ 1, end) }
            start = end &+ 1
        }
        throw Malformed(line.count, expected: "a closing quote")
    }

    /// ` 200 `: three digits, the first not 0, between two spaces.
    @inline(__always)
    private func status(_ line: Span<UInt8>, from space: Int) throws(Malformed) -> Part {
        guard space &+ 5 <= line.count, line[space] == UInt8(ascii: " "),
            line[space &+ 1] &- UInt8(ascii: "1") < 9, isDigit(line[space &+ 2]),
            isDigit(line[space &+ 3]), line[space &+ 4] == UInt8(ascii: " ")
        else { throw Malformed(space, expected: "a space, a status of three digits, a space") }
        return Part(space &+ 1, space &+ 4)
    }

    /// `-`, `0`, or up to 18 digits that do not begin with 0: what fits a signed 64-bit number.
    @inline(__always)
    private func size(_ line: Span<UInt8>, from start: Int) throws(Malformed) -> Part {
        var end = start
        while end < line.count, isDigit(line[end]) { end &+= 1 }
        let digits = end &- start
        if digits == 0, start < line.count, line[start] == UInt8(ascii: "-") {
            return Part(start, start &+ 1)
        }
        if digits == 0 || digits > 18 || (digits > 1 && line[start] == UInt8(ascii: "0")) {
            throw Malformed(start, expected: "the size, - or up to 18 digits")
        }
        return Part(start, end)
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
