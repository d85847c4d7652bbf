// Which events the shipper sends together, and the bytes of a request.
import Bytes

extension Shipper {
    /// Fills `parts` with all that is pending: first what may be sent together, then, one by one,
    /// the events that are refused alone, so that others of their target are tried between their
    /// attempts.
    mutating func cutParts() {
        var first: Int?
        var last = 0
        for event in batch.fates.indices where isSendable(event) {
            first = first ?? event
            last = event
        }
        if let first { parts.append(Part(events: first..<last + 1)) }
        for event in notes.keys.sorted() where batch.fates[event] == .pending {
            if notes[event]?.lone == nil { continue }
            parts.append(Part(events: event..<(event + 1), isLone: true))
        }
    }

    private func isSendable(_ event: Int) -> Bool {
        batch.fates[event] == .pending && (notes.isEmpty || notes[event]?.lone == nil)
    }

    /// Takes the first part, or as much of it as a body of `ceiling` bytes holds, but one event at
    /// least; lays out what of it is to be sent.
    mutating func takePart(below ceiling: Int) -> Part {
        let part = parts.removeFirst()
        sent.removeAll(keepingCapacity: true)
        var bytes = 0
        for event in part.events where part.isLone || isSendable(event) {
            bytes += batch.range(of: event).count
            if bytes > ceiling, !sent.isEmpty {
                parts.insert(Part(events: event..<part.events.upperBound), at: 0)
                return Part(events: part.events.lowerBound..<event, history: part.history)
            }
            sent.append(Int32(event))
        }
        precondition(!sent.isEmpty, "a part of nothing")
        return part
    }

    /// The request for what was laid out.
    mutating func prepare(_ part: Part, for host: Int) -> BulkRequest {
        let first = Int(sent[0])
        let last = Int(sent[sent.count - 1])
        let rawBytes: Int
        if last - first == sent.count - 1 {
            let range = batch.range(of: first).lowerBound..<batch.range(of: last).upperBound
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
            host: host, path: path(for: host), encoding: settings.encoding, rawBytes: rawBytes,
            events: sent.count, number: pool.nextRequest())
        current = part
        self.request = request
        return request
    }

    /// How often a reply is asked for the indices it wrote to, so that it is known which one was
    /// written to before an outcome is unknown.
    private static let indexInterval: UInt64 = 64

    private mutating func path(for host: Int) -> String {
        let isFirst = !introduced.contains(host)
        let isResend =
            !notes.isEmpty && sent.contains { notes[Int($0)]?.unknownSince != nil }
        let isDue = counters.requests % Shipper.indexInterval == 1
        return BulkRequest.path(
            requiringDataStream: settings.requiresDataStream,
            namingIndex: isFirst || isResend || isDue, namingID: isFirst)
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
