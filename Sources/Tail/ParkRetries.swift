// Which parked lines were sent again with success: notes of the command, read by the keeper.
import Bytes
import Platform

/// One line that the server has taken after all.
package struct ParkNote: Sendable, Equatable {
    package static let size = 40

    /// The line's number, and its key: numbers begin anew where a park is taken away whole.
    package var number: UInt64
    package var key: UInt64
    package var time: WallTime
    /// HTTP status of the item: 200, 201, 409.
    package var status: UInt16

    package init(number: UInt64, key: UInt64, time: WallTime, status: UInt16) {
        self.number = number
        self.key = key
        self.time = time
        self.status = status
    }

    package func append(to buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(littleEndian: number)
        buffer.append(littleEndian: key)
        buffer.append(littleEndian: time.nanoseconds)
        buffer.append(littleEndian: UInt64(status))
        let hash = xxh3(buffer.bytes(start..<buffer.count))
        buffer.append(littleEndian: hash)
    }

    /// The note in 40 bytes; nil when they are none.
    package init?(_ bytes: Span<UInt8>) {
        var reader = StateReader(bytes)
        guard let number = reader.integer(UInt64.self), let key = reader.integer(UInt64.self),
            let time = reader.integer(UInt64.self), let status = reader.integer(UInt64.self),
            reader.integer(UInt64.self) == xxh3(bytes.extracting(0..<32)),
            let status = UInt16(exactly: status)
        else { return nil }
        self.init(
            number: number, key: key, time: WallTime(nanoseconds: Int64(bitPattern: time)),
            status: status)
    }
}

/// The file `retried`: a header of 24 bytes, then notes at fixed places.
package struct ParkRetries: Sendable {
    package static let name: Path = "retried"
    package static let headerSize = 24
    private static let magic: StaticString = "TPRETRY\n"

    /// Each place in the file and what it holds; nil where no valid note stands.
    package private(set) var places: [ParkNote?] = []
    /// Of the file as it was read.
    package private(set) var hash: UInt64 = 0
    /// Set when a newer version wrote the file: its notes are not known.
    package private(set) var newer: UInt32?
    private var known: Set<Identity> = []

    private struct Identity: Hashable {
        let number: UInt64
        let key: UInt64
    }

    /// No notes.
    package init() {}

    package init(directory: Path, files: any FileSystem) throws(SystemError) {
        let path = directory.appending(ParkRetries.name)
        guard let bytes = try ParkFile.readWhole(path, files) else {
            self.init()
            return
        }
        self.init(bytes.bytes)
    }

    /// The notes in these bytes. Damaged ones are passed over: their lines count as not retried,
    /// and the server knows them when they are sent again.
    package init(_ bytes: Span<UInt8>) {
        hash = xxh3(bytes)
        if let oldest = ParkRetries.oldestReader(bytes), oldest > ParkHeader.format {
            newer = oldest
            return
        }
        var place = ParkRetries.headerSize
        while bytes.count - place >= ParkNote.size {
            let note = ParkNote(bytes.extracting(place..<place + ParkNote.size))
            places.append(note)
            if let note { known.insert(Identity(number: note.number, key: note.key)) }
            place += ParkNote.size
        }
    }

    /// Whether the line with this number and key was taken.
    package func contains(_ number: UInt64, key: UInt64) -> Bool {
        known.contains(Identity(number: number, key: key))
    }

    package static func appendHeader(to buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(magic)
        buffer.append(littleEndian: ParkHeader.format)
        buffer.append(littleEndian: 1 as UInt32)
        let hash = xxh3(buffer.bytes(start..<buffer.count))
        buffer.append(littleEndian: hash)
    }

    private static func oldestReader(_ bytes: Span<UInt8>) -> UInt32? {
        guard bytes.count >= headerSize, bytes.holds(magic, at: 0) else { return nil }
        var reader = StateReader(bytes.extracting(12..<headerSize))
        guard let oldest = reader.integer(UInt32.self),
            reader.integer(UInt64.self) == xxh3(bytes.extracting(0..<16))
        else { return nil }
        return oldest
    }
}
