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

    init(disk: any FileSystem) { self.disk = disk }

    /// The directories listed: those to watch.
    var directories: Set<Path> { Set(entries.keys) }

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
            level = next.sorted()
        }
        return level
    }

    private mutating func list(_ directory: Path) -> [DirectoryEntry] {
        if let known = entries[directory] { return known }
        do {
            let found = try disk.entries(of: directory)
            entries[directory] = found
            return found
        } catch {
            if !error.isAbsence { failures.append((directory, error)) }
            return []
        }
    }
}
