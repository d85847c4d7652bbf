// One turn of one file: what of it stands in the window, and how far its lines are taken.
import Bytes
import Platform

/// The lines of one window. The pump takes them one by one; what it does not take stays for the
/// next turn.
package struct Turn {
    package let file: Int
    /// The file offset of the window's first byte.
    package let start: UInt64
    /// The place in the window of the next line, and of the byte where the search for its newline
    /// goes on.
    package var line: Int
    package var search: Int
    /// Bytes in the window.
    package let end: Int
    /// The read came to the end of the file.
    package internal(set) var atEnd: Bool

    package init(file: Int, start: UInt64, line: Int, search: Int, end: Int, atEnd: Bool) {
        self.file = file
        self.start = start
        self.line = line
        self.search = search
        self.end = end
        self.atEnd = atEnd
    }

    /// The file offset of the next line.
    package var offset: UInt64 { start + UInt64(line) }

    /// The next whole line without its newline, as a range of the window; nil when none is whole.
    package mutating func next(in window: borrowing ByteBuffer) -> Range<Int>? {
        guard let newline = window.bytes.firstIndex(of: 0x0a, from: search, to: end) else {
            search = end
            return nil
        }
        let range = line..<newline
        line = newline + 1
        search = line
        return range
    }

    /// XXH3 of the bytes before the next line: the marker of a span that ends there.
    package func marker(in window: borrowing ByteBuffer) -> UInt64 {
        Turn.marker(in: window, at: line, start: start)
    }

    static func marker(in window: borrowing ByteBuffer, at place: Int, start: UInt64) -> UInt64 {
        let length = Int(min(start + UInt64(place), UInt64(Marker.limit)))
        return xxh3(window.bytes(place - length..<place))
    }
}

/// A line longer than `max_line`, followed to its newline: its head stands in the window.
package struct LongLine {
    package let file: Int
    /// The line's first byte in the file, and the byte behind its newline (or behind its last byte,
    /// where the file ends without one).
    package let offset: UInt64
    package let end: UInt64
    /// Bytes of the whole line without its newline.
    package let length: UInt64
    /// XXH3 of the whole line without its newline.
    package let hash: UInt64
    /// The marker at `end`.
    package let marker: UInt64
    /// It has no newline: a hole follows.
    package var isTorn = false
}
