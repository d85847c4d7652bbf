// Reading a target's pattern: literal text and `%{…}`.
import Bytes

/// Why a name cannot be a target.
package struct TargetRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Fault: Equatable, Sendable {
        case empty
        case tooLong
        case onlyDots
        /// A capital letter beyond ASCII, somewhere.
        case upperCase
        /// A byte that no name may hold.
        case character(UInt8)
        /// A byte that no name may begin with.
        case start(UInt8)
        /// `%` without `{`, or `%{` without `}`.
        case unclosed
        /// Neither `dataset` nor a date.
        case unknown(String)
        /// A date in a data stream's name, which is dated by its backing indices.
        case dateInDataStream
    }

    /// Where in the text, in bytes from 0.
    package let place: Int
    package let fault: Fault

    init(_ place: Int, _ fault: Fault) {
        self.place = place
        self.fault = fault
    }

    package var description: String {
        switch fault {
        case .empty: return "the name is empty"
        case .tooLong: return "the name is longer than 255 bytes"
        case .onlyDots: return "the name is . or .."
        case .upperCase: return "the name has capital letters"
        case .character(let byte):
            return
                "\(TargetRefusal.shown(byte)) at byte \(place): a name is lower case"
                + " and has none of \\ / * ? \" < > | , # : or space"
        case .start(let byte):
            return
                "\(TargetRefusal.shown(byte)) at byte \(place): a name does not begin with - _ or +"
        case .unclosed:
            return "% at byte \(place): write %{dataset}, or a date such as %{yyyy.MM.dd}"
        case .unknown(let text):
            return
                "%{\(text)} at byte \(place): allowed are %{dataset} and dates of yyyy, MM, dd, HH"
                + " with . - _ between them"
        case .dateInDataStream:
            return
                "a date at byte \(place): a data stream is dated by its backing indices; use index"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7f { return String(Unicode.Scalar(byte)) }
        return "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

extension TargetPattern {
    static func pieces(of text: [UInt8], kind: Kind) throws(TargetRefusal) -> [Piece] {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var place = 0
        while place < text.count {
            guard text[place] == UInt8(ascii: "%") else {
                if let fault = fault(text[place], isFirst: place == 0) {
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
            if inside.elementsEqual("dataset".utf8) {
                pieces.append(.dataset)
            } else {
                guard let date = date(inside) else {
                    throw TargetRefusal(place, .unknown(String(decoding: inside, as: UTF8.self)))
                }
                if kind == .dataStream { throw TargetRefusal(place, .dateInDataStream) }
                pieces += date
            }
            place = end + 1
        }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        return pieces
    }

    /// The pieces of `yyyy.MM.dd` and the like; nil when it is no date.
    private static func date(_ text: ArraySlice<UInt8>) -> [Piece]? {
        let units: [(String, DateUnit)] = [
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
    /// can.
    static func fault(_ byte: UInt8, isFirst: Bool) -> TargetRefusal.Fault? {
        if isFirst, "-_+".utf8.contains(byte) { return .start(byte) }
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        if isUpper || byte <= 0x20 || byte == 0x7f || "\\/*?\"<>|,#:".utf8.contains(byte) {
            return .character(byte)
        }
        return nil
    }
}
