// The id of an event: fixed vectors, because it is public, and every id read back.
import Bytes
import Foundation
import Platform
import Tail
import TestKit
import Testing

private let incarnation = Incarnation(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f)

@Suite("Event id")
struct EventIDTests {
    @Test(
        arguments: [
            (0, 0, "AAECAwQFBgcICQoLDA0ODwAAAAAAAAAA"),
            (1, 2, "AAECAwQFBgcICQoLDA0ODwAAAAAAAQAC"),
            (0x1011_1213_1415, 0xfffe, "AAECAwQFBgcICQoLDA0ODxAREhMUFf_-"),
            (0xffff_ffff_ffff, 0xffff, "AAECAwQFBgcICQoLDA0OD___________"),
            (237, 0x8d5a, "AAECAwQFBgcICQoLDA0ODwAAAAAA7Y1a"),
        ] as [(UInt64, UInt16, String)])
    func `has these characters for ever`(offset: UInt64, check: UInt16, text: String) {
        let id = EventID(incarnation: incarnation, offset: offset, check: check)
        #expect(id.text == text)
        #expect(EventID(text: Array(text.utf8).span) == id)
    }

    @Test(
        arguments: [
            ("", false, 0x94c2), ("", true, 0x94c3), ("abc", false, 0x3950),
            ("GET / HTTP/1.1\r", false, 0xd266), ("GET / HTTP/1.1", false, 0x1cf2),
        ] as [(String, Bool, UInt16)])
    func `has this check for ever`(raw: String, torn: Bool, check: UInt16) {
        #expect(EventID.check(of: Array(raw.utf8).span, torn: torn) == check)
    }

    @Test func `is base64url of incarnation, offset and check`() throws {
        var generator = Seed.generator(7)
        for _ in 0..<2000 {
            let incarnation = Incarnation(high: generator.next(), low: generator.next())
            let offset = generator.next() >> UInt64.random(in: 16...63, using: &generator)
            let check = UInt16.random(in: 0...0xffff, using: &generator)
            var bytes = ByteBuffer(capacity: 24)
            incarnation.append(to: &bytes)
            for shift in stride(from: UInt64(40), through: 0, by: -8) {
                bytes.append(UInt8(offset >> shift & 0xff))
            }
            bytes.append(UInt8(check >> 8))
            bytes.append(UInt8(check & 0xff))
            let standard = Data(bytes.array).base64EncodedString()
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            let id = EventID(incarnation: incarnation, offset: offset, check: check)
            #expect(id.text == standard)
            #expect(EventID(text: Array(standard.utf8).span) == id)
        }
    }

    @Test func `is the same from one writer for all events as from a writer each`() {
        var generator = Seed.generator(8)
        let incarnation = Incarnation(high: generator.next(), low: generator.next())
        var writer = IDWriter(incarnation)
        var offset: UInt64 = 0xffff_ff00
        for _ in 0..<500 {
            offset += UInt64.random(in: 1...600, using: &generator)
            if Bool.random(using: &generator) { offset ^= 0x8000_0000_0000 }
            var buffer = ByteBuffer(capacity: 0)
            writer.append(offset: offset, check: 7, to: &buffer)
            let id = EventID(incarnation: incarnation, offset: offset, check: 7)
            #expect(buffer.bytes.text == id.text)
        }
    }

    @Test(arguments: [
        "", "AAECAwQFBgcICQoLDA0ODwAAAAAAAAA", "AAECAwQFBgcICQoLDA0ODwAAAAAAAAAAA",
        "AAECAwQFBgcICQoLDA0ODwAAAAAAAA+A", "AAECAwQFBgcICQoLDA0ODwAAAAAAAAA=",
    ])
    func `is not read from other text`(text: String) {
        #expect(EventID(text: Array(text.utf8).span) == nil)
    }
}

@Suite("Incarnation")
struct IncarnationTests {
    @Test func `keeps its birth in milliseconds and its bytes`() throws {
        var generator = SeededGenerator(seed: 1)
        let birth = WallTime(nanoseconds: 1_431_857_103_123_456_789)
        let one = Incarnation(birth: birth, using: &generator)
        let other = Incarnation(birth: birth, using: &generator)
        #expect(one != other)
        #expect(one.birthMilliseconds == 1_431_857_103_123)
        var buffer = ByteBuffer(capacity: 0)
        one.append(to: &buffer)
        #expect(buffer.count == 16)
        #expect(buffer.array[..<6] == [0x01, 0x4d, 0x61, 0x55, 0x81, 0x13])
        #expect(Incarnation(bytes: buffer.bytes) == one)
        #expect(Incarnation(bytes: buffer.bytes(0..<15)) == nil)
    }

    @Test func `a birth before 1970 counts as 1970`() {
        var generator = SeededGenerator(seed: 1)
        let one = Incarnation(birth: WallTime(nanoseconds: -1), using: &generator)
        #expect(one.birthMilliseconds == 0)
    }
}
