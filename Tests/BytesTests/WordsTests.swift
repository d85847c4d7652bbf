// Words of eight bytes against plain loops: at every place, length and end.
import Bytes
import TestKit
import Testing

@Suite("Words")
struct WordsTests {
    @Test func `copy, rest and near search equal plain loops at every place`() {
        var generator = Seed.generator(3)
        for count in 0...26 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...3, using: &generator) }
            for start in 0...count {
                for end in start...count {
                    let part = bytes[start..<end]
                    var buffer = ByteBuffer(capacity: 0)
                    buffer.append(bytes.span, from: start, to: end)
                    #expect(buffer.array == Array(part))
                    for byte: UInt8 in 0...4 {
                        let expected = part.firstIndex(of: byte) ?? end
                        #expect(bytes.span.near(byte, from: start, to: end) == expected)
                    }
                    if (1...7).contains(part.count) {
                        let rest = bytes.span.rest(from: start, to: end)
                        let expected = part.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                        #expect(rest == expected)
                    }
                }
            }
        }
    }

    @Test func `near search tells a byte from its neighbours in value`() {
        for byte in UInt8.min...UInt8.max {
            let others = [byte &- 1, byte ^ 0x80, byte &+ 1, byte ^ 1, 0, 0xff].filter {
                $0 != byte
            }
            let bytes = others + others + [byte] + others
            #expect(bytes.span.near(byte, from: 0, to: bytes.count) == others.count * 2)
        }
    }

    @Test func `appends bytes again while the buffer grows`() {
        var buffer = ByteBuffer(Array("abc".utf8))
        for _ in 0..<10 { buffer.append(again: 0..<buffer.count) }
        #expect(buffer.count == 3 * 1024)
        #expect(buffer.bytes(3069..<3072).text == "abc")
    }
}
