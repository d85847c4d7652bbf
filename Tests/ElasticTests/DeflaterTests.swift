// Both deflaters, read back by zlib.
import Bytes
import CZlib
import Elastic
import Testing

@Suite("Deflater")
struct DeflaterTests {
    @Test func `zlib's gzip inflates to what went in`() {
        var deflater = ZlibDeflater()
        var output = ByteBuffer(capacity: 0)
        var random = seededSource("zlib")
        for input in inputs(&random) {
            deflater.gzip(input.span, into: &output)
            #expect(inflated(output.array) == input)
        }
    }

    @Test func `the build's deflater inflates to what went in`() {
        var deflater = Deflater()
        var output = ByteBuffer(capacity: 0)
        var random = seededSource("deflater")
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
    private func inputs(_ random: inout JitterSource) -> [[UInt8]] {
        var inputs: [[UInt8]] = [[], [0], Array("hello\n".utf8)]
        for count in [1000, 65_534, 65_535, 65_536, 131_071, 300_000] {
            inputs.append(Array(repeating: 7, count: count))
            inputs.append((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            inputs.append((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 3) })
        }
        return inputs
    }

    /// The one gzip member inflated; nil when it is damaged or followed by anything.
    private func inflated(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard tp_inflate_init_gzip(&stream) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var bytes = bytes
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        return bytes.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            while true {
                let status = chunk.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                output += chunk[..<(chunk.count - Int(stream.avail_out))]
                if status == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
                if status != Z_OK { return nil }
            }
        }
    }
}
