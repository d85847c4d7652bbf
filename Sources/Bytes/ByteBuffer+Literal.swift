// Comparing bytes with a literal without making an array or a string.
import Glibc

extension Span where Element == UInt8 {
    /// Whether these are exactly the literal's UTF-8 bytes.
    @inlinable @inline(__always)
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        // Safety: both pointers are valid for count bytes; an empty span has nothing to compare.
        return unsafe withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return true }
            return unsafe memcmp(start, text.utf8Start, buffer.count) == 0
        }
    }

    /// Whether the literal's bytes stand at `offset`; false where it would run over the end.
    @inlinable @inline(__always)
    package func holds(_ text: StaticString, at offset: Int) -> Bool {
        precondition(offset >= 0 && offset <= count)
        guard count &- offset >= text.utf8CodeUnitCount else { return false }
        // Safety: as many bytes as the literal has lie behind offset, as just checked.
        return unsafe withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return text.utf8CodeUnitCount == 0 }
            return unsafe memcmp(start + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
        }
    }
}
