// The agent's name in documents.

/// `agent.id`: 16 bytes as a UUID of version 4 (RFC 9562).
package enum AgentID {
    package static func text(_ bytes: [UInt8]) -> String {
        precondition(bytes.count == 16)
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
        return text
    }
}
