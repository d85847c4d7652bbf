// The framing of everything in the state: a tag, a length, bytes. What is not known is kept.
import Bytes

/// A tagged, length-prefixed run of bytes: one byte tag, four bytes length (little endian), the
/// bytes.
package struct StateItem: Equatable, Sendable {
    package var tag: UInt8
    package var bytes: [UInt8]
    package init(tag: UInt8, bytes: [UInt8]) {
        self.tag = tag
        self.bytes = bytes
    }
}

extension ByteBuffer {
    /// Appends an integer, little endian, in its own width.
    package mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        var rest = value
        for _ in 0..<Value.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    package mutating func append(item tag: UInt8, _ bytes: [UInt8]) {
        append(tag)
        append(littleEndian: UInt32(bytes.count))
        append(bytes)
    }

    package mutating func append<Value: FixedWidthInteger>(item tag: UInt8, _ value: Value) {
        append(tag)
        append(littleEndian: UInt32(Value.bitWidth / 8))
        append(littleEndian: value)
    }
}

/// Reads integers and items out of bytes that nobody vouches for: every step answers nil when they
/// end.
struct StateReader: ~Escapable {
    let bytes: Span<UInt8>
    private(set) var place: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        place = 0
    }

    var isAtEnd: Bool { place == bytes.count }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard width <= bytes.count - place else { return nil }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[place + index]) << UInt64(8 * index) }
        place += width
        return Value(truncatingIfNeeded: value)
    }

    /// The tag of the next item and the range of its bytes.
    mutating func item() -> (tag: UInt8, range: Range<Int>)? {
        guard let tag = integer(UInt8.self), let length = integer(UInt32.self) else { return nil }
        guard Int(length) <= bytes.count - place else { return nil }
        let range = place..<place + Int(length)
        place = range.upperBound
        return (tag, range)
    }
}
