// Finding a byte: one safe entry over memchr.
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
