// Holes: what a file never had written, where its writer went on at its old offset after a cut.
import Bytes
import Platform

/// A stretch of NULs that a hole makes, before the next line.
package struct Hole: Sendable {
    package let file: Int
    /// Its first byte, which is the first byte of no line, and the byte behind it.
    package let offset: UInt64
    package let end: UInt64
    /// The marker at `end`.
    package let marker: UInt64
}

/// Where in the window a hole begins, NULs before it that touch it counted in.
package struct HoleBegin {
    /// The smallest unit of what is written: a hole begins and ends at a multiple of it.
    private static let block: UInt64 = 1024

    /// The place in the window.
    package let place: Int
    /// The file offset of the data behind it; nil when there is none.
    package let data: UInt64?

    /// The first hole behind `from` in a window of `count` bytes of a file from `start` on; nil
    /// when there is none. One byte of each block is looked at; the kernel is asked only where that
    /// is NUL.
    package init?(
        in window: borrowing ByteBuffer, of handle: FileHandle, _ disk: any FileSystem,
        start: UInt64, from: Int, count: Int
    ) throws(SystemError) {
        var offset = (start + UInt64(from) + Self.block - 1) / Self.block * Self.block
        while offset < start + UInt64(count) {
            let place = Int(offset - start)
            guard window.bytes[place] == 0 else {
                offset += Self.block
                continue
            }
            let data = try disk.nextData(handle, from: offset)
            if let data, data == offset {
                offset += Self.block
                continue
            }
            var begin = place
            while begin > from, window.bytes[begin - 1] == 0 { begin -= 1 }
            self.place = begin
            self.data = data
            return
        }
        return nil
    }
}

extension Tailer {
    /// The most bytes that are written as NULs behind a hole, because a block is written whole.
    private static let greatestBlock = 64 << 10

    /// The end without the NULs before it, which a hole may follow in the next window; where
    /// nothing else stands behind `start`, the end as it is.
    func endBeforeNULs(_ end: Int, after start: Int) -> Int {
        var trimmed = end
        while trimmed > start, window.bytes[trimmed - 1] == 0 { trimmed -= 1 }
        return trimmed > start ? trimmed : end
    }

    /// The hole that begins at the read position, up to the first byte that is no NUL. Uses up the
    /// window.
    mutating func hole(
        _ slot: Int, _ handle: FileHandle, to data: UInt64
    ) throws(SystemError) -> Hole? {
        window.clear()
        let most = min(window.capacity, Self.greatestBlock)
        let count = try disk.readAll(handle, at: data, most, into: &window)
        var padding = 0
        while padding < count, window.bytes[padding] == 0 { padding += 1 }
        let end = data + UInt64(padding)
        let length = min(end, UInt64(Marker.limit))
        window.clear()
        let marked = try disk.readAll(handle, at: end - length, Int(length), into: &window)
        // Cut in the meantime: the next turn finds out.
        guard marked == Int(length), let file = files[slot] else { return nil }
        grow(slot, to: end)
        return Hole(file: slot, offset: file.position, end: end, marker: xxh3(window.bytes))
    }

    /// The hole is taken: no event is made of it.
    package mutating func endTurn(_ hole: Hole) {
        files[hole.file]!.position = hole.end
        files[hole.file]!.scanned = hole.end
        files[hole.file]!.scanHash = hole.marker
        enqueue(hole.file)
    }

    /// What the window holds before a hole that begins at `hole.place`, or the hole itself.
    mutating func turn(
        before hole: HoleBegin, _ slot: Int, _ handle: FileHandle, start: UInt64, searched: Int
    ) throws(SystemError) -> TurnStart {
        guard let file = files[slot] else { return .nothing }
        if file.long != nil {
            return followLongLine(
                slot, start: start, searched: searched, count: hole.place, false, atHole: true)
        }
        let line = Int(file.position - start)
        var turn = Turn(
            file: slot, start: start, line: line, search: min(searched, hole.place),
            end: hole.place, atEnd: false)
        let newline = window.bytes.firstIndex(of: 0x0a, from: line, to: hole.place)
        // Where nothing is written behind the hole, its writer may come back to it.
        guard let data = hole.data ?? (file.isDeleted ? file.size : nil) else {
            files[slot]!.restIsHole = max(file.size, start + UInt64(window.count))
            turn.atEnd = true
            return .lines(turn)
        }
        if line == hole.place {
            return try self.hole(slot, handle, to: data).map { .hole($0) } ?? .nothing
        }
        if newline != nil { return .lines(turn) }
        guard hole.place - line > maxLine else { return .torn(turn) }
        let hash = StreamingHash()
        hash.update(window.bytes(line..<hole.place))
        files[slot]!.long = hash
        files[slot]!.scanned = start + UInt64(hole.place)
        files[slot]!.scanHash = Turn.marker(in: window, at: hole.place, start: start)
        return tornLongLine(slot)
    }
}
