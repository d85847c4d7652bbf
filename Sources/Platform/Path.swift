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
        let separator: [UInt8] = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return Path(bytes: bytes + separator + name.bytes)
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

    /// Runs a C function with the path as a terminated string.
    package func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let terminated = ContiguousArray(bytes.map { CChar(bitPattern: $0) } + [0])
        // Safety: the array outlives the call and ends in NUL.
        return try unsafe terminated.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try unsafe body(buffer.baseAddress!)
        }
    }
}
