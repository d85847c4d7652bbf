// The text of a gzip by its offset, however it is asked for, and while it is still written.
import Bytes
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Gzip reader") struct GzipReaderTests {
    private let clock = ManualClock()

    private func disk(_ bytes: [UInt8]) throws -> (SimulatedDisk, UInt64, FileHandle) {
        let disk = SimulatedDisk(clock: clock)
        let inode = disk.createFile("/a.gz")
        disk.append(bytes, to: inode)
        return (disk, inode, try disk.openForReading("/a.gz"))
    }

    private func text(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...200_000, using: &random)).map { _ in
            UInt8.random(in: 97...110, using: &random)
        }
    }

    @Test("read forwards in any steps, the text is that of its members")
    func steps() throws {
        var random = Seed.generator(700)
        for _ in 0..<20 {
            let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in text(&random) }
            let whole = parts.flatMap { $0 }
            let (disk, _, handle) = try disk(parts.flatMap { gzipped($0) })
            let reader = GzipReader(disk: disk)
            var offset = 0
            while offset < whole.count {
                let at = UInt64(offset)
                while try !reader.advance(handle, to: at, budget: 10_000) {}
                let limit = Int.random(in: 1...100_000, using: &random)
                var buffer = ByteBuffer(capacity: limit)
                let count = try reader.read(handle, at: at, upTo: limit, into: &buffer)
                #expect(count == min(limit, whole.count - offset))
                #expect(buffer.array == Array(whole[offset..<offset + count]))
                // Sometimes again from where it was, as a turn does with an unfinished line.
                if Bool.random(using: &random) {
                    offset += Int.random(in: 0...count, using: &random)
                }
            }
            _ = try reader.advance(handle, to: UInt64(whole.count) + 1)
            #expect(reader.end == UInt64(whole.count))
            #expect(reader.isWhole)
            #expect(reader.damage == nil)
        }
    }

    @Test("what is not written yet comes when it is")
    func growing() throws {
        let text =
            Array("line\n".utf8) + (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
        let packed = gzipped(text)
        let (disk, inode, handle) = try disk([])
        let reader = GzipReader(disk: disk)
        var all: [UInt8] = []
        for byte in stride(from: 0, to: packed.count, by: 997) {
            #expect(!reader.isWhole)
            disk.append(Array(packed[byte..<min(byte + 997, packed.count)]), to: inode)
            var buffer = ByteBuffer(capacity: 16)
            _ = try reader.read(handle, at: UInt64(all.count), upTo: 100_000, into: &buffer)
            all += buffer.array
        }
        #expect(all == text)
        #expect(reader.isWhole)
    }

    @Test("a wrong checksum is damage, and what stood before it is read")
    func damaged() throws {
        var packed = gzipped(Array("one\ntwo\n".utf8))
        packed[packed.count - 8] ^= 1
        let (disk, _, handle) = try disk(packed)
        let reader = GzipReader(disk: disk)
        var buffer = ByteBuffer(capacity: 16)
        #expect(try reader.read(handle, at: 0, upTo: 100, into: &buffer) == 8)
        #expect(try reader.read(handle, at: 8, upTo: 100, into: &buffer) == 0)
        #expect(reader.damage == .corrupt)
        #expect(!reader.isWhole)
    }
}
