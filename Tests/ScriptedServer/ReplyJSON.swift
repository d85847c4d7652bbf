// JSON as the server writes it: members keep their order, and are printed in any legal way.

/// A JSON value whose members have an order.
package indirect enum ReplyJSON: Sendable, Equatable {
    case object([Member])
    case array([ReplyJSON])
    case string(String)
    case number(Int)
    case boolean(Bool)

    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: ReplyJSON
        package init(_ name: String, _ value: ReplyJSON) {
            self.name = name
            self.value = value
        }
    }

    /// The value without white space, or as `?pretty` prints it: two spaces a level, `"name" :
    /// value`.
    package func rendered(pretty: Bool) -> [UInt8] {
        var text: [UInt8] = []
        write(into: &text, level: pretty ? 0 : nil)
        if pretty { text.append(UInt8(ascii: "\n")) }
        return text
    }

    /// The same value with the members of every object in another order.
    package func shuffled(by random: inout SeededRandom) -> ReplyJSON {
        switch self {
        case .object(let members):
            var moved: [Member] = []
            for member in members {
                let value = member.value.shuffled(by: &random)
                moved.insert(
                    Member(member.name, value), at: Int.random(in: 0...moved.count, using: &random))
            }
            return .object(moved)
        case .array(let elements):
            var moved: [ReplyJSON] = []
            for element in elements { moved.append(element.shuffled(by: &random)) }
            return .array(moved)
        case .string, .number, .boolean: return self
        }
    }

    private func write(into text: inout [UInt8], level: Int?) {
        switch self {
        case .object(let members):
            ReplyJSON.enclose("{", "}", members, &text, level) { member, text, level in
                ReplyJSON.quote(member.name, into: &text)
                text.append(contentsOf: (level == nil ? ":" : " : ").utf8)
                member.value.write(into: &text, level: level)
            }
        case .array(let elements):
            ReplyJSON.enclose("[", "]", elements, &text, level) { element, text, level in
                element.write(into: &text, level: level)
            }
        case .string(let string): ReplyJSON.quote(string, into: &text)
        case .number(let number): text.append(contentsOf: String(number).utf8)
        case .boolean(let boolean): text.append(contentsOf: (boolean ? "true" : "false").utf8)
        }
    }

    private static func enclose<Element>(
        _ open: String, _ close: String, _ elements: [Element], _ text: inout [UInt8],
        _ level: Int?, _ write: (Element, inout [UInt8], Int?) -> Void
    ) {
        let inner = level.map { $0 + 1 }
        text.append(contentsOf: open.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            breakLine(&text, inner)
            write(element, &text, inner)
        }
        if !elements.isEmpty { breakLine(&text, level) }
        text.append(contentsOf: close.utf8)
    }

    private static func breakLine(_ text: inout [UInt8], _ level: Int?) {
        guard let level else { return }
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
    }

    private static func quote(_ string: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                text.append(contentsOf: ("\\u00" + (byte < 16 ? "0" : "") + digits).utf8)
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
