// Shortcuts of the JSON scanner for arrays of many elements that differ in a text or two.

extension JSONScanner {
    /// Passes over the next element of the open array where it is written exactly so, with a plain
    /// text between the two literals, and returns the place of that text. Plain: printable ASCII
    /// without escapes. The literals must end with and begin with the text's quotes, and be one
    /// whole array or object together with it.
    @_lifetime(self: copy self)
    package mutating func takeElement(
        _ before: StaticString, _ after: StaticString
    ) -> Range<Int>? {
        guard let start = elementStart, let text = plainText(behind: before, at: start),
            bytes.holds(after, at: text.upperBound)
        else { return nil }
        elementTaken(to: text.upperBound &+ after.utf8CodeUnitCount)
        return text
    }

    /// The same with two plain texts.
    @_lifetime(self: copy self)
    package mutating func takeElement(
        _ before: StaticString, _ between: StaticString, _ after: StaticString
    ) -> (Range<Int>, Range<Int>)? {
        guard let start = elementStart, let first = plainText(behind: before, at: start),
            let second = plainText(behind: between, at: first.upperBound),
            bytes.holds(after, at: second.upperBound)
        else { return nil }
        elementTaken(to: second.upperBound &+ after.utf8CodeUnitCount)
        return (first, second)
    }

    /// The plain text between a literal that stands at `offset` and the next quote.
    private func plainText(behind literal: StaticString, at offset: Int) -> Range<Int>? {
        guard bytes.holds(literal, at: offset) else { return nil }
        let start = offset &+ literal.utf8CodeUnitCount
        var end = start
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") { return start..<end }
            guard byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") else { return nil }
            end &+= 1
        }
        return nil
    }
}
