// Paths, patterns of files and hosts: words with rules.
import Bytes
import Platform

extension ValueKind where Value == Path {
    /// A directory of our own.
    static var directory: ValueKind {
        .path("an absolute path") { path throws(Refusal) in try path.checkedDirectory() }
    }

    /// A file that is read: a secret, a certificate.
    static var file: ValueKind {
        .path("an absolute path") { path throws(Refusal) in
            if path.bytes.last == UInt8(ascii: "/") { throw Refusal("names a directory") }
            return try path.checkedAbsolute()
        }
    }

    /// A pattern of files to read.
    static var pattern: ValueKind {
        .path("an absolute pattern") { path throws(Refusal) in try path.checkedPattern() }
    }

    /// A directory that log files may lie beneath.
    static var root: ValueKind {
        .path("an absolute path of a directory") { path throws(Refusal) in try path.checkedRoot() }
    }

    /// A pattern of files to leave alone: of names, or with a slash of whole paths.
    static var exclusion: ValueKind {
        .path("a pattern of names or an absolute pattern") { path throws(Refusal) in
            let isWhole = path.bytes.contains(UInt8(ascii: "/"))
            return try (isWhole ? path.checkedAbsolute() : path.checkedLength()).checkedGlob()
        }
    }

    private static func path(
        _ expected: String, parse: @escaping (Path) throws(Refusal) -> Path
    ) -> ValueKind {
        .word(expected, write: { .text($0.bytes.span.text) }) { word throws(Refusal) in
            try parse(Path(word))
        }
    }
}

/// The rules of paths, for the file's keys and for the options that override them.
extension Path {
    func checkedDirectory() throws(Refusal) -> Path {
        let path = try checkedAbsolute()
        guard bytes.contains(where: { $0 != UInt8(ascii: "/") }) else {
            throw Refusal("the root directory is no place for state")
        }
        return path
    }

    fileprivate func checkedRoot() throws(Refusal) -> Path {
        let glob = Glob(try checkedAbsolute().appending("*"))
        guard glob.components == ["*"] else {
            throw Refusal("a root is a directory, not a pattern")
        }
        return glob.root
    }

    func checkedPattern() throws(Refusal) -> Path {
        if bytes.last == UInt8(ascii: "/") {
            throw Refusal("names a directory; add a pattern of file names, such as \"*.log\"")
        }
        return try checkedAbsolute().checkedGlob()
    }

    fileprivate func checkedLength() throws(Refusal) -> Path {
        if bytes.isEmpty { throw Refusal("a path must not be empty") }
        if bytes.contains(0) { throw Refusal("a path holds no NUL byte") }
        if bytes.count > 4095 { throw Refusal("longer than the 4095 bytes of a path") }
        return self
    }

    fileprivate func checkedAbsolute() throws(Refusal) -> Path {
        let path = try checkedLength()
        guard bytes.first == UInt8(ascii: "/") else {
            throw Refusal("\(quoted(description)) is not absolute; a path begins with \"/\"")
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"))
        if parts.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) {
            throw Refusal("\".\" and \"..\" are not supported in a path")
        }
        return path
    }

    fileprivate func checkedGlob() throws(Refusal) -> Path {
        let star = UInt8(ascii: "*")
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == star && $1 == star }) {
            throw Refusal("\"**\" is not supported; a pattern matches within one directory level")
        }
        return self
    }
}

extension ValueKind where Value == String {
    /// The address of a server. Nothing of it is ever printed: it may hold a password by mistake.
    static var host: ValueKind {
        .word("https://host:port", write: { .text($0) }) { word throws(Refusal) in
            try HostAddress.checked(word)
        }
    }
}
