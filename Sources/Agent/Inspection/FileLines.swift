// Where the lines of a file begin and end, for those who look at few of them.
import Bytes
import Platform

/// Where the lines of a file begin and end. Reads as it is asked, keeps nothing.
struct FileLines {
    private let handle: FileHandle
    private let disk: any FileSystem
    private static let block = 256 << 10

    init(_ handle: FileHandle, _ disk: any FileSystem) {
        self.handle = handle
        self.disk = disk
    }

    /// The first byte of the first line that begins behind `offset`; `end` where none does before
    /// it.
    func start(behind offset: UInt64, to end: UInt64) throws(SystemError) -> UInt64 {
        var start = end
        try eachNewline(from: offset, to: end) { newline in
            start = newline + 1
            return false
        }
        return start
    }

    /// The newline that ends the line at `offset`; nil where the file ends before one.
    func newline(from offset: UInt64) throws(SystemError) -> UInt64? {
        var found: UInt64?
        try eachNewline(from: offset, to: .max) { newline in
            found = newline
            return false
        }
        return found
    }

    /// The first byte of the line that holds the byte at `offset`.
    func start(of offset: UInt64) throws(SystemError) -> UInt64 {
        var end = offset
        while end > 0 {
            let begin = end - min(end, UInt64(FileLines.block))
            var last: UInt64?
            try eachNewline(from: begin, to: end) { newline in
                last = newline
                return true
            }
            if let last { return last + 1 }
            end = begin
        }
        return 0
    }

    /// The first byte of a line by its number, from 1; nil where there are fewer newlines before
    /// it, with how many there are.
    func start(ofLine number: UInt64) throws(SystemError) -> (offset: UInt64?, newlines: UInt64) {
        if number == 1 { return (0, 0) }
        var count: UInt64 = 0
        var start: UInt64?
        try eachNewline(from: 0, to: .max) { newline in
            count += 1
            if count < number - 1 { return true }
            start = newline + 1
            return false
        }
        return (start, count)
    }

    /// Newlines in a stretch.
    func count(from start: UInt64, to end: UInt64) throws(SystemError) -> UInt64 {
        var count: UInt64 = 0
        try eachNewline(from: start, to: end) { _ in
            count += 1
            return true
        }
        return count
    }

    /// Hands out the places of newlines, for as long as the answer is true.
    private func eachNewline(
        from start: UInt64, to end: UInt64, _ body: (UInt64) -> Bool
    ) throws(SystemError) {
        var buffer = ByteBuffer(capacity: FileLines.block)
        var offset = start
        while offset < end {
            buffer.clear()
            let wanted = Int(min(UInt64(FileLines.block), end - offset))
            let count = try disk.readAll(handle, at: offset, wanted, into: &buffer)
            var place = 0
            while let newline = buffer.bytes.firstIndex(of: 0x0a, from: place, to: count) {
                if !body(offset + UInt64(newline)) { return }
                place = newline + 1
            }
            if count < wanted { return }
            offset += UInt64(count)
        }
    }
}
