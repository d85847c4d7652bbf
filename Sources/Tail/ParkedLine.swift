// A line that the server can never take, as it is kept for a person.
import Platform

/// One event to be parked: where it came from, what the server said of it, its bytes.
package struct ParkedLine: Sendable, Equatable {
    /// The path its file was first seen under.
    package var path: Path
    /// Its first byte in the file, and its bytes there, newline and all.
    package var offset: UInt64
    package var length: UInt64
    /// HTTP status of its item or, for a line that was sent alone, of its request.
    package var status: UInt16
    /// The server's error type and reason, as text; the reason may quote the line.
    package var type: String
    package var reason: String
    /// When it was parked.
    package var time: WallTime
    /// The event's bytes as they stand in the file; nil when they were gone by truncation.
    package var raw: [UInt8]?
    /// Its action line and source line as they were posted, each with its newline.
    package var posted: [UInt8]

    package init(
        path: Path, offset: UInt64, length: UInt64, status: UInt16, type: String, reason: String,
        time: WallTime, raw: [UInt8]?, posted: [UInt8]
    ) {
        self.path = path
        self.offset = offset
        self.length = length
        self.status = status
        self.type = type
        self.reason = reason
        self.time = time
        self.raw = raw
        self.posted = posted
    }
}
