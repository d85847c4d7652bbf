// Numbers as text against the standard library.
import Bytes
import TestKit
import Testing

private func decimal(_ number: UInt64, width: Int? = nil) -> String {
    var buffer = ByteBuffer(capacity: 0)
    if let width {
        buffer.append(decimal: number, width: width)
    } else {
        buffer.append(decimal: number)
    }
    return buffer.bytes.text
}

@Suite("Numbers")
struct NumbersTests {
    @Test func `decimal digits are those of the standard library`() {
        var generator = Seed.generator(4)
        var numbers: [UInt64] = [0, 9, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            numbers += [power - 1, power, power + 1]
        }
        for _ in 0..<1000 {
            numbers.append(
                UInt64.random(in: .min ... .max, using: &generator)
                    >> UInt64.random(in: 0..<64, using: &generator))
        }
        for number in numbers { #expect(decimal(number) == String(number)) }
        // All of four digits, in each half of eight.
        for number: UInt64 in 0..<10_000 {
            #expect(decimal(number, width: 4) == String(String(number + 10_000).dropFirst()))
            #expect(decimal(number * 10_000 + 10_000_000) == String(number * 10_000 + 10_000_000))
        }
    }

    @Test func `a width keeps the last digits and fills with zeros`() {
        #expect(decimal(7, width: 2) == "07")
        #expect(decimal(2015, width: 4) == "2015")
        #expect(decimal(12345, width: 3) == "345")
        #expect(decimal(1_000_000_042, width: 8) == "00000042")
    }

    @Test func `hexadecimal has all sixteen digits`() {
        var buffer = ByteBuffer(capacity: 0)
        buffer.append(hexadecimal: 0x0123_4567_89ab_cdef)
        buffer.append(hexadecimal: 0)
        #expect(buffer.bytes.text == "0123456789abcdef0000000000000000")
    }

    @Test func `base64url groups follow RFC 4648`() {
        let text = (0..<16).map { group -> String in
            let values = (0..<4).map { UInt32(group * 4 + $0) }
            let characters = Base64URL.group(
                values[0] << 18 | values[1] << 12 | values[2] << 6 | values[3])
            return (0..<4).map { String(Unicode.Scalar(UInt8(characters >> (8 * $0) & 0xff))) }
                .joined()
        }.joined()
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(text == alphabet)
        for byte in UInt8.min...UInt8.max {
            let place = Array(alphabet.utf8).firstIndex(of: byte)
            #expect(Base64URL.value(of: byte) == place.map { UInt8($0) })
        }
    }
}
