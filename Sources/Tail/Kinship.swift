// Whether a new file holds the text of one that is known: by head and markers, never by its name.
import Bytes
import Platform

/// What a new file is to a known one.
enum Kinship: Equatable {
    case stranger
    /// Too short to tell yet.
    case unknown
    /// The same text, as far as the copy goes or is inflated; of a gzip the head alone, its markers
    /// are looked at when reading has come to them.
    case copy
}

/// A file that may go on in a copy. A view of the tailer's table or of the records that wait.
struct Parent {
    enum Home {
        case slot(Int)
        case place(Int)
    }

    let home: Home
    let record: FileRecord
    /// Where reading goes on.
    let position: UInt64
    /// What is known of its bytes beside the head, the last first.
    let marks: [Marker]
    /// The file itself cannot be read any more, or need not be.
    let isGone: Bool
    /// It has a turn coming: then it can be told.
    let willBeRead: Bool
    /// It is not empty, as far as is known.
    private let hasText: Bool

    init(_ file: TrackedFile, slot: Int, size: UInt64, isGone: Bool) {
        home = .slot(slot)
        willBeRead = !isGone && (file.isQueued || !file.isBorn)
        hasText = size > 0 || !file.isBorn
        record = file.record
        position = file.position
        self.isGone = isGone
        let last = Marker(offset: file.scanned, hash: file.scanHash)
        marks = Self.sorted([last, record.marker, record.waypoint] + file.trail)
    }

    init(_ record: FileRecord, place: Int, isGone: Bool) {
        home = .place(place)
        willBeRead = false
        hasText = record.size > 0
        self.record = record
        position = record.committed
        self.isGone = isGone
        marks = Self.sorted([record.marker, record.waypoint])
    }

    private static func sorted(_ marks: [Marker]) -> [Marker] {
        marks.filter { $0.offset > 0 && !$0.isBlank }.sorted { $0.offset > $1.offset }
    }

    /// Nothing of it was read yet, but will be: then it can be told.
    var isUnread: Bool { record.headLength == 0 && hasText && !isGone }

    /// Its head is so short that others may begin so, too.
    var isLittleKnown: Bool { !record.isHeadWhole }

    /// It is in the table, not only in the state.
    var isTracked: Bool { if case .slot = home { true } else { false } }

    /// Something of it is known, or will be, and the copy is another file beside it. Which
    /// came first is not asked: clocks are set back.
    func mayBeParent(of status: FileStatus) -> Bool {
        guard record.headLength > 0 || isUnread else { return false }
        let isSame = record.inode == status.inode && record.birth == status.birth
        return !isSame || record.device != status.device
    }
}

/// The new file. Owns nothing: the descriptor is its holder's.
struct Copy {
    let path: Path
    let handle: FileHandle
    let status: FileStatus
    let isCompressed: Bool
    /// The inode's; 0 where it is not known.
    let generation: UInt64
    /// Up to `FileRecord.headLimit` bytes of its text, and whether there may be more.
    let head: [UInt8]
    private let isOpenEnded: Bool
    /// The hash of its first bytes, if there are so many.
    let start: UInt64?
    /// The head is all of its text now.
    let isWholeInHead: Bool

    init(
        _ path: Path, _ handle: FileHandle, _ status: FileStatus, _ disk: any FileSystem
    ) throws(SystemError) {
        self.path = path
        self.handle = handle
        self.status = status
        generation = disk.generation(of: handle)
        isCompressed = try disk.isGzip(handle) ?? false
        var buffer = ByteBuffer(capacity: FileRecord.headLimit)
        if isCompressed {
            let gzip = GzipReader(disk: disk)
            _ = try gzip.read(handle, at: 0, upTo: FileRecord.headLimit, into: &buffer)
            isOpenEnded = !gzip.isWhole
        } else {
            _ = try disk.readAll(handle, at: 0, FileRecord.headLimit, into: &buffer)
            isOpenEnded = true
        }
        head = buffer.array
        start = Copy.start(of: head)
        isWholeInHead =
            !head.isEmpty
            && (isCompressed
                ? !isOpenEnded && head.count < FileRecord.headLimit
                : status.size == UInt64(head.count))
    }

    private static func start(of head: [UInt8]) -> UInt64? {
        let length = FileRecord.startLength
        return head.count < length ? nil : xxh3(head.span.extracting(0..<length))
    }

    /// Too short to be held against the head that is known.
    func isShorter(than parent: Parent) -> Bool { head.count < Int(parent.record.headLength) }

    func kinship(
        to parent: Parent, _ disk: any FileSystem, _ scratch: inout ByteBuffer
    ) throws(SystemError) -> Kinship {
        if parent.isUnread { return .unknown }
        let known = Int(parent.record.headLength)
        if head.count >= known {
            guard xxh3(head.span.extracting(0..<known)) == parent.record.headHash else {
                return .stranger
            }
            if isCompressed { return try kinshipByText(to: parent, disk) }
        }
        if let start, let known = parent.record.startHash, start != known { return .stranger }
        let size = isCompressed ? UInt64(head.count) : status.size
        for mark in parent.marks where mark.offset <= size {
            let start = mark.offset - mark.length
            let hash: UInt64?
            if isCompressed {
                hash = xxh3(head.span.extracting(Int(start)..<Int(mark.offset)))
            } else {
                hash = try disk.hash(of: handle, at: start, mark.length, &scratch)
            }
            return hash == mark.hash ? .copy : .stranger
        }
        return isOpenEnded ? .unknown : .stranger
    }

    /// Markers up to here are looked at in a gzip before it is read.
    private static let quicklyInflated: UInt64 = 256 << 10

    /// Of a gzip whose head is the parent's: others may begin with the same header, so the last
    /// marker that is quickly reached decides. Where there is none, the head does, but not the NULs
    /// of a hole.
    private func kinshipByText(
        to parent: Parent, _ disk: any FileSystem
    ) throws(SystemError) -> Kinship {
        for mark in parent.marks where mark.offset <= Self.quicklyInflated {
            let (gzip, length) = (GzipReader(disk: disk), Int(mark.length))
            var text = ByteBuffer(capacity: length)
            guard try gzip.advance(handle, to: mark.offset - mark.length),
                try gzip.read(
                    handle, at: mark.offset - mark.length, upTo: length, into: &text) == length
            else { continue }
            return xxh3(text.bytes) == mark.hash ? .copy : .stranger
        }
        return head.contains { $0 != 0 } ? .copy : .unknown
    }
}

extension FileRecord {
    /// The record speaks of the copy from now on. Its offsets and hashes stay.
    mutating func move(to copy: Copy) {
        path = copy.path
        device = copy.status.device
        inode = copy.status.inode
        birth = copy.status.birth
        generation = copy.generation
        modified = copy.status.modified
        isCompressed = copy.isCompressed
        isWhole = false
        packedSize = copy.isCompressed ? copy.status.size : 0
    }
}
