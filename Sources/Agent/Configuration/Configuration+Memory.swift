// The memory that a configuration needs at least, by the arithmetic of the stages.
import Bytes
import Elastic

extension Configuration {
    /// Batches that circulate: one filled, one waiting, and one with each shipper.
    package var batches: Int { connections + 2 }

    /// Bytes that everything in flight takes while nothing unusual happens, rounded up to KiB:
    ///
    /// - Each batch: its body (`batch.bytes`, or `max_line` when that is more, as a batch takes a
    ///   line that does not fit any more) with 16 KiB to spare, and 33 bytes of index a line.
    /// - Each shipper: its deflater, the room the deflater asks for (an eighth of a body; logs need
    ///   a fifteenth), and 64 bytes a line for the reply and its items.
    /// - The stragglers of each shipper, at least half of `batch.bytes`.
    /// - The printer, instead of shippers: 256 KiB, which is a piece of a body in colours.
    /// - The read window: `max_line` and 4 KiB of overlap.
    ///
    /// With the defaults and Elasticsearch, in KiB: 4 · (1024 + 16 + 161.1) + 2 · (357 + 134 +
    /// 312.5 + 512) + 260 = 7695.6. What is left of `memory: 8MiB`, 496 KiB, goes to the
    /// stragglers. What comes seldom is beyond it:
    ///
    /// - One document can be 12 times its line (two members of control characters, each `\u00XX`)
    ///   and 2 KiB: 3074 KiB more in one body, until the batch comes back.
    /// - Lines that cannot be compressed: the deflated body is as large as the batch: 2 · 906 KiB.
    /// - What is sent again of a batch is copied, so almost a body more: 2 · 1040 KiB.
    ///
    /// - Two gzips are inflated at a time, each with zlib's state, a window and a block read ahead:
    ///   2 · 420 KiB, until they are read to their end.
    ///
    /// All of it at the same moment would be 15998 KiB. The pump gives a grown body back when it
    /// comes home, a shipper its copy when it lets go of the batch.
    ///
    /// Not in it: where documents are printed beside Elasticsearch, a body and 256 KiB;
    /// the image of the state, which grows with the number of files; libcurl's buffers (about
    /// 100 KiB a connection); threads' stacks; and the program itself.
    package var leastMemory: Int {
        let body = max(batch.bytes, maxLine) + (16 << 10)
        let index = MemoryLayout<BatchEvent>.stride + MemoryLayout<Fate>.stride
        let window = maxLine + (4 << 10)
        let bytes = batches * (body + batch.lines * index) + window + outputMemory(body: body)
        return (bytes + 1023) & ~1023
    }

    private func outputMemory(body: Int) -> Int {
        guard case .elasticsearch(let settings) = output else {
            return 4 * Rendering.piece
        }
        let deflating = settings.compression == .gzip ? (357 << 10) + body / 8 + (4 << 10) : 0
        return settings.connections * (deflating + batch.lines * 64 + leastStragglers)
    }

    private var leastStragglers: Int { batch.bytes / 2 }

    /// Bytes of lines that each shipper may hold back for another attempt while their batches go
    /// home: the least, and its share of what `memory` leaves.
    package var stragglerBytes: Int {
        leastStragglers + max(memory - leastMemory, 0) / connections
    }

    /// Why `memory` is too small; nil: it is not.
    var memoryProblem: String? {
        if memory >= leastMemory { return nil }
        return "\(sizeText(memory)) cannot hold \(batches) batches of \(sizeText(batch.bytes)) "
            + "and \(batch.lines) lines, their output, and a line of \(sizeText(maxLine)); "
            + "the least is \(sizeText(leastMemory))"
    }

    /// Why `park.bytes` is too small; nil: it is not. A document can be 12 times its line (two
    /// members of control characters, each `\u00XX`) and is kept beside it: a line that never
    /// finds room would hold its input for ever.
    var parkProblem: String? {
        let least = 16 * maxLine
        if park.bytes >= least { return nil }
        return "\(sizeText(park.bytes)) may not hold one line of \(sizeText(maxLine)) and its "
            + "document; the least is \(sizeText(least))"
    }

    private var connections: Int {
        if case .elasticsearch(let settings) = output { settings.connections } else { 1 }
    }
}
