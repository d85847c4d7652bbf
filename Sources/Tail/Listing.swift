// One look at the directories of the patterns: each is listed once a sweep.
import Platform

/// What the directories hold, read on demand and kept for the length of one sweep.
struct Listing {
    private let disk: any FileSystem
    private(set) var entries: [Path: [DirectoryEntry]] = [:]
    /// Paths that an input names and does not exclude.
    var matched: Set<Path> = []
    /// What could not be observed.
    var failures: [(Path, SystemError)] = []
    /// Paths that lead where nothing may be opened.
    var refused: Set<Path> = []
    /// Directories that links of the inputs led to: files are renamed and made there.
    private(set) var linked: Set<Path> = []
    /// Paths that are links to regular files.
    var links: [(path: Path, input: Int, status: FileStatus)] = []
    /// Names of files that have another one, by which they may be read.
    var others: [OtherName] = []

    init(disk: any FileSystem) { self.disk = disk }

    /// The directories listed and linked to: those to watch.
    var directories: Set<Path> { linked.union(entries.keys) }

    /// Notes where a link led.
    mutating func include(_ target: Path) { linked.insert(target.directory) }

    /// Lists the directories that links led to.
    mutating func listLinked() {
        for directory in linked { _ = list(directory) }
    }

    /// The paths that a pattern names now, in the order of their names.
    mutating func expand(_ glob: Glob) -> [Path] {
        var level: [Path] = [glob.root]
        for (depth, component) in glob.components.enumerated() {
            let isLast = depth == glob.components.count - 1
            var next: [Path] = []
            for directory in level {
                // A literal last component is no reason to skip the listing: renamed files are
                // found by it.
                if !isLast && !Glob.isMagic(component) {
                    next.append(directory.appending(component))
                    continue
                }
                for entry in list(directory) where Glob.matches(entry.name, component) {
                    next.append(directory.appending(entry.name))
                }
            }
            // Of one directory they are in order.
            level = level.count == 1 ? next : next.sorted()
        }
        return level
    }

    private mutating func list(_ directory: Path) -> [DirectoryEntry] {
        if let known = entries[directory] { return known }
        do {
            let found = try disk.entries(of: directory).sorted { $0.name < $1.name }
            entries[directory] = found
            return found
        } catch {
            if error.isRefusal {
                refused.insert(directory)
            } else if !error.isAbsence {
                failures.append((directory, error))
            }
            return []
        }
    }
}

/// A path of an input that names a tracked file, but not as the record does.
struct OtherName {
    let path: Path
    let slot: Int
    let status: FileStatus
}
