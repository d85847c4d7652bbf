// A second reader of the agent's JSON, at least as strict as the servers'.
import Foundation

/// JSON that a server would refuse, and why.
package struct MalformedJSON: Error, Sendable {
    package let reason: String
}

/// JSONSerialization, and what it lets pass: a member named twice, a comma before a bracket, a byte
/// order mark.
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

    /// How many members the text writes; JSONSerialization keeps one of each name. Bytes are given
    /// as numbers, for every document passes here in a debug build.
    private static func memberCount(_ bytes: ArraySlice<UInt8>) throws(MalformedJSON) -> Int {
        let count = bytes.withUnsafeBufferPointer { buffer -> Int? in
            var count = 0
            var previous: UInt8 = 0
            var place = 0
            while place < buffer.count {
                let byte = buffer[place]
                switch byte {
                case 0x20, 0x09, 0x0A, 0x0D: break
                case 0x22:  // a quote: on to the one that closes the string
                    place += 1
                    while buffer[place] != 0x22 { place += buffer[place] == 0x5C ? 2 : 1 }
                    previous = byte
                case 0x7D, 0x5D:  // closing brackets
                    if previous == 0x2C { return nil }
                    previous = byte
                default:
                    if byte == 0x3A { count += 1 }
                    previous = byte
                }
                place += 1
            }
            return count
        }
        guard let count else { throw MalformedJSON(reason: "a comma before a closing bracket") }
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
