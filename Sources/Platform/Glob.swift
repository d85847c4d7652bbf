// Patterns of paths, matched a component at a time.
import Glibc

/// A glob pattern: `*`, `?` and `[…]` within a component, as fnmatch(3) has them; a leading dot is
/// matched only by a dot.
package struct Glob: Hashable, Sendable {
    package let pattern: Path
    /// The part before the first component with a wildcard.
    package let root: Path
    /// The components behind the root; the last one names files.
    package let components: [Path]

    package init(_ pattern: Path) {
        let parts = pattern.bytes.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: true
        )
        .map { Path(bytes: Array($0)) }
        let fixed = min(
            parts.firstIndex(where: Glob.isMagic) ?? parts.count, max(parts.count - 1, 0))
        let isAbsolute = pattern.bytes.first == UInt8(ascii: "/")
        root = parts[..<fixed].reduce(isAbsolute ? "/" : "") { $0.appending($1) }
        components = Array(parts[fixed...])
        // As paths are put together: without doubled slashes.
        self.pattern = components.reduce(root) { $0.appending($1) }
    }

    /// The pattern that matches this path alone.
    package init(literal path: Path) {
        self.init(
            Path(bytes: path.bytes.flatMap { "*?[".utf8.contains($0) ? [0x5b, $0, 0x5d] : [$0] }))
    }

    /// Whether a component holds a wildcard.
    package static func isMagic(_ component: Path) -> Bool {
        component.bytes.contains {
            $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[")
        }
    }

    /// Whether a name matches one component of a pattern.
    package static func matches(_ name: Path, _ component: Path) -> Bool {
        // Safety: both strings are valid for the call.
        unsafe component.withCString { pattern in
            unsafe name.withCString { text in
                unsafe fnmatch(pattern, text, FNM_PERIOD | FNM_NOESCAPE) == 0
            }
        }
    }

    /// Whether a whole path matches the whole pattern, or, for a pattern without a slash, its name
    /// does.
    package func matches(_ path: Path) -> Bool {
        if !pattern.bytes.contains(UInt8(ascii: "/")) { return Glob.matches(path.name, pattern) }
        // Safety: both strings are valid for the call.
        return unsafe pattern.withCString { pattern in
            unsafe path.withCString { text in
                unsafe fnmatch(pattern, text, FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0
            }
        }
    }
}
