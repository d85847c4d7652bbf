// What was written to the logs: every line, and where it stands.
import Synchronization

/// A place in a file that was written: which file, and which bytes of it.
package struct LinePlace: Sendable, Hashable {
    /// The file's number in the ledger; a truncated file goes on under a new number.
    package var file: Int
    package var offset: Int
    /// Bytes, line end included.
    package var length: Int

    package init(file: Int, offset: Int, length: Int) {
        self.file = file
        self.offset = offset
        self.length = length
    }
}

/// A file as the ledger knows it.
package struct LedgerFile: Sendable {
    /// The name at its creation; rotation may have changed it since.
    package var name: String
    package var inode: UInt64
}

/// The list of all lines that a store must hold in the end. Written by whoever writes logs, read by
/// the judge; any thread.
package final class Ledger: Sendable {
    private struct Pages {
        var files: [LedgerFile] = []
        var places: [LineKey: LinePlace] = [:]
        var excused: Set<LineKey> = []
        var next: [String: Int] = [:]
    }

    private let pages = Mutex(Pages())

    package init() {}

    /// How many lines must be stored.
    package var count: Int { pages.withLock { $0.places.count - $0.excused.count } }
    package var places: [LineKey: LinePlace] { pages.withLock { $0.places } }
    package var files: [LedgerFile] { pages.withLock { $0.files } }

    /// A new file; its number.
    package func open(_ name: String, inode: UInt64) -> Int {
        pages.withLock { pages in
            pages.files.append(LedgerFile(name: name, inode: inode))
            return pages.files.count - 1
        }
    }

    /// The next line of a stream, counted from 0.
    package func next(of stream: String) -> LineKey {
        pages.withLock { pages in
            let sequence = pages.next[stream, default: 0]
            pages.next[stream] = sequence + 1
            return LineKey(stream: stream, sequence: sequence)
        }
    }

    /// A line is in a file, whole.
    package func write(_ line: LineKey, at place: LinePlace) {
        pages.withLock { $0.places[line] = place }
    }

    /// A line need not arrive, though it may: it was destroyed before anyone could read it.
    package func excuse(_ line: LineKey) {
        pages.withLock { _ = $0.excused.insert(line) }
    }

    /// Lines that must be stored.
    package var owed: Set<LineKey> {
        pages.withLock { Set($0.places.keys).subtracting($0.excused) }
    }
}
