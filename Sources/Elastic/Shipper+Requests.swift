// Which events the shipper sends together, and the bytes of a request.
import Bytes

extension Shipper {
    /// Fills `parts` with all that is pending: bodies under the ceiling, then, one by one, the
    /// events that are refused alone, so that others of their target are tried between their
    /// attempts.
    mutating func cutParts() {
        var start: Int?
        var bytes = 0
        for event in batch.fates.indices where isSendable(event) {
            let length = batch.range(of: event).count
            if let first = start, bytes + length > ceiling {
                parts.append(Part(events: first..<event))
                start = nil
                bytes = 0
            }
            start = start ?? event
            bytes += length
        }
        if let first = start { parts.append(Part(events: first..<batch.fates.count)) }
        for event in notes.keys.sorted() where batch.fates[event] == .pending {
            if notes[event]?.lone != nil { parts.append(Part(events: event..<(event + 1))) }
        }
    }

    private func isSendable(_ event: Int) -> Bool {
        batch.fates[event] == .pending && (notes.isEmpty || notes[event]?.lone == nil)
    }

    /// Lays out the request for what is pending in the part; nil when nothing is.
    mutating func prepare(_ part: Part) -> BulkRequest? {
        sent.removeAll(keepingCapacity: true)
        for event in part.events where isSendable(event) || part.events.count == 1 {
            if batch.fates[event] == .pending { sent.append(Int32(event)) }
        }
        guard let first = sent.first, let last = sent.last else { return nil }
        let rawBytes: Int
        if Int(last - first) == sent.count - 1 {
            let start = batch.range(of: Int(first)).lowerBound
            let range = start..<batch.range(of: Int(last)).upperBound
            rawBytes = range.count
            source = .batch(range)
            if settings.encoding == .gzip { gzip(batch.body, range, &deflater, &encoded) }
        } else {
            copySent()
            rawBytes = scratch.count
            source = .scratch
            if settings.encoding == .gzip { gzip(scratch, 0..<rawBytes, &deflater, &encoded) }
        }
        if settings.encoding == .gzip { source = .encoded }
        counters.requests += 1
        counters.rawBytes += UInt64(rawBytes)
        counters.encodedBytes += UInt64(requestBody.count)
        let request = BulkRequest(
            host: host, path: settings.path, encoding: settings.encoding, rawBytes: rawBytes,
            events: sent.count, number: Int(counters.requests))
        current = part
        self.request = request
        return request
    }

    /// Copies the lines of the events to be sent, neighbours at once.
    private mutating func copySent() {
        scratch.clear()
        var index = 0
        while index < sent.count {
            let start = batch.range(of: Int(sent[index])).lowerBound
            while index + 1 < sent.count, sent[index + 1] == sent[index] + 1 { index += 1 }
            let end = batch.range(of: Int(sent[index])).upperBound
            copy(batch.body, start..<end, &scratch)
            index += 1
        }
    }

    /// Puts the two halves of a part behind the others: a half that is accepted proves that the
    /// server works.
    mutating func split(_ part: Part) {
        let middle = Int(sent[sent.count / 2])
        parts.append(Part(events: part.events.lowerBound..<middle))
        parts.append(Part(events: middle..<part.events.upperBound))
    }
}

// Free functions: a span of one of the shipper's buffers would forbid changing any other of them.

private func gzip(
    _ plain: borrowing ByteBuffer, _ range: Range<Int>, _ deflater: inout Deflater,
    _ encoded: inout ByteBuffer
) {
    deflater.gzip(plain.bytes(range), into: &encoded)
}

private func copy(
    _ source: borrowing ByteBuffer, _ range: Range<Int>, _ target: inout ByteBuffer
) {
    target.append(source.bytes(range))
}
