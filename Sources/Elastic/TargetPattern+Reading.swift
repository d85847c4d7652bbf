// Reading a pattern: literal text and `%{…}`.
import Bytes

extension TargetPattern {
    static func pieces(of text: [UInt8], kind: Kind) throws(TargetRefusal) -> [Piece] {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var place = 0
        while place < text.count {
            guard text[place] == UInt8(ascii: "%") else {
                if let fault = fault(text[place], isFirst: place == 0, kind) {
                    throw TargetRefusal(place, fault)
                }
                literal.append(text[place])
                place += 1
                continue
            }
            guard place + 1 < text.count, text[place + 1] == UInt8(ascii: "{"),
                let end = text[place...].firstIndex(of: UInt8(ascii: "}"))
            else { throw TargetRefusal(place, .unclosed) }
            if !literal.isEmpty {
                pieces.append(.literal(String(decoding: literal, as: UTF8.self)))
            }
            literal = []
            let inside = text[(place + 2)..<end]
            if let placeholder = placeholder(inside) {
                pieces.append(.value(placeholder))
            } else if let date = date(inside) {
                if kind != .index { throw TargetRefusal(place, .date(kind)) }
                pieces += date
            } else {
                let text = String(decoding: inside, as: UTF8.self)
                throw TargetRefusal(place, .unknown(text, kind))
            }
            place = end + 1
        }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        return pieces
    }

    /// The allow-list.
    private static func placeholder(_ text: ArraySlice<UInt8>) -> Placeholder? {
        if text.elementsEqual("dataset".utf8) { return .dataset }
        if text.elementsEqual("namespace".utf8) { return .namespace }
        let prefix = "fields.".utf8
        guard text.starts(with: prefix), text.count > prefix.count else { return nil }
        return .field(String(decoding: text.dropFirst(prefix.count), as: UTF8.self))
    }

    /// The pieces of `yyyy.MM.dd` and the like; nil when it is no date.
    private static func date(_ text: ArraySlice<UInt8>) -> [Piece]? {
        let units: [(String, TargetName.DateUnit)] = [
            ("yyyy", .year), ("MM", .month), ("dd", .day), ("HH", .hour),
        ]
        var pieces: [Piece] = []
        var rest = text
        while let byte = rest.first {
            if let (name, unit) = units.first(where: { rest.starts(with: $0.0.utf8) }) {
                pieces.append(.date(unit))
                rest = rest.dropFirst(name.utf8.count)
            } else if !pieces.isEmpty, rest.count > 1, ".-_".utf8.contains(byte) {
                pieces.append(.literal(String(Unicode.Scalar(byte))))
                rest = rest.dropFirst()
            } else {
                return nil
            }
        }
        return pieces.isEmpty ? nil : pieces
    }

    /// Why a byte cannot stand in a name (Elasticsearch: "Index name limitations"), nil when it
    /// can. A pipeline's name may be anything (measured on both servers); control characters are a
    /// slip of the pen.
    static func fault(_ byte: UInt8, isFirst: Bool, _ kind: Kind) -> TargetRefusal.Fault? {
        if kind == .pipeline { return byte < 0x20 || byte == 0x7f ? .control(byte) : nil }
        if isFirst, "-_+".utf8.contains(byte) { return .start(byte) }
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        if isUpper || byte <= 0x20 || byte == 0x7f || "\\/*?\"<>|,#:".utf8.contains(byte) {
            return .character(byte)
        }
        return nil
    }
}
