// The files of the state as they are read: by the agent that owns them, and beside it.
import Bytes
import Platform

/// What a slot holds.
enum SlotContent {
    /// Never written.
    case empty
    /// Damaged, or being written this very moment.
    case damaged
    /// The volume does not give it out.
    case unreadable(SystemError)
    case valid(StateHeader, VolumeRecord, [FileRecord])

    /// Reads a slot of so many bytes.
    init(
        _ files: any FileSystem, _ handle: FileHandle, _ path: Path, capacity: UInt64
    ) throws(StateError) {
        do {
            var head = ByteBuffer(capacity: StateHeader.size)
            _ = try files.readAll(handle, at: 0, StateHeader.size, into: &head)
            guard let header = StateHeader(head.bytes) else {
                self = head.bytes.array.allSatisfy { $0 == 0 } ? .empty : .damaged
                return
            }
            try header.requireReadable(at: path)
            self = .damaged
            let start = UInt64(StateHeader.size)
            guard capacity >= start, header.payloadLength <= capacity - start else { return }
            var payload = ByteBuffer(capacity: Int(header.payloadLength))
            let count = try files.readAll(
                handle, at: start, Int(header.payloadLength), into: &payload)
            guard count == Int(header.payloadLength), xxh3(payload.bytes) == header.payloadHash,
                let content = StatePayload.decode(payload.bytes), let volume = content.volume
            else { return }
            self = .valid(header, volume, content.records)
        } catch let error as SystemError {
            self = .unreadable(error)
        } catch {
            throw StateError(error, at: path)
        }
    }
}

extension StateHeader {
    /// Throws where only newer versions can read what follows.
    func requireReadable(at path: Path) throws(StateError) {
        if oldestReader > StateHeader.format { throw .newer(path, format: format) }
    }
}

/// What a page of the births area holds.
struct BirthContent {
    /// Which page it is.
    var page: Int
    var sequence: UInt64
    var records: [FileRecord]

    /// The valid pages in the order of their numbers.
    static func read(
        _ files: any FileSystem, _ handle: FileHandle, _ path: Path
    ) throws(StateError) -> [BirthContent] {
        var found: [BirthContent] = []
        var page = ByteBuffer(capacity: BirthPage.size)
        for index in 0..<BirthPage.count {
            page.clear()
            do {
                _ = try files.readAll(
                    handle, at: UInt64(index * BirthPage.size), BirthPage.size, into: &page)
            } catch {
                throw .unusable(path, error)
            }
            guard let content = BirthPage.decode(page.bytes) else { continue }
            found.append(
                BirthContent(page: index, sequence: content.sequence, records: content.records))
        }
        return found.sorted { $0.sequence < $1.sequence }
    }

    /// The records of an image that covers births up to `covered`, and of those that came later. A
    /// born record that is there already is the same file: the image's is as new or newer.
    static func add(
        _ births: [BirthContent], after covered: UInt64, to records: [FileRecord]
    ) -> [FileRecord] {
        var records = records
        var known = Set(records.map(\.incarnation))
        for birth in births where birth.sequence > covered {
            records += birth.records.filter { known.insert($0.incarnation).inserted }
        }
        return records
    }
}
