// Whether the bytes before the read position prove that a file is the one that was read.
import Bytes
import Platform

extension Tailer {
    /// Whole lines in the overlap that are proof enough: of equal requests one after the other the
    /// time differs at least once.
    private static let linesOfProof = 2

    /// Whether the file's head is what it was; looked at only where the overlap before `searched`
    /// in the window, the end of one long line perhaps, holds too few whole lines to tell. Gzips
    /// do not change.
    mutating func headIsSame(
        _ slot: Int, _ handle: FileHandle, start: UInt64, searched: Int
    ) throws(SystemError) -> Bool {
        guard start > 0, searched <= window.count, !holdsLines(before: searched),
            let record = files[slot]?.record, !record.isCompressed
        else { return true }
        return try disk.hash(of: handle, at: 0, record.headLength, &head) == record.headHash
    }

    private func holdsLines(before end: Int) -> Bool {
        var place = 0
        // The first newline ends a line of which the window may hold the end alone.
        for _ in 0...Self.linesOfProof {
            guard let newline = window.bytes.firstIndex(of: 0x0a, from: place, to: end) else {
                return false
            }
            place = newline + 1
        }
        return true
    }
}
