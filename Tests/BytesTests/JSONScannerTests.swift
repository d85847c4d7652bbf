// The JSON scanner against tables, and against Foundation on mutated texts.
import Bytes
import Foundation
import TestKit
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test func `tokens come in the order of the text, as places in it`() throws {
        let text = #" {"a":[1,-2.5e3,"x\n"],"b":{},"c":[],"d":true,"e":false,"f":null} "#
        #expect(
            try tokens(text) == [
                "{", "a:", "[", "1", "-2.5e3", #""x\n""#, "]", "b:", "{", "}", "c:", "[", "]",
                "d:", "true", "e:", "false", "f:", "null", "}",
            ])
    }

    @Test(arguments: [
        ("", JSONError.Kind.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1),
        ("[1", .unexpectedEnd, 2), (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5),
        (#""abc"#, .unexpectedEnd, 4), (#""\"#, .unexpectedEnd, 2), ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1), (#"{"a":1,}"#, .unexpectedByte, 7),
        ("{1:2}", .unexpectedByte, 1), (#"{"a" 1}"#, .unexpectedByte, 5),
        ("[1}", .unexpectedByte, 2), (#"{"a":1]"#, .unexpectedByte, 6), ("}", .unexpectedByte, 0),
        ("nul", .unexpectedByte, 0), ("True", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
        ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("truex", .trailingBytes, 4),
        ("01", .malformedNumber, 0), ("-", .malformedNumber, 0), ("1.", .malformedNumber, 0),
        ("-01", .malformedNumber, 0), ("1e", .malformedNumber, 0), ("1e+", .malformedNumber, 0),
        (".5", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), (#""\x""#, .malformedEscape, 1),
        (#""\u12g4""#, .malformedEscape, 1), (#""\u123"#, .malformedEscape, 1),
        ("\"a\tb\"", .controlCharacter, 2), ("\u{feff}{}", .unexpectedByte, 0),
    ])
    func `what is no JSON is refused with the reason and the place`(
        text: String, kind: JSONError.Kind, offset: Int
    ) {
        #expect(throws: JSONError(kind, at: offset)) { try tokens(text) }
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xe2, 0x82, 0x22], [0xff],
        ] as [[UInt8]])
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError(.malformedUTF8, at: 1)) {
            try tokens([0x22] + bytes + [0x22])
        }
    }

    @Test func `nesting ends at the limit`() throws {
        let deepest = JSONScanner.deepest
        let fits = String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)
        #expect(try tokens(fits).count == 2 * deepest)
        #expect(throws: JSONError(.tooDeep, at: deepest)) {
            try tokens(String(repeating: "[", count: deepest + 1))
        }
        let mixed = String(repeating: #"{"a":["#, count: deepest / 2)
        let ends = String(repeating: "]}", count: deepest / 2)
        #expect(try tokens(mixed + ends).count == deepest / 2 * 5)
    }

    @Test func `a value is passed over whole, whatever it holds`() throws {
        let bytes = Array(#"{"a":[[{"b":1}],"]"],"c":"}","d":-1,"e":7}"#.utf8)
        var scanner = JSONScanner(bytes.span)
        _ = try scanner.next()
        for _ in 0..<3 {
            guard case .key? = try scanner.next() else { Issue.record("no key"); return }
            try scanner.skipValue()
        }
        guard case .key(let key)? = try scanner.next() else { Issue.record("no key"); return }
        let isLast = scanner.matches(key, "e")
        try scanner.leave()
        let end = try scanner.next()
        let offset = scanner.offset
        #expect(isLast && end == nil && offset == bytes.count)
    }

    @Test(arguments: [
        ("[{},{}]", 2, true), ("[{},{},{}]", 3, true), ("[]", 0, true), ("[ {}]", 0, true),
        ("[{} ,{}]", 1, true), ("[{}, {}]", 1, true), ("[{},1]", 1, true), ("[{}{}]", 1, false),
        ("[{},]", 1, false), ("[,{}]", 0, false), ("[{}", 1, false), ("[{},{", 1, false),
        (#"{"a":{}}"#, 0, true), ("{{}}", 0, false), ("{,{}}", 0, false), ("{}", 0, true),
    ])
    func `the shortcut takes equal elements, and nothing that is no element`(
        text: String, count: Int, isJSON: Bool
    ) {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span)
        var taken = 0
        var isWhole = false
        do {
            while try scanner.next() != nil {
                while scanner.takeElement("{}") { taken += 1 }
            }
            isWhole = true
        } catch {}
        #expect(isWhole == isJSON && taken == count)
        #expect(!isJSON || (try? tokens(bytes)) != nil)
    }

    @Test(arguments: [
        (#"["a"]"#, ["a"], true), (#"["","b"]"#, ["", "b"], true), (#"["a" ,"b"]"#, ["a"], true),
        (#"["a\n"]"#, [], true), ("[\"\u{1}\"]", [], false), ("[\"é\"]", [], true),
        (#"["a"b"]"#, ["a"], false), (#"["a"#, [], false), (#"{"a":"b"}"#, [], true),
        (#"["a",]"#, ["a"], false), (#"[,"a"]"#, [], false), (#"[["a"],"b"]"#, ["a", "b"], true),
    ])
    func `the shortcut with a text takes plain texts alone`(
        text: String, texts: [String], isJSON: Bool
    ) {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span)
        var taken: [String] = []
        var isWhole = false
        do {
            while try scanner.next() != nil {
                while let place = scanner.takeElement("\"", "\"") {
                    taken.append(String(decoding: bytes[place], as: UTF8.self))
                }
            }
            isWhole = true
        } catch {}
        #expect(isWhole == isJSON && taken == texts)
        #expect(isJSON == ((try? tokens(bytes)) != nil))
    }

    @Test func `the shortcut with two texts takes both or nothing`() throws {
        let bytes = Array(#"[["a","b"],["c"],["d","e","f"],["",""]]"#.utf8)
        var scanner = JSONScanner(bytes.span)
        _ = try scanner.next()
        let taken = scanner.takeElement(#"[""#, #"",""#, #""]"#)
        #expect(taken?.0 == 3..<4 && taken?.1 == 7..<8)
        let one = scanner.takeElement(#"[""#, #"",""#, #""]"#)
        #expect(one == nil)
        try scanner.skipValue()
        let three = scanner.takeElement(#"[""#, #"",""#, #""]"#)
        #expect(three == nil)
        try scanner.skipValue()
        let empty = scanner.takeElement(#"[""#, #"",""#, #""]"#)
        #expect(empty?.0.isEmpty == true && empty?.1.isEmpty == true)
        let end = try scanner.next()
        #expect(end == .endArray)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("1.0", nil),
        ("1e2", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil),
    ])
    func `an integer is read where the number is one and fits`(text: String, value: Int64?) throws {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span)
        guard case .number(let range)? = try scanner.next() else { Issue.record(); return }
        let integer = scanner.integer(range)
        #expect(integer == value)
    }

    @Test(arguments: [
        (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""aé€😀z""#, "aé€😀z"),
        (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"), (#""\ud83d""#, "\u{fffd}"),
        (#""\ude00x""#, "\u{fffd}x"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (#""\ud83d\n""#, "\u{fffd}\n"), (#""\u0000""#, "\0"),
    ])
    func `a string is decoded with its escapes`(text: String, expected: String) throws {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span)
        guard case .string(let string)? = try scanner.next() else { Issue.record(); return }
        var decoded = ByteBuffer(capacity: 0)
        scanner.decode(string, into: &decoded)
        #expect(decoded.bytes.text == expected)
    }

    @Test func `a key is known however it is escaped`() throws {
        let bytes = Array(#"{"st\u0061tus":1,"status":2,"statu":3}"#.utf8)
        var scanner = JSONScanner(bytes.span)
        _ = try scanner.next()
        var found: [Bool] = []
        while case .key(let key)? = try scanner.next() {
            found.append(scanner.matches(key, "status"))
            try scanner.skipValue()
        }
        #expect(found == [true, true, false])
    }

    @Test func `Foundation accepts the same texts and sees the same values`() throws {
        var random = Random(state: Seed.current)
        var accepted = 0
        for round in 0..<3000 {
            var bytes = Array(random.json(depth: 4).utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) { random.mutate(&bytes) }
            // Foundation takes NUL bytes and byte order marks at the start for other encodings.
            if bytes.prefix(4).contains(0) || bytes.starts(with: [0xef, 0xbb, 0xbf]) { continue }
            let theirs = try? JSONSerialization.jsonObject(
                with: Data(bytes), options: .fragmentsAllowed)
            let ours = try? Value(bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            if ours?.isBeyondFoundation == true || endsAfterComma(bytes) { continue }
            #expect((ours == nil) == (theirs == nil), "round \(round): \(text)")
            guard let ours, let theirs else { continue }
            #expect(ours.equals(theirs), "round \(round): \(text)")
            accepted += 1
        }
        #expect(accepted > 500)
    }
}

// MARK: - Readers

/// The tokens of a text, each as a word.
private func tokens(_ text: String) throws -> [String] { try tokens(Array(text.utf8)) }

private func tokens(_ bytes: [UInt8]) throws -> [String] {
    var scanner = JSONScanner(bytes.span)
    var words: [String] = []
    while let token = try scanner.next() {
        switch token {
        case .beginObject: words.append("{")
        case .endObject: words.append("}")
        case .beginArray: words.append("[")
        case .endArray: words.append("]")
        case .key(let text): words.append(bytes.span.extracting(text.range).text + ":")
        case .string(let text): words.append("\"" + bytes.span.extracting(text.range).text + "\"")
        case .number(let range): words.append(bytes.span.extracting(range).text)
        case .boolean(let value): words.append("\(value)")
        case .null: words.append("null")
        }
    }
    return words
}

/// Whether the scanner stops at a closing bracket behind a comma, which Foundation lets pass.
private func endsAfterComma(_ bytes: [UInt8]) -> Bool {
    do {
        _ = try tokens(bytes)
        return false
    } catch let error as JSONError where error.kind == .unexpectedByte {
        let before = bytes[..<error.offset].last { !" \n\r\t".utf8.contains($0) }
        return "]}".utf8.contains(bytes[error.offset]) && before == UInt8(ascii: ",")
    } catch {
        return false
    }
}

/// A JSON value as the scanner's tokens build it.
private indirect enum Value {
    case object([String: Value]), array([Value]), string(String, isWhole: Bool), number(String)
    case boolean(Bool), null

    init(_ bytes: [UInt8]) throws {
        var scanner = JSONScanner(bytes.span)
        let first = try scanner.next()
        self = try Value.read(&scanner, try #require(first))
        let end = try scanner.next()
        #expect(end == nil)
    }

    private static func read(_ scanner: inout JSONScanner, _ token: JSONToken) throws -> Value {
        switch token {
        case .beginObject:
            var members: [String: Value] = [:]
            while case .key(let key)? = try scanner.next() {
                let name = decoded(scanner, key)
                let token = try scanner.next()
                members[name] = try read(&scanner, try #require(token))
            }
            return .object(members)
        case .beginArray:
            var elements: [Value] = []
            while let token = try scanner.next(), token != .endArray {
                elements.append(try read(&scanner, token))
            }
            return .array(elements)
        case .string(let text):
            let string = decoded(scanner, text)
            return .string(string, isWhole: !string.unicodeScalars.contains("\u{fffd}"))
        case .number(let range): return .number(scanner.bytes.extracting(range).text)
        case .boolean(let value): return .boolean(value)
        default: return .null
        }
    }

    private static func decoded(_ scanner: borrowing JSONScanner, _ text: JSONText) -> String {
        var buffer = ByteBuffer(capacity: 0)
        scanner.decode(text, into: &buffer)
        return buffer.bytes.text
    }

    /// Half surrogate pairs and numbers beyond Double: JSON, but not to Foundation.
    var isBeyondFoundation: Bool {
        switch self {
        case .object(let members):
            members.contains { name, value in
                name.unicodeScalars.contains("\u{fffd}") || value.isBeyondFoundation
            }
        case .array(let elements): elements.contains { $0.isBeyondFoundation }
        case .string(_, let isWhole): !isWhole
        case .number(let text): !(Double(text) ?? .infinity).isFinite
        case .boolean, .null: false
        }
    }

    func equals(_ other: Any) -> Bool {
        switch self {
        case .object(let members):
            guard let other = other as? [String: Any], other.count == members.count else {
                return false
            }
            return members.allSatisfy { name, value in other[name].map(value.equals) ?? false }
        case .array(let elements):
            guard let other = other as? [Any], other.count == elements.count else { return false }
            return zip(elements, other).allSatisfy { $0.equals($1) }
        case .string(let text, _): return other as? String == text
        case .number(let text): return (other as? NSNumber)?.doubleValue == Double(text)
        case .boolean(let value): return other as? Bool == value
        case .null: return other is NSNull
        }
    }
}

// MARK: - Texts

private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let mixed = (state ^ state >> 33) &* 0xff51_afd7_ed55_8ccd
        return mixed ^ mixed >> 33
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// A random JSON text with random space around its tokens.
    mutating func json(depth: Int) -> String {
        space() + value(depth: depth) + space()
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0...(depth == 0 ? 5 : 9), using: &self) {
        case 0: return pick(["true", "false", "null"])
        case 1, 2:
            return pick(["0", "-1", "12", "3.25", "1e3", "-0.5E-2", "123456789012", "1e400"])
        case 3...5: return string()
        case 6, 7:
            let count = Int.random(in: 0...4, using: &self)
            return "[" + (0..<count).map { _ in json(depth: depth - 1) }.joined(separator: ",")
                + "]"
        default:
            let count = Int.random(in: 0...4, using: &self)
            let members = (0..<count).map { index in
                space() + "\"k\(index)" + string().dropFirst() + space() + ":"
                    + json(depth: depth - 1)
            }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "é", "€", "😀", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u20ac",
            "\\ud83d\\ude00", "\\ud83d", "}", "]", ",", ":",
        ]
        let count = Int.random(in: 0...5, using: &self)
        return "\"" + (0..<count).map { _ in pick(pieces) }.joined() + "\""
    }

    private mutating func space() -> String { pick(["", "", "", " ", "\n", "\t", "\r\n"]) }

    /// Changes, drops, doubles or inserts one byte.
    mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &self)
        switch Int.random(in: 0...3, using: &self) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        default: bytes.insert(pick(Array(#"{}[]",:\ 019eE.+-tfn"#.utf8)), at: index)
        }
    }
}
