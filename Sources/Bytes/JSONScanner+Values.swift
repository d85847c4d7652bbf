// What tokens of the JSON scanner stand for: names, integers and decoded text.

extension JSONScanner {
    /// Whether a key or string is this text, however it is escaped.
    package func matches(_ text: JSONText, _ literal: StaticString) -> Bool {
        if !text.isEscaped { return bytes.extracting(text.range).equals(literal) }
        var decoded = ByteBuffer(capacity: text.range.count)
        decode(text, into: &decoded)
        return decoded.bytes.equals(literal)
    }

    /// The value of a number written without fraction and exponent; nil when it has one or does not
    /// fit.
    package func integer(_ number: Range<Int>) -> Int64? {
        let isNegative = bytes[number.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in number.dropFirst(isNegative ? 1 : 0) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, overTens) = value.multipliedReportingOverflow(by: 10)
            // Counting down holds the most negative value, too.
            let (sum, overSum) = tens.subtractingReportingOverflow(Int64(digit))
            if overTens || overSum { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// Appends the text with its escapes resolved, as UTF-8.
    package func decode(_ text: JSONText, into buffer: inout ByteBuffer) {
        var index = text.range.lowerBound
        let end = text.range.upperBound
        while index < end {
            let slash = bytes.firstIndex(of: UInt8(ascii: "\\"), from: index, to: end) ?? end
            buffer.append(bytes.extracting(index..<slash))
            if slash == end { return }
            index = decodeEscape(at: slash, into: &buffer)
        }
    }

    /// Appends what the escape at `slash` stands for and returns where it ends.
    private func decodeEscape(at slash: Int, into buffer: inout ByteBuffer) -> Int {
        switch bytes[slash + 1] {
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0c)
        case UInt8(ascii: "n"): buffer.append(0x0a)
        case UInt8(ascii: "r"): buffer.append(0x0d)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            let (scalar, end) = escapedScalar(at: slash)
            for unit in UTF8.encode(scalar)! { buffer.append(unit) }
            return end
        case let byte: buffer.append(byte)
        }
        return slash + 2
    }

    /// The scalar of one `\uXXXX` or of a surrogate pair of them; U+FFFD for half a pair.
    private func escapedScalar(at slash: Int) -> (Unicode.Scalar, end: Int) {
        let replacement: Unicode.Scalar = "\u{fffd}"
        guard let unit = bytes.hexadecimal(at: slash + 2) else { return (replacement, slash + 6) }
        if let scalar = Unicode.Scalar(unit) { return (scalar, slash + 6) }
        guard unit < 0xdc00, bytes.holds("\\u", at: slash + 6),
            let low = bytes.hexadecimal(at: slash + 8), low >= 0xdc00, low <= 0xdfff
        else { return (replacement, slash + 6) }
        let code = 0x1_0000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00)
        return (Unicode.Scalar(code) ?? replacement, slash + 12)
    }
}

extension Span where Element == UInt8 {
    /// The value of the four hexadecimal digits at `offset`, nil when there are not four.
    func hexadecimal(at offset: Int) -> UInt16? {
        guard offset <= count &- 4 else { return nil }
        var value: UInt16 = 0
        for index in offset..<(offset &+ 4) {
            let byte = self[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte &- UInt8(ascii: "A") &+ 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// How many bytes the UTF-8 sequence at `offset` has; nil when it is ill-formed (Unicode 15,
    /// table 3-7).
    package func scalarLength(at offset: Int) -> Int? {
        let lead = self[offset]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0..<0x80: return 1
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef:
            length = 3
            if lead == 0xe0 { second = 0xa0...0xbf }
            if lead == 0xed { second = 0x80...0x9f }
        case 0xf0...0xf4:
            length = 4
            if lead == 0xf0 { second = 0x90...0xbf }
            if lead == 0xf4 { second = 0x80...0x8f }
        default: return nil
        }
        guard offset <= count &- length, second.contains(self[offset &+ 1]) else { return nil }
        for index in (offset &+ 2)..<(offset &+ length) where self[index] & 0xc0 != 0x80 {
            return nil
        }
        return length
    }
}
