// inotify(7) on directories: hints of what changed, never the truth.
import Bytes
import Glibc

/// One inotify instance. Owned by one thread.
package struct Watch: ~Copyable {
    /// Readable when something changed.
    package let descriptor: Int32
    private var directories: [Int32: Path] = [:]
    private var numbers: [Path: Int32] = [:]
    private var buffer = ByteBuffer(capacity: 16 << 10)

    /// What a look at the descriptor brought.
    package enum Hint: Hashable, Sendable {
        /// The file of that name in that directory was written or truncated.
        case written(Path)
        /// A name in that directory was made, moved or deleted.
        case named(Path)
        /// The directory itself went away or moved.
        case directoryGone(Path)
        /// The kernel's queue overflowed: hints were lost.
        case overflow
    }

    package init() throws(SystemError) {
        descriptor = try call("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) }
    }

    deinit { _ = close(descriptor) }

    /// Watches a directory's entries. Throws ENOSPC at the limit of watches.
    package mutating func add(_ directory: Path) throws(SystemError) {
        if numbers[directory] != nil { return }
        let mask = IN_MODIFY | IN_CREATE | IN_MOVE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
        // Safety: the path is valid for the call.
        let number = try unsafe directory.asDirectory.withCString { (text) throws(SystemError) in
            try call("inotify_add_watch") {
                unsafe inotify_add_watch(descriptor, text, UInt32(mask) | UInt32(IN_ONLYDIR))
            }
        }
        directories[number] = directory
        numbers[directory] = number
    }

    /// Watches no directory but these.
    package mutating func keep(_ wanted: Set<Path>) {
        for (directory, number) in numbers where !wanted.contains(directory) {
            _ = inotify_rm_watch(descriptor, number)
            forget(number)
        }
    }

    private mutating func forget(_ number: Int32) {
        if let directory = directories.removeValue(forKey: number) {
            numbers.removeValue(forKey: directory)
        }
    }

    /// All hints that wait, each once.
    package mutating func hints() throws(SystemError) -> [Hint] {
        var hints: [Hint] = []
        var seen: Set<Hint> = []
        while try fill() {
            var place = 0
            while let event = InotifyEvent(buffer.bytes, at: place) {
                place += event.size
                guard let hint = interpret(event), seen.insert(hint).inserted else { continue }
                hints.append(hint)
            }
        }
        return hints
    }

    private mutating func fill() throws(SystemError) -> Bool {
        buffer.clear()
        let descriptor = descriptor
        do {
            // Safety: the buffer has room for its whole capacity.
            let count = try unsafe buffer.appendUnsafe(upTo: buffer.capacity) {
                (room) throws(SystemError) in
                try call("read") { unsafe read(descriptor, room.baseAddress, room.count) }
            }
            return count > 0
        } catch {
            if error.code == EAGAIN { return false }
            throw error
        }
    }

    private mutating func interpret(_ event: InotifyEvent) -> Hint? {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return .overflow }
        guard let directory = directories[event.watch] else { return nil }
        let gone = UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED)
        if event.mask & gone != 0 {
            if event.mask & UInt32(IN_IGNORED) == 0 {
                _ = inotify_rm_watch(descriptor, event.watch)
            }
            forget(event.watch)
            return .directoryGone(directory)
        }
        let path = directory.appending(event.name)
        return event.mask & UInt32(IN_MODIFY) != 0 ? .written(path) : .named(path)
    }
}

/// A `struct inotify_event` read out of bytes.
private struct InotifyEvent {
    let watch: Int32
    let mask: UInt32
    let name: Path
    let size: Int

    init?(_ bytes: Span<UInt8>, at place: Int) {
        guard place + 16 <= bytes.count else { return nil }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[place + offset + $1]) << (8 * $1) }
        }
        let length = Int(word(12))
        guard place + 16 + length <= bytes.count else { return nil }
        watch = Int32(bitPattern: word(0))
        mask = word(4)
        size = 16 + length
        let padded = bytes.extracting(place + 16..<place + size).array
        name = Path(bytes: Array(padded.prefix { $0 != 0 }))
    }
}
