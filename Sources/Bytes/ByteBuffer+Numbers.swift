// Numbers as text: decimal and hexadecimal digits.

/// The digit of a value below 16, lower case.
@inlinable @inline(__always)
package func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
}

extension ByteBuffer {
    /// Appends a number in decimal digits.
    package mutating func append(decimal number: UInt64) {
        var digits = 1
        var power: UInt64 = 10
        while digits < 20, number >= power {
            digits += 1
            power &*= 10
        }
        appendDigits(number, width: digits)
    }

    /// Appends the last `width` decimal digits of a number, with zeros in front.
    package mutating func append(decimal number: UInt64, width: Int) {
        precondition(width >= 0 && width <= 20)
        appendDigits(number, width: width)
    }

    private mutating func appendDigits(_ number: UInt64, width: Int) {
        reserve(width)
        var rest = number
        var place = count + width
        while place > count {
            place -= 1
            let (tenth, digit) = rest.quotientAndRemainder(dividingBy: 10)
            set(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit), at: place)
            rest = tenth
        }
        count += width
    }

    /// Appends all 16 hexadecimal digits of a number, lower case.
    package mutating func append(hexadecimal number: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            append(hexDigit(UInt8(truncatingIfNeeded: number >> shift) & 15))
        }
    }
}
