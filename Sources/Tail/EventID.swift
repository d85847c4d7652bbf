// The id of an event: 32 characters that name its bytes. Public, and fixed for a major version.
import Bytes

/// Which bytes an event consists of: base64url of 24 bytes, the file's incarnation (16), the offset
/// of the event's first byte (6, big endian) and a check (2, big endian).
package struct EventID: Hashable, Sendable {
    package let incarnation: Incarnation
    /// The offset of the first byte in the file, below 2^48.
    package let offset: UInt64
    package let check: UInt16

    package init(incarnation: Incarnation, offset: UInt64, check: UInt16) {
        self.incarnation = incarnation
        self.offset = offset
        self.check = check
    }

    /// The lower 16 bits of XXH3 of the raw bytes of an event: all but the newline that ends it,
    /// and so also a carriage return before that; of a cut line its head. The lowest bit is 1 when
    /// the event was closed before its end was seen, else 0.
    package static func check(of raw: Span<UInt8>, torn: Bool) -> UInt16 {
        UInt16(truncatingIfNeeded: xxh3(raw)) & ~1 | (torn ? 1 : 0)
    }

    /// Characters of an id.
    package static let length = 32

    /// From the 32 characters; nil when they are not an id.
    package init?(text: Span<UInt8>) {
        guard text.count == EventID.length else { return nil }
        var bytes = ByteBuffer(capacity: 24)
        for start in stride(from: 0, to: EventID.length, by: 4) {
            var group: UInt32 = 0
            for place in start..<(start + 4) {
                guard let value = Base64URL.value(of: text[place]) else { return nil }
                group = group << 6 | UInt32(value)
            }
            for shift: UInt32 in [16, 8, 0] { bytes.append(UInt8(group >> shift & 0xff)) }
        }
        guard let incarnation = Incarnation(bytes: bytes.bytes(0..<16)) else { return nil }
        let last = bytes.bytes.word(at: 16).byteSwapped
        self.init(
            incarnation: incarnation, offset: last >> 16, check: UInt16(truncatingIfNeeded: last))
    }

    /// The 32 characters.
    package var text: String {
        var buffer = ByteBuffer(capacity: EventID.length)
        var writer = IDWriter(incarnation)
        writer.append(offset: offset, check: check, to: &buffer)
        return buffer.bytes.text
    }
}

/// Writes the ids of one file's events: what they share is rendered once.
package struct IDWriter: Sendable {
    package let incarnation: Incarnation
    /// The characters of the first 15 bytes.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32
    /// The characters of the incarnation's last byte and the offset's upper two bytes, and which
    /// those are.
    private var fourth: UInt32
    private var upper: UInt64

    package init(_ incarnation: Incarnation) {
        self.incarnation = incarnation
        let (high, low) = (incarnation.high, incarnation.low)
        first = pair(high >> 40, high >> 16)
        second = pair(high << 8 | low >> 56, low >> 32)
        third = Base64URL.group(UInt32(low >> 8 & 0xff_ffff))
        upper = 0
        fourth = Base64URL.group(UInt32(low & 0xff) << 16)
    }

    /// Appends 32 characters. The offset is below 2^48.
    package mutating func append(offset: UInt64, check: UInt16, to buffer: inout ByteBuffer) {
        precondition(offset < 1 << 48)
        if offset >> 32 != upper {
            upper = offset >> 32
            fourth = Base64URL.group(UInt32(incarnation.low & 0xff) << 16 | UInt32(upper))
        }
        buffer.append(word: first)
        buffer.append(word: second)
        buffer.append(word: UInt64(third) | UInt64(fourth) << 32)
        buffer.append(word: pair(offset >> 8, offset << 16 | UInt64(check)))
    }
}

/// The characters of two groups, each the lower 24 bits.
@inline(__always)
private func pair(_ one: UInt64, _ two: UInt64) -> UInt64 {
    UInt64(Base64URL.group(UInt32(one & 0xff_ffff)))
        | UInt64(Base64URL.group(UInt32(two & 0xff_ffff))) << 32
}
