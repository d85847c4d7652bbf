// How the command notes what the server has taken: durable, and safe beside another of its kind.
import Bytes
import Glibc
import Platform

/// Lines that stand in the park, as far as a reading of it has seen.
package struct LivingLines: Sendable {
    private var keys: [UInt64: UInt64] = [:]
    private var last: UInt64 = 0

    package init() {}

    package mutating func insert(_ number: UInt64, key: UInt64) {
        keys[number] = key
        last = max(last, number)
    }

    /// Whether a note speaks of a line that was there, or of one parked since.
    func includes(_ note: ParkNote) -> Bool {
        note.number > last || keys[note.number] == note.key
    }
}

extension ParkRetries {
    /// Adds notes to the file in a park's directory, durably, over places whose lines are gone by
    /// `living` (nil: none is known to be). Another process that does the same is waited for, half
    /// a minute at most.
    package static func add(
        _ notes: [ParkNote], in directory: Path, files: any FileSystem, living: LivingLines?
    ) throws(SystemError) {
        if notes.isEmpty { return }
        let handle = try files.openForWriting(directory.appending(name))
        defer { files.close(handle) }
        try lock(handle, files)
        let size = Int(try files.status(of: handle).size)
        var content = ByteBuffer(capacity: size)
        _ = try files.readAll(handle, at: 0, size, into: &content)
        let present = ParkRetries(content.bytes)
        // Notes of a newer version are not to be written over.
        if present.newer != nil { throw SystemError("write", ENOTSUP) }
        if size < headerSize {
            var header = ByteBuffer(capacity: headerSize)
            appendHeader(to: &header)
            try files.write(handle, header.bytes, at: 0)
        }
        var free = present.places.indices.filter { index in
            guard let note = present.places[index] else { return true }
            return living?.includes(note) == false
        }[...]
        var end = present.places.count
        for note in notes where !present.contains(note.number, key: note.key) {
            var bytes = ByteBuffer(capacity: ParkNote.size)
            note.append(to: &bytes)
            let place = free.popFirst() ?? end
            if place == end { end += 1 }
            try files.write(
                handle, bytes.bytes, at: UInt64(headerSize + place * ParkNote.size))
        }
        try files.sync(handle)
        if size == 0 { try files.syncDirectory(directory) }
    }

    private static func lock(
        _ handle: FileHandle, _ files: any FileSystem
    ) throws(SystemError) {
        let deadline = Instant.now() + .seconds(30)
        while try !files.lock(handle) {
            if Instant.now() >= deadline { throw SystemError("flock", EWOULDBLOCK) }
            _ = Stop().wait(until: .now() + .milliseconds(20))
        }
    }
}
