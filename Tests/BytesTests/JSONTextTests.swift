// Any bytes as JSON text, against Foundation's reader and the standard library's repair of UTF-8.
import Bytes
import Foundation
import TestKit
import Testing

private func escaped(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) -> String {
    var buffer = ByteBuffer(capacity: 0)
    buffer.append("<")
    buffer.appendEscaped(bytes.span, from: start, to: end ?? bytes.count)
    return String(decoding: buffer.array.dropFirst(), as: UTF8.self)
}

@Suite("JSON text")
struct JSONTextTests {
    @Test func `escapes what must be escaped and nothing else`() {
        let text = "\"\\/\u{8}\t\n\u{c}\r\u{0}\u{1}\u{1f} \u{7f}é€😀\u{2028}"
        let expected =
            #"\"\\/\b\t\n\f\r\u0000\u0001\u001f "# + "\u{7f}é€😀\u{2028}"
        #expect(escaped(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            ([0x80], 1), ([0xc0, 0x80], 2), ([0xc2], 1), ([0xe2, 0x82], 1),
            ([0xe2, 0x82, 0x41], 1),
            ([0xe0, 0x9f, 0x80], 3), ([0xed, 0xa0, 0x80], 3), ([0xf0, 0x9f, 0x98], 1),
            ([0xf0, 0x8f, 0x80], 3), ([0xf4, 0x90, 0x80, 0x80], 4), ([0xf5, 0xff], 2),
        ] as [([UInt8], Int)])
    func `replaces each maximal ill-formed part by one U+FFFD`(bytes: [UInt8], count: Int) {
        let text = escaped(bytes)
        #expect(text.unicodeScalars.filter { $0 == "\u{fffd}" }.count == count)
        #expect(text == String(decoding: bytes, as: UTF8.self))
    }

    @Test func `is read back by another reader as it was, at every length and place`() throws {
        var generator = Seed.generator(2)
        let special =
            Array("\"\\\t\u{0}é€😀".utf8) + [0x80, 0xc3, 0xe2, 0xf0, 0xff, 0x1f, 0x20, 0x7f]
        for turn in 0..<4000 {
            let count = Int.random(in: 0...40, using: &generator)
            let density = Int.random(in: 0...3, using: &generator)
            let bytes = (0..<count).map { _ -> UInt8 in
                Int.random(in: 0..<8, using: &generator) < density
                    ? special.randomElement(using: &generator)!
                    : UInt8.random(in: 0x23...0x5b, using: &generator)
            }
            let start = Int.random(in: 0...count, using: &generator)
            let end = Int.random(in: start...count, using: &generator)
            let json = Data("[\"\(escaped(bytes, from: start, to: end))\"]".utf8)
            let read = try JSONSerialization.jsonObject(with: json) as? [String]
            let expected = String(decoding: bytes[start..<end], as: UTF8.self)
            try #require(
                read?.first?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true,
                "turn \(turn)")
        }
    }

    @Test func `grows as needed when every byte takes six`() {
        let text = escaped([UInt8](repeating: 1, count: 5000))
        #expect(text == String(repeating: #"\u0001"#, count: 5000))
    }
}
