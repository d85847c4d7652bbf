// One life of a file: from when it was first seen until it is gone, truncated or replaced.
import Bytes
import Platform

/// Names one life of a file for ever: 48 bits of birth time and 80 random bits. Two files never
/// share one, and it is durable before the first event of the file is read, so ids that contain it
/// name the same bytes after a restart.
package struct Incarnation: Hashable, Sendable {
    /// Birth time in milliseconds since 1970 in the upper 48 bits, then 16 random bits.
    package let high: UInt64
    /// 64 random bits.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new life, younger than the one that it comes `after` whatever the clock says. A birth
    /// before 1970 counts as 1970.
    package init(
        birth: WallTime, after old: Incarnation? = nil,
        using generator: inout some RandomNumberGenerator
    ) {
        var milliseconds = UInt64(max(0, birth.milliseconds))
        if let old { milliseconds = max(milliseconds, UInt64(old.birthMilliseconds) + 1) }
        let random = UInt64.random(in: 0...0xffff, using: &generator)
        high = milliseconds << 16 | random
        low = UInt64.random(in: .min ... .max, using: &generator)
    }

    /// From the 16 bytes that `append` wrote; nil when there are not 16.
    package init?(bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.word(at: 0).byteSwapped
        low = bytes.word(at: 8).byteSwapped
    }

    /// Milliseconds since 1970.
    package var birthMilliseconds: Int64 { Int64(high >> 16) }

    /// Appends 16 bytes, big endian: older lives sort first.
    package func append(to buffer: inout ByteBuffer) {
        buffer.append(word: high.byteSwapped)
        buffer.append(word: low.byteSwapped)
    }
}
