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
    private static let block = 1024

    /// The place in the window.
    package let place: Int
    /// The file offset of the data behind it; nil when there is none.
    package let data: UInt64?

    /// The first hole behind `from` in a window of `count` bytes of a file from `start` on; nil
    /// when there is none. One byte of each block is looked at; the kernel is asked only where that
    /// is NUL. A gzip's text has no holes any more: there a block of NULs is one.
    package init?(
        in window: borrowing ByteBuffer, of handle: FileHandle, _ disk: any FileSystem,
        isInflated: Bool, start: UInt64, from: Int, count: Int
    ) throws(SystemError) {
        let block = UInt64(Self.block)
        var offset = (start + UInt64(from) + block - 1) / block * block
        while offset < start + UInt64(count) {
            let place = Int(offset - start)
            offset += block
            guard window.bytes[place] == 0 else { continue }
            let data: UInt64?
            if isInflated {
                let end = window.endOfNULs(from: place, to: count)
                if end - place < Self.block { continue }
                data = start + UInt64(end)
            } else {
                data = try disk.nextData(handle, from: start + UInt64(place))
                if data == start + UInt64(place) { continue }
            }
            var begin = place
            while begin > from, window.bytes[begin - 1] == 0 { begin -= 1 }
            self.place = begin
            self.data = data
            return
        }
        return nil
    }

    /// More NULs behind a hole that was passed, at the place where a line would begin: the rest of
    /// a gzip's hole that was too long for one turn, or a longer hole since. Nil when there are
    /// none. A writer may still fill those that a plain file ends with.
    init?(
        goingOnIn window: borrowing ByteBuffer, isInflated: Bool, at line: Int, start: UInt64
    ) {
        let count = window.count
        guard line > 0, line < count, window.bytes[line - 1] == 0, window.bytes[line] == 0 else {
            return nil
        }
        let end = window.endOfNULs(from: line, to: count)
        let atEnd = end == count && count < window.capacity
        place = line
        data = isInflated || !atEnd ? start + UInt64(end) : nil
    }
}

extension ByteBuffer {
    /// The place of the first byte that is no NUL, from a place on.
    package func endOfNULs(from place: Int, to end: Int) -> Int {
        var place = place
        while place < end, bytes[place] == 0 { place += 1 }
        return place
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

    /// The first hole in the window, behind what was searched or taken before.
    func hole(
        _ slot: Int, _ handle: FileHandle, start: UInt64, searched: Int
    ) throws(SystemError) -> HoleBegin? {
        guard let file = files[slot] else { return nil }
        let isInflated = file.record.isCompressed
        let from = file.long == nil ? Int(file.position - start) : searched
        if file.long == nil,
            let rest = HoleBegin(
                goingOnIn: window, isInflated: isInflated, at: from, start: start)
        {
            return rest
        }
        return try HoleBegin(
            in: window, of: handle, disk, isInflated: isInflated, start: start, from: from,
            count: window.count)
    }

    /// The hole that begins at the read position, up to the first byte that is no NUL. Uses up the
    /// window.
    mutating func hole(
        _ slot: Int, _ handle: FileHandle, to data: UInt64
    ) throws(SystemError) -> Hole? {
        guard let file = files[slot] else { return nil }
        window.clear()
        let most = min(window.capacity, Self.greatestBlock)
        let count = try Self.readAgain(file, handle, disk, at: data, most, into: &window)
        let end = data + UInt64(window.endOfNULs(from: 0, to: count))
        let length = min(end, UInt64(Marker.limit))
        window.clear()
        let marked = try Self.readAgain(
            file, handle, disk, at: end - length, Int(length), into: &window)
        // Cut in the meantime: the next turn finds out.
        guard marked == Int(length) else { return nil }
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
