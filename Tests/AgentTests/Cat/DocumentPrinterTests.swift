// What is printed of an input, however its bytes come.
import Agent
import Bytes
import Elastic
import Glibc
import Platform
import Tail
import TestKit
import Testing

/// Gives bytes in pieces of random size, then fails or ends.
struct PiecewiseSource: ByteSource {
    var rest: ArraySlice<UInt8>
    var random: SeededGenerator
    var failure: ReadFailure?
    var most = 200

    init(_ bytes: [UInt8], _ random: SeededGenerator, failure: ReadFailure? = nil) {
        rest = bytes[...]
        self.random = random
        self.failure = failure
    }

    mutating func read(
        upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(ReadFailure) -> Int {
        if rest.isEmpty, let failure { throw failure }
        let piece = Array(rest.prefix(min(limit, Int.random(in: 1...most, using: &random))))
        rest = rest.dropFirst(piece.count)
        buffer.append(piece)
        return piece.count
    }
}

/// Keeps what was printed.
final class Printed {
    var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n") }
}

@Suite("Documents of an input")
struct DocumentPrinterTests {
    let maxLine = 400
    let incarnation = Incarnation(high: 0x014d_6083_f3d8_0001, low: 2)

    func settings() throws -> PumpSettings {
        var settings = try PumpSettings(Configuration(), origin: DocumentBench.origin)
        settings.maxLine = maxLine
        settings.batch.bytes = 5000
        settings.batch.lines = 7
        return settings
    }

    func printed<Source: ByteSource & ~Copyable>(
        _ source: consuming Source
    ) throws -> (bulk: String, outcome: DocumentPrinter.Outcome) {
        let printed = Printed()
        var printer = DocumentPrinter(
            settings: try settings(), rendering: Rendering(style: .bulk, isColoured: false)
        ) { (bytes) throws(SystemError) in printed.bytes += bytes.array }
        let outcome = try printer.print(&source, path: "a", incarnation: incarnation)
        return (printed.text, outcome)
    }

    /// The same by the plainest means.
    func expected(_ content: [UInt8]) throws -> String {
        var writer = DocumentWriter()
        var frame = DocumentFrame(try settings().templates[0], path: "a", input: 0)
        var ids = IDWriter(incarnation)
        var lastTime = incarnation.birthMilliseconds / 1000
        var body = ByteBuffer(capacity: 100)
        var offset = 0
        for raw in content.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
        {
            let head = Array(raw.prefix(maxLine))
            var line = head
            var event = LineEvent(
                offset: UInt64(offset), check: EventID.check(of: head.span, torn: false))
            if raw.count > maxLine {
                event.whole = .init(length: UInt64(raw.count), hash: xxh3(raw.span))
            } else if line.last == 0x0d {
                line.removeLast()
            }
            if offset == 0, line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
            if !line.isEmpty {
                _ = writer.append(
                    line.span, of: event, lastTime: &lastTime, frame: &frame, id: &ids, into: &body)
            }
            offset += raw.count + 1
        }
        return body.bytes.text
    }

    /// Lines of every kind that matters here: good, empty, foreign, as long as may be, far longer.
    func content(_ random: inout SeededGenerator) -> [UInt8] {
        var content: [UInt8] = Bool.random(using: &random) ? [0xef, 0xbb, 0xbf] : []
        let lengths = [0, 1, maxLine - 1, maxLine, maxLine + 1, maxLine + 2, 3 * maxLine, 200_000]
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            if Int.random(in: 0..<3, using: &random) > 0 {
                content += Array(sampleLine.utf8)
            } else {
                let length = lengths.randomElement(using: &random) ?? 0
                content += [UInt8](
                    repeating: UInt8.random(in: 97...99, using: &random), count: length)
            }
            if Bool.random(using: &random) { content.append(0x0d) }
            content.append(0x0a)
        }
        if Bool.random(using: &random) { content += Array(sampleLine.utf8.dropLast(5)) }
        return content
    }

    @Test(arguments: 0..<100)
    func `any pieces give the documents of the lines`(number: UInt64) throws {
        var random = Seed.generator(number)
        let content = content(&random)
        var source = PiecewiseSource(content, random)
        if Bool.random(using: &random) { source.most = 100_000 }
        let (bulk, outcome) = try printed(source)
        #expect(try bulk == expected(content))
        #expect(outcome == .init(bytes: UInt64(content.count)))
    }

    @Test(arguments: 0..<30)
    func `a gzip gives the documents of its content, in any pieces`(number: UInt64) throws {
        var random = Seed.generator(100 + number)
        let content = content(&random)
        let source = UnpackedSource(PiecewiseSource(gzip(content) + gzip(content), random))
        let (bulk, outcome) = try printed(source)
        #expect(try bulk == expected(content + content))
        #expect(outcome == .init(bytes: UInt64(2 * content.count)))
    }

    /// Of two byte order marks the second is text.
    @Test(
        arguments: [
            [], [0x1f], [0x1f, 0x0a], [0x0a], [0x0d, 0x0a], [0xef, 0xbb, 0xbf],
            [0xef, 0xbb, 0xbf, 0x0d, 0x0a], [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
            [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x0a],
        ])
    func `little input is no gzip`(content: [UInt8]) throws {
        let source = UnpackedSource(PiecewiseSource(content, Seed.generator(200)))
        let (bulk, outcome) = try printed(source)
        #expect(try bulk == expected(content))
        #expect(outcome == .init(bytes: UInt64(content.count)))
    }

    @Test func `a last line without its newline is a line like any other`() throws {
        let line = Array(sampleLine.utf8)
        let torn = try printed(PiecewiseSource(line, Seed.generator(300))).bulk
        let whole = try printed(PiecewiseSource(line + [0x0d, 0x0a], Seed.generator(301))).bulk
        // The carriage return is among the bytes that the id names.
        #expect(torn.split(separator: "\n")[1] == whole.split(separator: "\n")[1])
        #expect(!torn.contains("torn"))
    }

    @Test(arguments: [10, 401, 5000])
    func `what a failure cuts off is printed as torn`(length: Int) throws {
        let failure = ReadFailure.system(SystemError("read", EIO))
        let rest = [UInt8](repeating: 97, count: length)
        let content = Array(sampleLine.utf8) + [0x0a] + rest
        let (bulk, outcome) = try printed(
            PiecewiseSource(content, Seed.generator(400), failure: failure))
        #expect(outcome == .init(bytes: UInt64(content.count), failure: failure))
        let lines = bulk.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[3].contains(#""tags":["timestamp_inherited","torn"]"#))
        #expect(lines[3].contains(#""line":{"bytes":\#(length),"#) == (length > maxLine))
        let head = Array(rest.prefix(maxLine))
        let check = EventID.check(of: head.span, torn: true)
        let id = EventID(
            incarnation: incarnation, offset: UInt64(sampleLine.utf8.count + 1), check: check)
        #expect(lines[2].contains(id.text))
    }

    @Test func `a gzip cut off is printed as far as it goes`() throws {
        var random = Seed.generator(500)
        let line = Array(sampleLine.utf8) + [0x0a]
        var content: [UInt8] = []
        for _ in 0..<5000 {
            content += line.map { $0 ^ UInt8.random(in: 0...1, using: &random) << 1 }
        }
        let packed = Array(gzip(content).dropLast(9))
        let (bulk, outcome) = try printed(UnpackedSource(PiecewiseSource(packed, random)))
        #expect(outcome.failure == .gzip(.truncated))
        #expect(outcome.bytes > 0)
        let whole = content.prefix(Int(outcome.bytes))
        let end = try #require(whole.lastIndex(of: 0x0a))
        #expect(try bulk.hasPrefix(expected(Array(whole[...end]))))
    }

    @Test func `what the sink throws ends it`() throws {
        var printer = DocumentPrinter(
            settings: try settings(), rendering: Rendering(style: .json, isColoured: false)
        ) { (_) throws(SystemError) in throw SystemError("write", ENOSPC) }
        var source = PiecewiseSource(Array(sampleLine.utf8), Seed.generator(600))
        var thrown: SystemError?
        do throws(SystemError) {
            _ = try printer.print(&source, path: "a", incarnation: incarnation)
        } catch {
            thrown = error
        }
        #expect(thrown == SystemError("write", ENOSPC))
    }
}

/// One member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var deflater = Deflater()
    var packed = ByteBuffer(capacity: 1000)
    deflater.gzip(bytes.span, into: &packed)
    return packed.array
}
