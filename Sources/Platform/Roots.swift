// The directories beneath which log files may lie, and which of them links may lead to.

/// Groups of directories, one for each input: what begins beneath one of a group may lead, by way
/// of symbolic links, beneath any of the same group and nowhere else.
package struct Roots: Sendable {
    private let groups: [[Path]]

    package init(_ groups: [[Path]]) { self.groups = groups }

    /// The directories that a path may lead to; none where it lies beneath no root itself.
    func reach(of path: Path) -> [Path] {
        var reach: [Path] = []
        for group in groups where group.contains(where: { path.lies(beneath: $0) }) {
            reach = reach.isEmpty ? group : reach + group
        }
        return reach
    }

    /// The outermost root that holds another one; nil where none does.
    func outer(of root: Path) -> Path? {
        var found: Path?
        for group in groups {
            for other in group where root != other && root.lies(beneath: other) {
                if found == nil || other.bytes.count < (found?.bytes.count ?? 0) { found = other }
            }
        }
        return found
    }
}

extension Path {
    /// Whether this is the directory or, by its name, something below it.
    package func lies(beneath directory: Path) -> Bool {
        guard bytes.starts(with: directory.bytes) else { return false }
        return bytes.count == directory.bytes.count || directory.bytes == Path.slash
            || bytes[directory.bytes.count] == UInt8(ascii: "/")
    }

    /// What stands behind the directory that this lies beneath.
    func relative(to directory: Path) -> Path {
        let length = directory.bytes == Path.slash ? 1 : directory.bytes.count + 1
        return Path(bytes: Array(bytes.dropFirst(length)))
    }

    /// Where a symbolic link in this directory leads that says so; nil where that cannot be told
    /// from names alone: ".." behind another name means the parent of what that name is.
    func following(_ link: Path) -> Path? {
        var path = link.bytes.first == UInt8(ascii: "/") ? Path(bytes: Path.slash) : self
        var isBehindName = false
        for part in link.bytes.split(separator: UInt8(ascii: "/")) {
            let name = Path(bytes: Array(part))
            if name == "." { continue }
            if name != ".." {
                path = path.appending(name)
                isBehindName = true
            } else if isBehindName {
                return nil
            } else {
                path = path.directory
            }
        }
        return path
    }

    /// The outermost of these directories that the path lies beneath.
    func outermost(of directories: [Path]) -> Path? {
        var found: Path?
        for directory in directories where lies(beneath: directory) {
            if found == nil || directory.bytes.count < (found?.bytes.count ?? 0) {
                found = directory
            }
        }
        return found
    }

    private static let slash = [UInt8(ascii: "/")]
}
