// A path as Linux has it: bytes without NUL, not necessarily text.

/// The bytes of a path. Printed with what is not printable escaped, so that a name cannot forge a
/// log line.
package struct Path: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { self.init(text) }

    /// This directory's entry of that name.
    package func appending(_ name: Path) -> Path {
        if bytes.isEmpty { return name }
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count + 1 + name.bytes.count)
        joined += bytes
        if bytes.last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
        joined += name.bytes
        return Path(bytes: joined)
    }

    /// What stands behind the last slash.
    package var name: Path {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return Path(bytes: Array(bytes[(slash + 1)...]))
    }

    /// What stands before the last slash; "." for a bare name, "/" for the root's entries.
    package var directory: Path {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : Path(bytes: Array(bytes[..<slash]))
    }

    /// The same for the kernel: the empty path, that of bare names, is the working directory.
    package var asDirectory: Path { bytes.isEmpty ? "." : self }

    package static func < (one: Path, other: Path) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }

    /// The path as text; control characters and ill-formed bytes as `\xHH`.
    package var description: String {
        let text = String(decoding: bytes, as: UTF8.self)
        if Array(text.utf8) == bytes, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            return text
        }
        return bytes.map { byte in
            if byte >= 0x20, byte < 0x7f { return String(Unicode.Scalar(byte)) }
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    /// Runs a C function with the path, from one of its bytes on, as a terminated string.
    package func withCString<Result, Failure: Error>(
        from start: Int = 0, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: all of the memory is initialised, ends in NUL and outlives the call; bytes and
        // characters have one layout.
        try unsafe withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: bytes.count - start + 1
        ) { (text) throws(Failure) in
            for place in start..<bytes.count {
                unsafe text.initializeElement(
                    at: place - start, to: CChar(bitPattern: bytes[place]))
            }
            unsafe text.initializeElement(at: bytes.count - start, to: 0)
            return try unsafe body(UnsafePointer(text.baseAddress!))
        }
    }

    /// Whether it is the path of a name directly in that directory.
    func isEntry(of directory: Path) -> Bool {
        let depth = directory.bytes.count
        guard bytes.count > depth + 1, bytes[depth] == UInt8(ascii: "/"),
            bytes.starts(with: directory.bytes)
        else { return false }
        for place in depth + 1..<bytes.count where bytes[place] == UInt8(ascii: "/") {
            return false
        }
        return true
    }
}
