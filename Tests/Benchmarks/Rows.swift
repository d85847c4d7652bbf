// The rows of the table: what is done to every line of the corpus.
import AccessLog
import Agent
import Bytes
import Elastic
import Glibc
import Platform
import Tail

/// One thing to measure. `prepare` makes the closure that goes over the corpus once and may return
/// what is to be said beside its time.
struct Row: Sendable {
    let name: String
    let prepare: @Sendable (Corpus) -> () -> String?
}

let rows =
    [
        Row(name: "scan", prepare: scanPass),
        Row(name: "encode", prepare: encodePass),
        Row(name: "pipe-none") { pipePass($0, .none) },
        Row(name: "pipe-zlib") { pipePass($0, .zlib) },
    ] + isalRows

/// Lines to their fields, nothing written.
func scanPass(_ corpus: Corpus) -> () -> String? {
    let scanner = LineScanner(format: .combined)
    return {
        var sum: Int64 = 0
        var place = 0
        let bytes = corpus.bytes.span
        while let line = nextLine(bytes, from: &place) {
            do throws(Malformed) {
                let record = try scanner.scan(bytes.extracting(line))
                sum &+= record.time &+ Int64(record.status &+ record.agent.start)
            } catch {
                sum &+= Int64(error.offset)
            }
        }
        keep(sum)
        return nil
    }
}

/// Lines to bulk documents, as the pump does it: scan, members, constant text, id with its check.
func encodePass(_ corpus: Corpus) -> () -> String? {
    var encoder = Encoder()
    return {
        encoder.encode(corpus.bytes.span, batch: 1000) { _ in }
        keep(Int64(encoder.body.count))
        return nil
    }
}

/// Documents of one file, as floor/ writes them too.
struct Encoder: ~Copyable {
    var writer = DocumentWriter()
    var frame: DocumentFrame
    var body = ByteBuffer(capacity: 1 << 20)

    init() { frame = standardFrame() }

    /// Encodes every line; `take` gets each body of `batch` documents and the last one.
    mutating func encode(_ bytes: Span<UInt8>, batch: Int, take: (Span<UInt8>) -> Void) {
        var id = IDWriter(standardIncarnation)
        var lastTime = standardIncarnation.birthMilliseconds / 1000
        var documents = 0
        var place = 0
        body.clear()
        while let range = nextLine(bytes, from: &place) {
            let line = bytes.extracting(range)
            let event = LineEvent(
                offset: UInt64(range.lowerBound), check: EventID.check(of: line, torn: false))
            _ = writer.append(
                line, of: event, lastTime: &lastTime, frame: &frame, id: &id, into: &body)
            documents += 1
            if documents % batch == 0 {
                take(body.bytes)
                body.clear()
            }
        }
        take(body.bytes)
    }
}

/// 2015-05-17T10:05:00.000Z, and no random bits.
let standardIncarnation = Incarnation(high: 1_431_857_100_000 << 16, low: 0)

/// The frame of the file that floor/ writes documents of, too.
func standardFrame() -> DocumentFrame {
    var input = Configuration.Input()
    input.format = .combined
    let origin = DocumentTemplate.Origin(host: "node-1", version: "0.1.0", id: "0123456789abcdef")
    do {
        let template = try DocumentTemplate(
            input, target: .dataStream("logs-%{dataset}-default"), origin: origin)
        return DocumentFrame(
            template, path: "/usr/local/tomcat/logs/localhost_access_log.2015-05-17.txt",
            input: 0)
    } catch { fail("\(error)") }
}

/// Prints the documents, for comparison with the floor's.
func printDocuments(_ corpus: Corpus) {
    var encoder = Encoder()
    encoder.encode(corpus.bytes.span, batch: 1000) { body in
        body.withUnsafeBufferPointer { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeBufferPointer(rebasing: rest)
                let count = write(STDOUT_FILENO, part.baseAddress, part.count)
                if count < 0 { fail("write: \(SystemError("write", errno))") }
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// The line that begins at `start`, without its newline; `start` moves behind that. Nil at the end.
@inline(__always)
func nextLine(_ bytes: Span<UInt8>, from start: inout Int) -> Range<Int>? {
    guard let end = bytes.firstIndex(of: 0x0a, from: start, to: bytes.count) else { return nil }
    defer { start = end &+ 1 }
    return start..<end
}

/// Makes the optimiser believe that a value is used.
@inline(never)
func keep(_ value: Int64) {
    if value == .min { print(value) }
}
