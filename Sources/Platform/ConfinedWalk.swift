// The way to a file beneath the roots: directory by directory, each link looked at by itself.
import Bytes
import CLinux
import Glibc

/// Finds names beneath roots. The kernel is never asked to follow a link: every directory is opened
/// by a way without any, and what a link says is taken as another path to find from its beginning.
/// So a name that is swapped for a link in the meantime is an error, never another file. Keeps the
/// directories it opened until it is told. Owned by one thread at a time.
struct ConfinedWalk: ~Copyable {
    /// Where something is: its name in an open directory, and its path without links.
    struct Place {
        let directory: Int32
        let name: Path
        let path: Path
        let status: tp_status

        var isLink: Bool { status.mode & S_IFMT == S_IFLNK }
    }

    /// Links on the way to one file; the kernel's own limit is 40.
    private static let mostLinks = 16
    private let roots: Roots
    /// Directories that are kept open at most.
    private let mostDirectories: Int
    private var directories: [Path: Int32] = [:]
    /// Whether the kernel has openat2(2), and lets us call it; nil until it was asked.
    private var hasOpenat2: Bool?

    init(_ roots: Roots, keeping directories: Int) {
        self.roots = roots
        mostDirectories = directories
    }

    deinit { for descriptor in directories.values { _ = close(descriptor) } }

    mutating func closeDirectories() {
        for descriptor in directories.values { _ = close(descriptor) }
        directories.removeAll(keepingCapacity: true)
    }

    /// What a path names, at the end of all links.
    mutating func find(_ path: Path) throws(SystemError) -> Place {
        var links = 0
        return try find(path, roots.reach(of: path), &links)
    }

    /// Opens a directory to read its entries, for as long as it is kept.
    mutating func list(_ path: Path) throws(SystemError) -> Int32 {
        var links = 0
        return try directory(path, roots.reach(of: path), tp_to_list, &links).descriptor
    }

    /// Opens what a place names, to look at it: a symbolic link is opened itself.
    mutating func open(_ place: Place) throws(SystemError) -> Int32 {
        try openBeneath(place.directory, place.name, tp_to_look)
    }

    private mutating func find(
        _ start: Path, _ reach: [Path], _ links: inout Int
    ) throws(SystemError) -> Place {
        var path = start
        while true {
            if path.outermost(of: reach) == path {
                let root = try directory(path, reach, tp_to_enter, &links).descriptor
                return Place(
                    directory: root, name: ".", path: path, status: try status(root, "."))
            }
            let (parent, way) = try directory(path.directory, reach, tp_to_enter, &links)
            let place = Place(
                directory: parent, name: path.name, path: way.appending(path.name),
                status: try status(parent, path.name))
            guard place.isLink else { return place }
            links += 1
            guard links <= Self.mostLinks, allowsLinks(parent) else { throw .linkRefused }
            guard let next = way.following(try target(parent, path.name)) else {
                throw .outsideRoots
            }
            path = next
        }
    }

    /// Opens a directory beneath the roots; also says its path without links.
    private mutating func directory(
        _ path: Path, _ reach: [Path], _ purpose: tp_purpose, _ links: inout Int
    ) throws(SystemError) -> (descriptor: Int32, path: Path) {
        guard let root = path.outermost(of: reach) else { throw .outsideRoots }
        if purpose == tp_to_enter, let known = directories[path] { return (known, path) }
        if path == root { return (try openRoot(path, purpose, &links), path) }
        let base = try directory(root, reach, tp_to_enter, &links).descriptor
        do throws(SystemError) {
            let found = try openBeneath(base, path.relative(to: root), purpose)
            keep(found, path)
            return (found, path)
        } catch {
            guard error.code == ELOOP, allowsLinks(base) else { throw error }
        }
        let place = try find(path, reach, &links)
        if place.path == path { throw .linkRefused }
        return try directory(place.path, reach, purpose, &links)
    }

    /// A root is what its path leads to, by way of links or not: whoever configured it said so.
    /// Beneath another root that is said of the other one alone.
    private mutating func openRoot(
        _ path: Path, _ purpose: tp_purpose, _ links: inout Int
    ) throws(SystemError) -> Int32 {
        if let outer = roots.outer(of: path) {
            return try directory(path, [outer], purpose, &links).descriptor
        }
        // Safety: the path is valid for the call.
        let root = try unsafe path.withCString { (text) throws(SystemError) in
            try call("open") { unsafe tp_open_root(text, purpose) }
        }
        keep(root, path)
        return root
    }

    private mutating func keep(_ descriptor: Int32, _ path: Path) {
        if directories.count >= mostDirectories { closeDirectories() }
        if let old = directories.updateValue(descriptor, forKey: path) { _ = close(old) }
    }

    // MARK: - Single steps

    private mutating func openBeneath(
        _ base: Int32, _ path: Path, _ purpose: tp_purpose
    ) throws(SystemError) -> Int32 {
        guard allowsLinks(base) else { return try openStepwise(base, path, purpose) }
        var attempts = 0
        while true {
            do throws(SystemError) {
                // Safety: the path is valid for the call.
                return try unsafe path.withCString { (text) throws(SystemError) in
                    try call("openat2") { unsafe tp_open_beneath(base, text, purpose) }
                }
            } catch {
                // Something on the way was renamed meanwhile.
                attempts += 1
                if error.code != EAGAIN || attempts == 10 { throw error }
            }
        }
    }

    /// Without openat2(2) one name at a time does the same; no link is followed then.
    private func openStepwise(
        _ base: Int32, _ path: Path, _ purpose: tp_purpose
    ) throws(SystemError) -> Int32 {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map { Path(bytes: Array($0)) }
        var current = base
        defer { if current != base { _ = close(current) } }
        for (depth, name) in names.enumerated() {
            if name == ".." { throw .outsideRoots }
            let isLast = depth == names.count - 1
            let next: Int32
            do throws(SystemError) {
                next = try openStep(current, name, isLast ? purpose : tp_to_enter)
            } catch {
                let isLink = try status(current, name).mode & S_IFMT == S_IFLNK
                throw isLink ? .linkRefused : error
            }
            if isLast { return next }
            if current != base { _ = close(current) }
            current = next
        }
        throw .outsideRoots
    }

    private func openStep(
        _ directory: Int32, _ name: Path, _ purpose: tp_purpose
    ) throws(SystemError) -> Int32 {
        // Safety: the name is valid for the call.
        try unsafe name.withCString { (text) throws(SystemError) in
            try call("openat") { unsafe tp_open_step(directory, text, purpose) }
        }
    }

    /// Links are followed only where openat2(2) is there to guard what they lead to. A kernel
    /// before 5.6 does not know it, some seccomp profiles forbid it.
    private mutating func allowsLinks(_ directory: Int32) -> Bool {
        if let hasOpenat2 { return hasOpenat2 }
        // Safety: the literal is valid for the call.
        let probe = unsafe tp_open_beneath(directory, ".", tp_to_enter)
        if probe >= 0 { _ = close(probe) } else if errno != ENOSYS && errno != EPERM { return true }
        hasOpenat2 = probe >= 0
        return probe >= 0
    }

    private func status(_ directory: Int32, _ name: Path) throws(SystemError) -> tp_status {
        var raw = tp_status()
        // Safety: the name and the place for the answer are valid for the call.
        _ = try unsafe name.withCString { (text) throws(SystemError) in
            try call("statx") { unsafe tp_status_in(directory, text, &raw) }
        }
        return raw
    }

    /// What a link says; what is no link any more is not what was found.
    private func target(_ directory: Int32, _ name: Path) throws(SystemError) -> Path {
        var buffer = ByteBuffer(capacity: Int(PATH_MAX))
        do throws(SystemError) {
            // Safety: the name is valid for the call, the buffer has room for its whole capacity.
            let count = try unsafe buffer.appendUnsafe(upTo: buffer.capacity) {
                (room) throws(SystemError) in
                try unsafe name.withCString { (text) throws(SystemError) in
                    try call("readlinkat") {
                        unsafe Int(tp_read_link(directory, text, room.baseAddress, room.count))
                    }
                }
            }
            if count > 0 && count < buffer.capacity { return Path(bytes: buffer.array) }
        } catch {
            if error.code != EINVAL { throw error }
        }
        throw .swapped
    }
}
