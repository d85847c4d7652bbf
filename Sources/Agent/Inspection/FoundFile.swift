// The files that records speak of, as they are on the disk now.
import Bytes
import Platform
import Tail

/// A record, and what became of its file.
struct FoundFile {
    /// What stands where the record says.
    enum Presence: String {
        /// The file itself, here or under another name beside it.
        case present
        /// The same inode with other bytes: truncated, or overwritten.
        case truncated
        /// Another file has its name.
        case replaced
        /// Nothing has its name: deleted, or moved away.
        case missing
        case unreadable
    }

    let record: FileRecord
    var presence: Presence
    /// Where it is now; else where it was last seen.
    var path: Path
    /// Bytes now; else when last seen, and never fewer than are committed.
    var size: UInt64
    /// Why it could not be read.
    var error: SystemError?

    /// Bytes that have no final fate yet.
    var pending: UInt64 { size - record.committed }

    /// The 20 characters that the ids of all its events begin with.
    var idPrefix: String {
        String(EventID(incarnation: record.incarnation, offset: 0, check: 0).text.prefix(20))
    }
}

extension FileRecord {
    /// Bytes of the file's text now; of a gzip as far as it was read.
    func textSize(_ status: FileStatus) -> UInt64 {
        isCompressed ? max(size, committed) : status.size
    }
}

extension Inspection {
    /// Every record's file, by lineage and age.
    mutating func findFiles() -> [FoundFile] {
        var listings: [Path: [DirectoryEntry]] = [:]
        var taken: Set<UInt64> = []
        var found: [FoundFile] = []
        // Of two lives of one inode the younger has the file.
        let records = state.records.sorted {
            $0.incarnation.birthMilliseconds > $1.incarnation.birthMilliseconds
        }
        for record in records { found.append(find(record, &listings, &taken)) }
        return found.sorted { one, other in
            if one.record.origin != other.record.origin {
                return one.record.origin < other.record.origin
            }
            return one.record.incarnation.birthMilliseconds
                < other.record.incarnation.birthMilliseconds
        }
    }

    private mutating func find(
        _ record: FileRecord, _ listings: inout [Path: [DirectoryEntry]],
        _ taken: inout Set<UInt64>
    ) -> FoundFile {
        var found = FoundFile(
            record: record, presence: .missing, path: record.path,
            size: max(record.size, record.committed))
        let directory = record.path.directory
        if listings[directory] == nil {
            listings[directory] = (try? logs.entries(of: directory)) ?? []
        }
        let names = (listings[directory] ?? []).filter { $0.inode == record.inode }
            .map { directory.appending($0.name) }.sorted()
        for path in [record.path] + names.filter({ $0 != record.path }) {
            do throws(SystemError) {
                let handle = try logs.openForReading(path)
                defer { logs.close(handle) }
                let status = try logs.status(of: handle)
                guard status.kind == .regular, status.inode == record.inode else {
                    if found.presence == .missing { found.presence = .replaced }
                    continue
                }
                let isOurs = try record.isProven(
                    on: handle, status, page.surroundings.disk, &scratch)
                guard isOurs, taken.insert(status.inode).inserted else {
                    found.presence = .truncated
                    continue
                }
                found.presence = .present
                found.path = path
                found.size = record.textSize(status)
                return found
            } catch {
                if error.isAbsence { continue }
                found.presence = .unreadable
                found.error = error
            }
        }
        return found
    }
}
