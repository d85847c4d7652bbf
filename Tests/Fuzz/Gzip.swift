// A gzip of any bytes: taken in small pieces it holds the text that it holds taken whole.
import Bytes
import Tail

extension FuzzTarget {
    static let gzip = FuzzTarget(name: "gzip") { input in
        let whole = text(input, piece: .max, limit: 4096)
        let pieces = text(input, piece: 7, limit: 61)
        // Damage may be met a little earlier or later; what stands before it is the same.
        for (one, other) in zip(whole, pieces) { precondition(one == other) }
    }

    /// What of the input can be inflated, at most a mebibyte.
    private static func text(_ input: Span<UInt8>, piece: Int, limit: Int) -> [UInt8] {
        var inflater = Inflater()
        var output = ByteBuffer(capacity: limit)
        var start = 0
        while start < input.count, output.count < 1 << 20 {
            let end = start + min(piece, input.count - start)
            var place = 0
            while true {
                let before = output.count
                do throws(GzipDamage) {
                    try inflater.inflate(
                        input.extracting(start..<end), from: &place, upTo: limit, into: &output)
                } catch {
                    return output.array
                }
                precondition(output.count - before <= limit)
                if output.count == before { break }
                if output.count >= 1 << 20 { return output.array }
            }
            precondition(place == end - start)
            start = end
        }
        return output.array
    }
}
