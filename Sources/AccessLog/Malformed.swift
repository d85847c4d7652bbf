// Why a line is none of its format.
import Bytes

/// A line that does not parse: where, and what should have stood there.
package struct Malformed: Error, Sendable {
    /// The place in the line, in bytes from 0.
    package let offset: Int
    /// What was expected there, as a noun: "a space", "the status, three digits".
    package let expected: StaticString

    init(_ offset: Int, expected: StaticString) {
        self.offset = offset
        self.expected = expected
    }

    /// Appends the sentence of `error.message`: "not a combined line: expected a space at byte 9".
    package func append(to buffer: inout ByteBuffer, format: LineFormat) {
        switch format {
        case .common: buffer.append("not a common line: expected ")
        case .combined: buffer.append("not a combined line: expected ")
        case .auto: buffer.append("not a common or combined line: expected ")
        }
        buffer.append(expected)
        buffer.append(" at byte ")
        buffer.append(decimal: UInt64(offset))
    }
}
