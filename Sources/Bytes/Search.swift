// Finding a byte: one safe entry over memchr.
import CLinux
import Glibc

extension Span where Element == UInt8 {
    /// The first place of `byte` at or after `start` and before `end`, nil when there is none.
    @inlinable @inline(__always)
    package func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        precondition(start >= 0 && start <= end && end <= count)
        // Safety: the searched range lies inside the span, as just checked.
        return unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard let found = unsafe memchr(base + start, Int32(byte), end &- start) else {
                return nil
            }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}

extension Span where Element == UInt8 {
    /// The first place of a text, nil when it is not there: memmem(3).
    package func firstIndex(of text: StaticString) -> Int? {
        // Safety: both runs are valid for the call; the result points into the first.
        unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard
                let found = unsafe tp_find(
                    base, buffer.count, text.utf8Start, text.utf8CodeUnitCount)
            else { return nil }
            return unsafe found - UnsafeRawPointer(base)
        }
    }
}

extension String {
    /// Whether a text stands in it, byte by byte. The standard library's own way is in a module of
    /// regular expressions that would be linked for it.
    package func holds(_ text: StaticString) -> Bool {
        Array(utf8).span.firstIndex(of: text) != nil
    }
}
