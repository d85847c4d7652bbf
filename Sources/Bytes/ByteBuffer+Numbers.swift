// Numbers as text: decimal and hexadecimal digits.

/// The digit of a value below 16, lower case.
@inlinable @inline(__always)
package func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
}

extension ByteBuffer {
    /// Appends a number in decimal digits.
    package mutating func append(decimal number: UInt64) {
        if number < 100_000_000 {
            let digits = eightDigits(number)
            let zeros = min(7, digits.trailingZeroBitCount >> 3)
            append(
                word: (digits | 0x3030_3030_3030_3030) &>> UInt64(8 &* zeros), used: 8 &- zeros)
        } else {
            append(decimal: number / 100_000_000)
            append(word: eightDigits(number % 100_000_000) | 0x3030_3030_3030_3030)
        }
    }

    /// Appends the last `width` decimal digits of a number, eight at most, with zeros in front.
    package mutating func append(decimal number: UInt64, width: Int) {
        precondition(width > 0 && width <= 8)
        let digits = eightDigits(number % 100_000_000) | 0x3030_3030_3030_3030
        append(word: digits >> UInt64(8 * (8 - width)), used: width)
    }

    /// Appends all 16 hexadecimal digits of a number, lower case.
    package mutating func append(hexadecimal number: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            append(hexDigit(UInt8(truncatingIfNeeded: number >> shift) & 15))
        }
    }
}

/// The values of eight decimal digits, the first in the lowest byte. The number is below 10^8.
private func eightDigits(_ number: UInt64) -> UInt64 {
    // Halves by 10,000, their halves by 100, and those by 10; a product and a shift stand for each
    // division, exact in these ranges.
    let fours = number / 10_000 | (number % 10_000) << 32
    let hundreds = ((fours &* 10_486) >> 20) & 0x0000_007f_0000_007f
    let twos = hundreds | (fours &- hundreds &* 100) << 16
    let tens = ((twos &* 103) >> 10) & 0x000f_000f_000f_000f
    return tens | (twos &- tens &* 10) << 8
}
