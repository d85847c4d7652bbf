// A request line (RFC 9112 §3): method, target and version, or merely some bytes.
import Bytes

/// The parts of a request line. One that is malformed has a target only: all of it.
package struct Request: Hashable, Sendable {
    package let method: Part
    package let target: Part
    /// What stands behind `HTTP/`.
    package let version: Part

    /// The longest method and version that are taken for one.
    private static let longestMethod = 32
    private static let longestVersion = 7

    /// Takes a request line apart. The target is all between the first and the last space: clients
    /// send spaces unescaped, and servers log them.
    init(_ line: Span<UInt8>, _ part: Part) {
        guard let (methodEnd, lastSpace) = Request.spaces(line, part) else {
            method = .absent
            target = part.unlessDash(in: line)
            version = .absent
            return
        }
        method = Part(part.start, methodEnd)
        target = Part(methodEnd &+ 1, lastSpace)
        version = Part(lastSpace &+ 6, part.end)
    }

    /// The places of the first and last space of a well-formed request line.
    @inline(__always)
    private static func spaces(_ line: Span<UInt8>, _ part: Part) -> (Int, Int)? {
        let methodLimit = min(part.end, part.start &+ longestMethod &+ 1)
        var methodEnd = part.start
        while methodEnd < methodLimit, isMethodCharacter(line[methodEnd]) { methodEnd &+= 1 }
        guard methodEnd > part.start, methodEnd < methodLimit,
            line[methodEnd] == UInt8(ascii: " ")
        else { return nil }

        // From the end: digits and dots, "HTTP/", a space.
        let versionLimit = max(methodEnd, part.end &- longestVersion)
        var version = part.end
        while version > versionLimit, isVersionCharacter(line[version &- 1]) { version &-= 1 }
        let lastSpace = version &- 6
        guard version < part.end, lastSpace > methodEnd &+ 1,
            line[version] != UInt8(ascii: "."), line[part.end &- 1] != UInt8(ascii: "."),
            // The eight bytes before the version, but for the two lowest: " HTTP/".
            line.word(at: version &- 8) >> 16 == 0x2f50_5454_4820
        else { return nil }
        return (methodEnd, lastSpace)
    }
}

/// Letters, `-` and `_`: no registered method has others.
@inline(__always)
private func isMethodCharacter(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
}

@inline(__always)
private func isVersionCharacter(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: ".")
}
