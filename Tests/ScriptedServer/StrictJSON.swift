// A second reader of the agent's JSON, at least as strict as the servers'.
import Foundation

/// JSON that a server would refuse, and why.
package struct MalformedJSON: Error, Sendable {
    package let reason: String
}

/// JSONSerialization, and what it lets pass: a member named twice, a comma before a bracket, a byte order mark.
package enum StrictJSON {
    /// The members of one JSON object that is all of these bytes.
    package static func object(_ bytes: ArraySlice<UInt8>) throws(MalformedJSON) -> [String: Any] {
        guard let first = bytes.first else { throw MalformedJSON(reason: "document is empty") }
        guard first != 0xEF, first != 0xFE, first != 0xFF else {
            throw MalformedJSON(reason: "byte order mark")
        }
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch {
            throw MalformedJSON(
                reason: "not JSON: \(String(decoding: bytes.prefix(80), as: UTF8.self))")
        }
        guard let object = value as? [String: Any] else {
            throw MalformedJSON(reason: "not an object")
        }
        let written = try memberCount(bytes)
        guard written == memberCount(of: object) else {
            throw MalformedJSON(reason: "Duplicate field")
        }
        return object
    }

    /// How many members the text writes; JSONSerialization keeps one of each name.
    private static func memberCount(_ bytes: ArraySlice<UInt8>) throws(MalformedJSON) -> Int {
        var count = 0
        var inString = false
        var escaped = false
        var previous: UInt8 = 0
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                continue
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: ":"): count += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard previous != UInt8(ascii: ",") else {
                    throw MalformedJSON(reason: "a comma before a closing bracket")
                }
            default: break
            }
            previous = byte
        }
        return count
    }

    private static func memberCount(of value: Any) -> Int {
        if let object = value as? [String: Any] {
            return object.count + object.values.reduce(0) { $0 + memberCount(of: $1) }
        }
        if let array = value as? [Any] { return array.reduce(0) { $0 + memberCount(of: $1) } }
        return 0
    }
}
