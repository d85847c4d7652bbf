// The public scheme of document ids, read back.

/// An id's parts: 24 bytes in base64url: incarnation (16), offset (6, big endian), check (2).
package struct DocumentIdentity: Sendable, Hashable {
    package var incarnation: [UInt8]
    package var offset: Int
    package var check: [UInt8]

    /// Nil where the text is no such id.
    package init?(_ text: String) {
        guard text.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        for (index, character) in text.utf8.enumerated() {
            guard let value = DocumentIdentity.value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            if index % 4 == 3 {
                bytes += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
                bits = 0
            }
        }
        incarnation = Array(bytes[..<16])
        offset = bytes[16..<22].reduce(0) { $0 << 8 | Int($1) }
        check = Array(bytes[22...])
    }

    private static func value(of character: UInt8) -> UInt8? {
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
