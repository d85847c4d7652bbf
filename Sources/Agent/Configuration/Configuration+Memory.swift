// The memory that a configuration needs at least, by the arithmetic of the stages.

extension Configuration {
    /// Batches that circulate: one filled, one waiting, and one with each shipper.
    package var batches: Int { connections + 2 }

    /// Bytes that everything in flight takes at least: the batches, each shipper's deflated body
    /// with its deflater, and the read window with the overlap it begins with.
    package var leastMemory: Int {
        // A batch takes a line that does not fit any more, so the longest line is its least size.
        let batch = max(batch.bytes, maxLine)
        let window = maxLine + (4 << 10)
        guard case .elasticsearch(let settings) = output else { return batches * batch + window }
        // Incompressible bytes grow by less than this when deflated; the state of zlib takes the
        // rest.
        let deflated = settings.compression == .gzip ? batch + (512 << 10) : 0
        return batches * batch + settings.connections * deflated + window
    }

    /// What documents are addressed to; on standard output the default, as `bulk` shows it.
    package var target: Target {
        if case .elasticsearch(let settings) = output { settings.target } else { Elasticsearch().target }
    }

    private var connections: Int {
        if case .elasticsearch(let settings) = output { settings.connections } else { 1 }
    }
}
