// The alphabet of base64url (RFC 4648 §5), whole groups only: three bytes, four characters.

/// The 64 characters in the order of their values.
private let alphabet: [64 of UInt8] = [
    0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50,
    0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
    0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2d, 0x5f,
]

/// Base64 with the URL-safe alphabet (RFC 4648, section 5), by groups of three bytes.
package enum Base64URL {
    /// Four characters, the first of them in the lowest byte, for three bytes, the first of them
    /// highest.
    package static func group(_ bytes: UInt32) -> UInt32 {
        let one = UInt32(alphabet[Int(bytes >> 18 & 63)])
        let two = UInt32(alphabet[Int(bytes >> 12 & 63)])
        let three = UInt32(alphabet[Int(bytes >> 6 & 63)])
        let four = UInt32(alphabet[Int(bytes & 63)])
        return one | two << 8 | three << 16 | four << 24
    }

    /// The value of a character, nil when it is none of the alphabet.
    package static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
