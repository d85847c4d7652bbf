// A pull scanner over JSON text: tokens as ranges of the input, no copies, no allocation.

/// The text of a key or string: what stands between its quotes.
package struct JSONText: Hashable, Sendable {
    /// The bytes between the quotes, escapes as written.
    package let range: Range<Int>
    /// Whether a backslash stands among them, so that the bytes are not the text itself.
    package let isEscaped: Bool

    package init(range: Range<Int>, isEscaped: Bool) {
        self.range = range
        self.isEscaped = isEscaped
    }
}

/// One step through a JSON text. Ranges count in the scanner's input.
package enum JSONToken: Hashable, Sendable {
    case beginObject
    case endObject
    case beginArray
    case endArray
    case key(JSONText)
    case string(JSONText)
    case number(Range<Int>)
    case boolean(Bool)
    case null
}

/// Why bytes are no JSON text, and where.
package struct JSONError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte
        /// Bytes behind the one value of the text.
        case trailingBytes
        /// A number as JSON does not write it: leading zeros, a bare sign, point or exponent.
        case malformedNumber
        /// An unknown escape or one without its four digits.
        case malformedEscape
        /// A byte below 0x20 inside a string.
        case controlCharacter
        /// A string that is not UTF-8.
        case malformedUTF8
        /// More nested arrays and objects than allowed.
        case tooDeep
    }

    package let kind: Kind
    /// Where in the input.
    package let offset: Int

    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// Reads one JSON text (RFC 8259, UTF-8, no byte order mark) token by token. Strict, but for one
/// freedom the RFC gives: an escape of half a surrogate pair is accepted and decoded as U+FFFD.
/// Never traps, whatever the bytes.
package struct JSONScanner: ~Escapable {
    /// Arrays and objects that may nest: one bit each says which.
    package static var deepest: Int { 64 }

    private enum Expectation { case value, valueOrEnd, key, keyOrEnd, separator, end }

    package let bytes: Span<UInt8>
    /// The first byte not read yet.
    package private(set) var offset = 0
    /// How many arrays and objects are open.
    package private(set) var depth = 0
    private var objects: UInt64 = 0
    private var expectation = Expectation.value

    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// The next token; nil behind the whole text. After an error the scanner must not be used
    /// again.
    @_lifetime(self: copy self)
    package mutating func next() throws(JSONError) -> JSONToken? {
        skipSpace()
        if expectation == .separator {
            guard try byte() == UInt8(ascii: ",") else { return try close() }
            offset &+= 1
            expectation = isInObject ? .key : .value
            skipSpace()
        }
        switch expectation {
        case .end:
            if offset < bytes.count { throw JSONError(.trailingBytes, at: offset) }
            return nil
        case .key, .keyOrEnd:
            if try byte() == UInt8(ascii: "\"") { return .key(try key()) }
            if expectation == .key { throw JSONError(.unexpectedByte, at: offset) }
            return try close()
        case .valueOrEnd where try byte() == UInt8(ascii: "]"):
            return try close()
        case .value, .valueOrEnd, .separator:
            return try value()
        }
    }

    /// Reads to the end of the value that comes next: behind a key, or an element of an array.
    @_lifetime(self: copy self)
    package mutating func skipValue() throws(JSONError) {
        guard let token = try next() else { throw JSONError(.unexpectedEnd, at: offset) }
        if token == .beginObject || token == .beginArray { try leave() }
    }

    /// Reads to the end of the array or object that is open.
    @_lifetime(self: copy self)
    package mutating func leave() throws(JSONError) {
        let outside = depth - 1
        while depth > outside {
            if try next() == nil { throw JSONError(.unexpectedEnd, at: offset) }
        }
    }

    /// Passes over the next element of the open array where it is written exactly so: a shortcut
    /// for arrays of many equal elements. `text` must be one whole array or object.
    @_lifetime(self: copy self)
    package mutating func takeElement(_ text: StaticString) -> Bool {
        guard let start = elementStart, bytes.holds(text, at: start) else { return false }
        elementTaken(to: start &+ text.utf8CodeUnitCount)
        return true
    }

    /// Where the next element of the open array begins when no space comes before it; nil when none
    /// can begin here.
    var elementStart: Int? {
        if isInObject { return nil }
        if expectation == .valueOrEnd { return offset }
        guard expectation == .separator, offset < bytes.count, bytes[offset] == UInt8(ascii: ",")
        else { return nil }
        return offset &+ 1
    }

    /// Goes on behind an element that ends at `end`.
    @_lifetime(self: copy self)
    mutating func elementTaken(to end: Int) {
        offset = end
        expectation = .separator
    }

    private var isInObject: Bool { objects & 1 == 1 }

    private func byte() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        return bytes[offset]
    }

    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            offset &+= 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func value() throws(JSONError) -> JSONToken {
        switch try byte() {
        case UInt8(ascii: "{"):
            try open(object: true)
            return .beginObject
        case UInt8(ascii: "["):
            try open(object: false)
            return .beginArray
        case UInt8(ascii: "\""):
            let text = try string()
            valueEnded()
            return .string(text)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default:
            let range = try number()
            valueEnded()
            return .number(range)
        }
    }

    @_lifetime(self: copy self)
    private mutating func open(object: Bool) throws(JSONError) {
        if depth == JSONScanner.deepest { throw JSONError(.tooDeep, at: offset) }
        offset &+= 1
        depth &+= 1
        objects = objects &<< 1 | (object ? 1 : 0)
        expectation = object ? .keyOrEnd : .valueOrEnd
    }

    @_lifetime(self: copy self)
    private mutating func close() throws(JSONError) -> JSONToken {
        let inObject = isInObject
        guard try byte() == UInt8(ascii: inObject ? "}" : "]") else {
            throw JSONError(.unexpectedByte, at: offset)
        }
        offset &+= 1
        depth &-= 1
        objects &>>= 1
        valueEnded()
        return inObject ? .endObject : .endArray
    }

    @_lifetime(self: copy self)
    private mutating func valueEnded() { expectation = depth == 0 ? .end : .separator }

    @_lifetime(self: copy self)
    private mutating func word(
        _ text: StaticString, _ token: JSONToken
    ) throws(JSONError) -> JSONToken {
        guard bytes.holds(text, at: offset) else {
            throw JSONError(.unexpectedByte, at: offset)
        }
        offset &+= text.utf8CodeUnitCount
        valueEnded()
        return token
    }

    @_lifetime(self: copy self)
    private mutating func key() throws(JSONError) -> JSONText {
        let text = try string()
        skipSpace()
        guard try byte() == UInt8(ascii: ":") else {
            throw JSONError(.unexpectedByte, at: offset)
        }
        offset &+= 1
        expectation = .value
        return text
    }

    /// Reads from the opening quote to behind the closing one.
    @_lifetime(self: copy self)
    private mutating func string() throws(JSONError) -> JSONText {
        let start = offset &+ 1
        var isEscaped = false
        offset = start
        while true {
            let next = try byte()
            switch next {
            case UInt8(ascii: "\""):
                offset &+= 1
                return JSONText(range: start..<(offset &- 1), isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try escape()
            case 0..<0x20: throw JSONError(.controlCharacter, at: offset)
            case 0..<0x80: offset &+= 1
            default:
                guard let length = bytes.scalarLength(at: offset) else {
                    throw JSONError(.malformedUTF8, at: offset)
                }
                offset &+= length
            }
        }
    }

    @_lifetime(self: copy self)
    private mutating func escape() throws(JSONError) {
        guard offset &+ 1 < bytes.count else {
            throw JSONError(.unexpectedEnd, at: bytes.count)
        }
        switch bytes[offset &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset &+= 2
        case UInt8(ascii: "u") where bytes.hexadecimal(at: offset &+ 2) != nil:
            offset &+= 6
        default: throw JSONError(.malformedEscape, at: offset)
        }
    }

    @_lifetime(self: copy self)
    private mutating func number() throws(JSONError) -> Range<Int> {
        let start = offset
        let first = try byte()
        guard first == UInt8(ascii: "-") || isDigit(first) else {
            throw JSONError(.unexpectedByte, at: start)
        }
        if first == UInt8(ascii: "-") { offset &+= 1 }
        let whole = offset
        try digits(of: start)
        if bytes[whole] == UInt8(ascii: "0"), offset &- whole > 1 {
            throw JSONError(.malformedNumber, at: start)
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset &+= 1
            try digits(of: start)
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset &+= 1
            if offset < bytes.count,
                bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
            {
                offset &+= 1
            }
            try digits(of: start)
        }
        return start..<offset
    }

    @_lifetime(self: copy self)
    private mutating func digits(of start: Int) throws(JSONError) {
        let first = offset
        while offset < bytes.count, isDigit(bytes[offset]) { offset &+= 1 }
        if offset == first { throw JSONError(.malformedNumber, at: start) }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
