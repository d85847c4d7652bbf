// The text of a gzip by its offset: inflated forwards, with what the next read looks back at kept.
import Bytes
import Platform

/// Reads the decompressed bytes of one file, which may still be growing. It only goes forwards:
/// what was forgotten needs another reader. Owned by one thread.
@safe package final class GzipReader: @unchecked Sendable {
    private static let packedSize = 32 << 10
    private static let step = 64 << 10

    private let disk: any FileSystem
    private var inflater = Inflater()
    /// Compressed bytes that were read, how many of them are used up, and where the next ones are.
    private var packed = ByteBuffer(capacity: packedSize)
    private var place = 0
    private var packedEnd: UInt64 = 0
    private var kept = ByteBuffer(capacity: step)
    /// The offset of the first byte that can still be read.
    package private(set) var start: UInt64 = 0
    /// The file had no more bytes when last asked.
    package private(set) var isAtEnd = false
    /// Why nothing can be read behind `end`, for good.
    package private(set) var damage: GzipDamage?

    package init(disk: any FileSystem) { self.disk = disk }

    /// The offset behind the last byte inflated so far.
    package var end: UInt64 { start + UInt64(kept.count) }

    /// Read to its end, and its last member to the checksum.
    package var isWhole: Bool {
        isAtEnd && (damage == .trailing || (damage == nil && !inflater.isWithinMember))
    }

    /// Forgets what stands before the offset and inflates until it is reached, `budget` bytes at
    /// most. False when the budget ended before.
    package func advance(
        _ handle: FileHandle, to offset: UInt64, budget: Int = .max
    ) throws(SystemError) -> Bool {
        var left = budget
        while end < offset {
            forget(before: offset)
            if left <= 0 { return false }
            let count = try inflate(handle, upTo: min(left, Self.step))
            if count == 0 { break }
            left -= count
        }
        forget(before: offset)
        return true
    }

    /// Appends up to `limit` bytes found at `offset`, which is not before `start`; fewer only where
    /// the file has no more now.
    package func read(
        _ handle: FileHandle, at offset: UInt64, upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(SystemError) -> Int {
        precondition(offset >= start)
        let wanted = offset + UInt64(limit)
        while end < wanted {
            if try inflate(handle, upTo: Int(min(wanted - end, UInt64(Self.step)))) == 0 { break }
        }
        guard end > offset else { return 0 }
        let first = Int(offset - start)
        let last = min(kept.count, first + limit)
        copy(kept, first..<last, to: &buffer)
        return last - first
    }

    private func forget(before offset: UInt64) {
        guard offset > start else { return }
        let count = Int(min(offset - start, UInt64(kept.count)))
        kept.removeFirst(count)
        start += UInt64(count)
    }

    /// Inflates some bytes more; 0 when there are none now.
    private func inflate(_ handle: FileHandle, upTo limit: Int) throws(SystemError) -> Int {
        let before = kept.count
        while kept.count == before, damage == nil {
            do {
                try inflateSome(&inflater, packed, &place, limit, &kept)
            } catch {
                damage = error
                break
            }
            if kept.count > before { break }
            packed.clear()
            place = 0
            let count = try disk.read(
                handle, at: packedEnd, upTo: Self.packedSize, into: &packed)
            packedEnd += UInt64(count)
            isAtEnd = count == 0
            if isAtEnd { break }
        }
        if damage != nil { isAtEnd = true }
        return kept.count - before
    }
}

/// A borrow of the packed bytes while the others change.
private func inflateSome(
    _ inflater: inout Inflater, _ packed: borrowing ByteBuffer, _ place: inout Int, _ limit: Int,
    _ kept: inout ByteBuffer
) throws(GzipDamage) {
    try inflater.inflate(packed.bytes, from: &place, upTo: limit, into: &kept)
}

private func copy(
    _ source: borrowing ByteBuffer, _ range: Range<Int>, to target: inout ByteBuffer
) { target.append(source.bytes(range)) }
