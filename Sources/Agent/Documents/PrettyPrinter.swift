// A document as people read it: indented, and coloured on a terminal.
import Bytes

/// Turns compact JSON into indented JSON in one pass over the bytes, without building a tree. The
/// input is JSON as this program writes it: no white space outside strings, nested at most 64 deep.
/// Lists of plain values stay on one line.
package struct PrettyPrinter: Sendable {
    /// True to write ANSI colours.
    package let isColoured: Bool

    package init(isColoured: Bool) { self.isColoured = isColoured }

    /// Appends one document, without a newline at its end.
    package func append(_ json: Span<UInt8>, to out: inout ByteBuffer) {
        var depth = 0
        // One bit for each level, the innermost lowest: 1 for an object.
        var objects: UInt64 = 0
        var isName = false
        var place = 0
        while place < json.count {
            let byte = json[place]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = byte == UInt8(ascii: "{")
                out.append(byte)
                if place + 1 < json.count, json[place + 1] == byte + 2 {
                    out.append(byte + 2)
                    place += 1
                } else {
                    depth += 1
                    objects = objects << 1 | (isObject ? 1 : 0)
                    isName = isObject
                    if isObject { breakLine(depth, &out) }
                }
                place += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                objects >>= 1
                if byte == UInt8(ascii: "}") { breakLine(depth, &out) }
                out.append(byte)
                place += 1
            case UInt8(ascii: ","):
                out.append(byte)
                isName = objects & 1 == 1
                if isName { breakLine(depth, &out) } else { out.append(" ") }
                place += 1
            case UInt8(ascii: ":"):
                out.append(": ")
                isName = false
                place += 1
            case UInt8(ascii: "\""):
                place = appendText(json, from: place, isName ? .name : .text, &out)
            default:
                place = appendWord(json, from: place, &out)
            }
        }
    }

    /// The colours of `jq` but for the names: readable on light and dark.
    private enum Colour {
        case name, text, number, word
        var start: StaticString {
            switch self {
            case .name: "\u{1b}[34m"
            case .text: "\u{1b}[32m"
            case .number: "\u{1b}[33m"
            case .word: "\u{1b}[35m"
            }
        }
    }

    private func breakLine(_ depth: Int, _ out: inout ByteBuffer) {
        out.append("\n")
        for _ in 0..<max(0, depth) { out.append("  ") }
    }

    /// A string in its quotes. DEL and the C1 controls, which JSON allows, are escaped: a terminal
    /// obeys them.
    private func appendText(
        _ json: Span<UInt8>, from start: Int, _ colour: Colour, _ out: inout ByteBuffer
    ) -> Int {
        if isColoured { out.append(colour.start) }
        out.append("\"")
        var place = start + 1
        while place < json.count, json[place] != UInt8(ascii: "\"") {
            let byte = json[place]
            let next = place + 1 < json.count ? json[place + 1] : 0
            if byte == UInt8(ascii: "\\") {
                out.append(byte)
                out.append(next)
                place += 2
            } else if byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
                out.append("\\u00")
                let code = byte == 0x7f ? byte : next
                out.append(hexDigit(code >> 4))
                out.append(hexDigit(code & 15))
                place += byte == 0x7f ? 1 : 2
            } else {
                out.append(byte)
                place += 1
            }
        }
        out.append("\"")
        if isColoured { out.append("\u{1b}[0m") }
        return min(place + 1, json.count)
    }

    /// A number, true, false or null.
    private func appendWord(_ json: Span<UInt8>, from start: Int, _ out: inout ByteBuffer) -> Int {
        let isNumber = json[start] <= UInt8(ascii: "9")
        if isColoured { out.append((isNumber ? Colour.number : .word).start) }
        var place = start
        while place < json.count, !",]}".utf8.contains(json[place]) {
            out.append(json[place])
            place += 1
        }
        if isColoured { out.append("\u{1b}[0m") }
        return place
    }
}
