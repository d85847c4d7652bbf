// Constant members of a document, as a tree into which configured fields are merged.
import Bytes

/// A constant value of a document, or a place where one is put in later.
indirect enum Member {
    case object([Named])
    /// JSON text.
    case value([UInt8])
    case slot(Slot)

    typealias Named = (name: String, value: Member)

    /// What is put in for each file or each line.
    enum Slot { case path, offset }

    static func text(_ text: String) -> Member { .value(Member.json(of: .text(text))) }

    /// The JSON text of a configured value.
    static func json(of value: Configuration.FieldValue) -> [UInt8] {
        var json = ByteBuffer(capacity: 64)
        append(value, to: &json)
        return json.array
    }

    private static func append(_ value: Configuration.FieldValue, to json: inout ByteBuffer) {
        switch value {
        case .text(let text):
            json.append("\"")
            json.appendEscaped(Array(text.utf8).span)
            json.append("\"")
        case .number(let digits): json.append(text: digits)
        case .boolean(let flag): json.append(flag ? "true" : "false")
        case .list(let items):
            json.append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { json.append(",") }
                append(item, to: &json)
            }
            json.append("]")
        }
    }

    /// The text of members, each behind a comma, and where in it the slots are.
    static func json(of members: ArraySlice<Named>) -> (text: [UInt8], slots: [Slot: Int]) {
        var json: [UInt8] = []
        var slots: [Slot: Int] = [:]
        for member in members {
            json.append(UInt8(ascii: ","))
            append(member, to: &json, &slots)
        }
        return (json, slots)
    }

    private static func append(_ member: Named, to json: inout [UInt8], _ slots: inout [Slot: Int])
    {
        json += Member.json(of: .text(member.name))
        json.append(UInt8(ascii: ":"))
        switch member.value {
        case .value(let text): json += text
        case .slot(let slot): slots[slot] = json.count
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            for (index, inner) in members.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(inner, to: &json, &slots)
            }
            json.append(UInt8(ascii: "}"))
        }
    }

    /// What merging met: an object where a value should go, or the other way round.
    enum Clash: Error { case objectThere, valueThere }

    /// Puts a value at a path of names, making objects on the way and replacing a value that is
    /// there. Returns whether there was one.
    static func put(
        _ value: Member, at path: ArraySlice<String>,
        in members: inout [Named]
    ) throws(Clash) -> Bool {
        guard let name = path.first else { return false }
        let index = members.firstIndex { $0.name == name }
        if path.count == 1 {
            guard let index else {
                members.append((name, value))
                return false
            }
            if case .object = members[index].value { throw .objectThere }
            members[index].value = value
            return true
        }
        var inner: [Named] = []
        if let index {
            guard case .object(let there) = members[index].value else { throw .valueThere }
            inner = there
        }
        let isReplaced = try put(value, at: path.dropFirst(), in: &inner)
        if let index {
            members[index].value = .object(inner)
        } else {
            members.append((name, .object(inner)))
        }
        return isReplaced
    }
}
