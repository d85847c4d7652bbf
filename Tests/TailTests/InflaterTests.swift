// Gzip read back in pieces: whole, in members, cut off, damaged, followed by something else.
import Bytes
import CZlib
import Tail
import TestKit
import Testing

@Suite("Gzip in pieces")
struct InflaterTests {
    /// What came out, and what ended it; nil when the input simply ended.
    struct Result: Equatable {
        var bytes: [UInt8] = []
        var damage: GzipDamage?
        var isWithinMember = false
    }

    /// Inflates in random pieces, both of the input and of the output.
    func inflate(_ input: [UInt8], _ random: inout SeededGenerator) -> Result {
        var inflater = Inflater()
        var output = ByteBuffer(capacity: 1)
        var rest = input[...]
        do throws(GzipDamage) {
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1...300, using: &random)))
                rest = rest.dropFirst(piece.count)
                var place = 0
                while true {
                    let before = output.count
                    let limit = Int.random(in: 1...500, using: &random)
                    try inflater.inflate(piece.span, from: &place, upTo: limit, into: &output)
                    #expect(output.count - before <= limit)
                    if output.count == before { break }
                }
                #expect(place == piece.count)
            }
        } catch {
            return Result(bytes: output.array, damage: error)
        }
        return Result(bytes: output.array, isWithinMember: inflater.isWithinMember)
    }

    /// Something that deflates, but not to nothing.
    func content(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...5000, using: &random)).map { _ in
            UInt8.random(in: 97...105, using: &random)
        }
    }

    @Test(arguments: 0..<50) func `any pieces give the content`(number: UInt64) {
        var random = Seed.generator(number)
        let content = content(&random)
        #expect(inflate(gzipped(content), &random) == Result(bytes: content))
    }

    @Test(arguments: 0..<20) func `members follow each other, padded or not`(number: UInt64) {
        var random = Seed.generator(100 + number)
        var packed: [UInt8] = []
        var whole: [UInt8] = []
        for _ in 0..<Int.random(in: 2...6, using: &random) {
            let content = content(&random)
            whole += content
            packed += gzipped(content)
            if Bool.random(using: &random) { packed += [0, 0, 0] }
        }
        #expect(inflate(packed, &random) == Result(bytes: whole))
    }

    @Test(arguments: 0..<50) func `cut off, the content begins as it should`(number: UInt64) {
        var random = Seed.generator(200 + number)
        let content = content(&random)
        let packed = gzipped(content)
        let cut = Array(packed.prefix(Int.random(in: 0..<packed.count, using: &random)))
        let result = inflate(cut, &random)
        #expect(result.isWithinMember)
        #expect(result.damage == nil)
        #expect(content.starts(with: result.bytes))
    }

    @Test func `what follows the end and is no gzip is an error, after all content`() {
        var random = Seed.generator(300)
        let content = content(&random)
        let result = inflate(gzipped(content) + Array("more".utf8), &random)
        #expect(result == Result(bytes: content, damage: .trailing))
    }

    @Test(arguments: 0..<50) func `a wrong bit is an error`(number: UInt64) {
        var random = Seed.generator(400 + number)
        let content = content(&random)
        var packed = gzipped(content)
        // The header's time, flags and system say nothing of the content, nor do the bits that fill
        // the last byte before the trailer of 8.
        var place = Int.random(in: 10..<packed.count - 1, using: &random)
        if place >= packed.count - 9 { place += 1 }
        packed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        let result = inflate(packed, &random)
        // A damaged code may also make the member seem to go on behind the end of the file.
        #expect(result.damage != nil || result.isWithinMember)
    }

    @Test func `no bytes at all are no whole gzip`() {
        var random = Seed.generator(500)
        #expect(inflate([], &random) == Result(isWithinMember: true))
    }
}
