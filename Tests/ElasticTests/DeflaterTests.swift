// Both deflaters, read back by zlib.
import Bytes
import Elastic
import TestKit
import Testing

@Suite("Deflater")
struct DeflaterTests {
    @Test func `zlib's gzip inflates to what went in`() {
        var deflater = ZlibDeflater()
        var output = ByteBuffer(capacity: 0)
        var random = Seed.generator(75)
        for input in inputs(&random) {
            deflater.gzip(input.span, into: &output)
            #expect(inflated(output.array) == input)
        }
    }

    @Test func `the build's deflater inflates to what went in`() {
        var deflater = Deflater()
        var output = ByteBuffer(capacity: 0)
        var random = Seed.generator(76)
        for input in inputs(&random) {
            deflater.gzip(input.span, into: &output)
            #expect(inflated(output.array) == input)
        }
    }

    @Test func `bulk lines shrink to less than a tenth without growing the buffer to their size`() {
        let lines = Array(
            String(repeating: #"{"create":{"_index":"logs"}}"# + "\n{\"a\":1}\n", count: 20_000)
                .utf8)
        var deflater = Deflater()
        var output = ByteBuffer(capacity: 0)
        deflater.gzip(lines.span, into: &output)
        #expect(output.count < lines.count / 10)
        #expect(output.capacity < lines.count / 4)
        let capacity = output.capacity
        deflater.gzip(lines.span, into: &output)
        #expect(output.capacity == capacity)
    }

    /// Empty, tiny, repeated, incompressible, and about the sizes where blocks end.
    private func inputs(_ random: inout SplitMix64) -> [[UInt8]] {
        var inputs: [[UInt8]] = [[], [0], Array("hello\n".utf8)]
        for count in [1000, 65_534, 65_535, 65_536, 131_071, 300_000] {
            inputs.append(Array(repeating: 7, count: count))
            inputs.append((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            inputs.append((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 3) })
        }
        return inputs
    }
}
