// The way of the bytes in one thread, with the agent's own pieces: window, documents, batch, gzip.
import Agent
import Bytes
import Elastic
import Platform
import Tail

/// How a batch is encoded before it is discarded.
enum PipeEncoding: Sendable {
    case none, zlib
    #if ISAL
        case isal
    #endif
}

#if ISAL
    let isalRows = [Row(name: "pipe-isal") { pipePass($0, .isal) }]
#else
    let isalRows: [Row] = []
#endif

/// Windows of the file, documents in a batch, gzip, discarded. The sizes are the agent's defaults.
func pipePass(_ corpus: Corpus, _ encoding: PipeEncoding) -> () -> String? {
    var pipe = Pipe(path: Path(corpus.path), encoding)
    let lines = corpus.lines
    return {
        pipe.run()
        let document = pipe.rawBytes / lines
        let ratio = pipe.rawBytes * 100 / max(pipe.encodedBytes, 1)
        let hundredths = ratio % 100 < 10 ? "0\(ratio % 100)" : "\(ratio % 100)"
        return "\(document) B a document, ratio \(ratio / 100).\(hundredths)"
    }
}

private struct Pipe: ~Copyable {
    let encoding: PipeEncoding
    let limits = Configuration().batch
    let disk = LinuxFileSystem()
    let file: FileHandle
    var window: ByteBuffer
    var batch: Batch
    var encoded = ByteBuffer(capacity: 0)
    var writer = DocumentWriter()
    var frame = standardFrame()
    var zlib = ZlibDeflater()
    #if ISAL
        var isal = ISALDeflater()
    #endif
    /// Of the last run.
    var rawBytes = 0
    var encodedBytes = 0

    init(path: Path, _ encoding: PipeEncoding) {
        self.encoding = encoding
        window = ByteBuffer(capacity: Configuration().maxLine + 4096 + 2)
        batch = Batch(number: 0, bytes: limits.bytes + (16 << 10), lines: limits.lines)
        do { file = try disk.openForReading(path) } catch { fail("\(error)") }
    }

    /// Once over the file.
    mutating func run() {
        rawBytes = 0
        encodedBytes = 0
        var offset: UInt64 = 0
        var lastTime = standardIncarnation.birthMilliseconds / 1000
        var id = IDWriter(standardIncarnation)
        while true {
            window.clear()
            let count: Int
            do {
                count = try disk.read(file, at: offset, upTo: window.capacity, into: &window)
            } catch { fail("\(error)") }
            var turn = Turn(
                file: 0, start: offset, line: 0, search: 0, end: count,
                atEnd: count < window.capacity)
            while take(
                window, limits, &turn, &batch, &writer, &frame, &lastTime, &id)
            { finishBatch() }
            if turn.offset == offset { break }
            offset = turn.offset
        }
        if !batch.events.isEmpty { finishBatch() }
    }

    private mutating func finishBatch() {
        batch.close()
        rawBytes += batch.body.count
        switch encoding {
        case .none: encodedBytes += batch.body.count
        case .zlib:
            deflate(batch.body, &zlib, &encoded)
            encodedBytes += encoded.count
        #if ISAL
            case .isal:
                deflate(batch.body, &isal, &encoded)
                encodedBytes += encoded.count
        #endif
        }
        batch.clear(keeping: batch.body.capacity)
    }
}

// Free functions, as in the pump: a span of one buffer forbids changing others of the same value.

/// Takes lines; true when the batch is full.
private func take(
    _ window: borrowing ByteBuffer, _ limits: Configuration.BatchLimits, _ turn: inout Turn,
    _ batch: inout Batch, _ writer: inout DocumentWriter, _ frame: inout DocumentFrame,
    _ lastTime: inout Int64, _ id: inout IDWriter
) -> Bool {
    while let range = turn.next(in: window) {
        let offset = turn.start + UInt64(range.lowerBound)
        let line = window.bytes(range)
        let start = UInt32(batch.body.count)
        let target = writer.append(
            line, of: LineEvent(offset: offset, check: EventID.check(of: line, torn: false)),
            lastTime: &lastTime, frame: &frame, id: &id, into: &batch.body)
        batch.events.append(
            BatchEvent(
                file: 0, target: target, offset: offset, length: UInt64(range.count) + 1,
                start: start))
        if batch.body.count >= limits.bytes || batch.events.count >= limits.lines { return true }
    }
    return false
}

private func deflate(
    _ plain: borrowing ByteBuffer, _ deflater: inout ZlibDeflater, _ encoded: inout ByteBuffer
) {
    deflater.gzip(plain.bytes, into: &encoded)
}

#if ISAL
    private func deflate(
        _ plain: borrowing ByteBuffer, _ deflater: inout ISALDeflater, _ encoded: inout ByteBuffer
    ) {
        deflater.gzip(plain.bytes, into: &encoded)
    }
#endif
