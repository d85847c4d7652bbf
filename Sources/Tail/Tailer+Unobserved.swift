// What a sweep could not look at: what is known may be there, so nothing is taken for gone.
import Platform

extension Tailer {
    /// As long a path is denied by its permissions until nothing is expected behind it any more.
    private static let timeUntilGivenUp = Duration.seconds(3600)

    /// A path could not be looked at in this sweep.
    mutating func miss(_ path: Path, _ what: TailNote) {
        isSweepClean = false
        reportOnce(path, what)
    }

    /// A new file could not be opened. Where that is denied but its inode can be seen, and nobody
    /// looks for that one, it is none of the known files.
    mutating func missNew(_ path: Path, _ error: SystemError) {
        if error.isDenied, let inode = try? disk.status(of: path).inode,
            slotsByInode[inode] == nil, !unmatched.wait(for: inode)
        {
            reportOnce(path, .unreadable(path, error))
        } else {
            miss(path, .unreadable(path, error))
        }
    }

    /// What the listing could not look at. A directory that is denied for an hour is never listed,
    /// and files that are gone elsewhere are not kept for its sake.
    mutating func missListed(_ failures: [(Path, SystemError)]) {
        let before = deniedSince
        deniedSince.removeAll()
        for (path, error) in failures {
            let since = before[path] ?? clock.now()
            if error.isDenied { deniedSince[path] = since }
            if error.isDenied, clock.now() - since >= Self.timeUntilGivenUp {
                reportOnce(path, .sweepFailed(path, error))
            } else {
                miss(path, .sweepFailed(path, error))
            }
        }
    }

    /// A note that would come again with every sweep is made once, until the path is well again.
    mutating func reportOnce(_ path: Path, _ what: TailNote) {
        // Whoever makes names without end gets no memory without end.
        if reportedPaths.count >= 10_000 { reportedPaths.removeAll() }
        if reportedPaths.insert(path).inserted { note(what) }
    }
}
