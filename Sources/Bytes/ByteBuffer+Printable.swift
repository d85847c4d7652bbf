// Bytes of strangers for a terminal: what could steer it is shown, not sent.

extension ByteBuffer {
    /// Appends text as it is, but each byte of control characters, of marks that change the
    /// direction or are not seen, and of what is no UTF-8 as `\xHH`.
    package mutating func append(printable source: Span<UInt8>) {
        var place = 0
        while place < source.count {
            let length = source.scalarLength(at: place)
            let isShown = length.map { source.isPrintable(place..<place + $0) } ?? false
            let end = place + (length ?? 1)
            for index in place..<end {
                if isShown {
                    append(source[index])
                } else {
                    append("\\x")
                    append(hexDigit(source[index] >> 4))
                    append(hexDigit(source[index] & 15))
                }
            }
            place = end
        }
    }

    package mutating func append(printable text: String) {
        append(printable: Array(text.utf8).span)
    }
}

extension Span where Element == UInt8 {
    /// Whether all of it is UTF-8.
    package var isUTF8: Bool {
        var place = 0
        while place < count {
            guard let length = scalarLength(at: place) else { return false }
            place += length
        }
        return true
    }

    /// Of one well-formed scalar.
    fileprivate func isPrintable(_ range: Range<Int>) -> Bool {
        let first = self[range.lowerBound]
        switch range.count {
        case 1: return first >= 0x20 && first != 0x7f
        case 2:
            let value = UInt32(first & 0x1f) << 6 | UInt32(self[range.lowerBound + 1] & 0x3f)
            // C1, and the Arabic letter mark.
            return value >= 0xa0 && value != 0x61c
        case 3:
            let value =
                UInt32(first & 0x0f) << 12 | UInt32(self[range.lowerBound + 1] & 0x3f) << 6
                | UInt32(self[range.lowerBound + 2] & 0x3f)
            switch value {
            case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: return false
            default: return true
            }
        // Tags are not seen, too.
        default: return !(first == 0xf3 && self[range.lowerBound + 1] == 0xa0)
        }
    }
}
