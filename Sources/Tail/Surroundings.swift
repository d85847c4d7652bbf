// What a sweep can say of a directory in which a file is not: whether its absence means anything.
import Platform

/// What is known of directories at the end of a clean sweep, asked for once each.
struct Surroundings {
    /// What a directory is now.
    enum Finding: Equatable {
        /// Listed, with something in it.
        case listed
        /// Listed, and nothing in it; on this device.
        case empty(device: UInt64)
        /// Not there; what of the way to it is there is on this device.
        case vanished(device: UInt64)
        /// There and not listed, or not observable.
        case unknown
    }

    private let listing: Listing
    private let disk: any FileSystem
    private var findings: [Path: Finding] = [:]

    init(_ listing: Listing, disk: any FileSystem) {
        self.listing = listing
        self.disk = disk
    }

    /// How long a file that was last seen under this path, on this device, must be absent until it
    /// is taken for gone; nil while its absence means nothing. A directory that vanished, or is
    /// empty on another device, may be the place of a volume that is not mounted yet.
    mutating func patience(_ path: Path, device: UInt64) -> Duration? {
        // It may be behind a link that is refused: that is no absence.
        if listing.refused.contains(path) { return nil }
        return switch finding(path.directory) {
        case .listed: Tailer.timeUntilGone
        case .empty(let now): now == device ? Tailer.timeUntilGone : nil
        case .vanished(let now): now == device ? Tailer.timeUntilDirectoryGone : nil
        case .unknown: nil
        }
    }

    private mutating func finding(_ directory: Path) -> Finding {
        if let known = findings[directory] { return known }
        let found = look(directory)
        findings[directory] = found
        return found
    }

    private mutating func look(_ directory: Path) -> Finding {
        let entries = listing.entries[directory]
        if entries?.isEmpty == false { return .listed }
        do {
            let status = try disk.status(of: directory.asDirectory)
            if entries != nil { return .empty(device: status.device) }
            if status.kind == .directory { return .unknown }
        } catch {
            if !error.isAbsence || entries != nil { return .unknown }
        }
        return remains(of: directory)
    }

    /// The device of the nearest directory on the way that is there.
    private mutating func remains(of directory: Path) -> Finding {
        let parent = directory.directory
        if parent == directory { return .unknown }
        if let known = findings[parent], case .vanished = known { return known }
        do {
            let status = try disk.status(of: parent)
            if status.kind == .directory { return .vanished(device: status.device) }
        } catch {
            if !error.isAbsence { return .unknown }
        }
        let found = remains(of: parent)
        findings[parent] = found
        return found
    }
}
