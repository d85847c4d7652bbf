// The format of the park, as the page about it has it, and the corpus of its fuzzer.
import Bytes
import Foundation
import Platform
import ScriptedServer
import TestKit
import Testing

@testable import Tail

@Suite("Format of the park") struct ParkFormatTests {
    private static let line = ParkedLine(
        path: "/l/a", offset: 300, length: 4, status: 400, type: "t", reason: "r",
        time: WallTime(nanoseconds: 256), raw: Array("abc\n".utf8),
        posted: Array("{\"create\":{\"_id\":\"x\"}}\n{}\n".utf8))

    private static func segment() -> [UInt8] {
        var bytes = ByteBuffer(capacity: 512)
        ParkHeader(number: 2, firstLine: 7).append(to: &bytes)
        ParkRecord(number: 7, line: line).append(to: &bytes, at: 40)
        return bytes.array
    }

    @Test("a segment has the bytes of the page")
    func bytes() {
        func little(_ value: UInt64, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
        }
        func item(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [tag] + little(UInt64(bytes.count), 4) + bytes
        }
        let line = Self.line
        var payload = item(1, little(7, 8)) + item(2, little(256, 8)) + item(3, Array("/l/a".utf8))
        payload += item(4, little(300, 8)) + item(5, little(4, 8)) + item(6, little(400, 8))
        payload += item(7, [0x74]) + item(8, [0x72]) + item(9, line.raw!) + item(10, line.posted)
        var header = Array("TAILPRK\n".utf8) + little(1, 4) + little(1, 4)
        header += little(2, 8) + little(7, 8)
        var head = Array("TP\nLINE\n".utf8) + little(UInt64(payload.count), 4)
        head += little(xxh3(payload.span), 8)
        let headHash = xxh3((head + little(40, 8)).span)
        let expected =
            header + little(xxh3(header.span), 8) + head + little(headHash, 8) + payload
        #expect(Self.segment() == expected)
        #expect(line.key == xxh3(Array("x".utf8).span))
    }

    @Test("a stranger reads what the agent parked")
    func stranger() throws {
        let root = TemporaryDirectory()
        #expect(try ParkFiles.read(root.path.description).isEmpty)
        var park = try ParkFile(
            directory: root.path.appending("park"), files: LinuxFileSystem(), limit: 20_000)
        let lines = (0..<20).map { parkedLine($0, bytes: 100) }
        #expect(try park.append(lines) == 20)
        let found = try ParkFiles.read(root.path.description)
        #expect(found.map(\.number) == Array(1...20))
        for (line, found) in zip(lines, found) {
            #expect(found.path == line.path.bytes && found.offset == line.offset)
            #expect(found.length == line.length && found.status == UInt64(line.status))
            #expect(found.type == Array(line.type.utf8) && found.reason == Array(line.reason.utf8))
            #expect(found.raw == line.raw && found.posted == line.posted)
        }
    }

    @Test("unknown fields are passed over, missing and misshapen ones make no record")
    func fields() {
        var payload = ByteBuffer(capacity: 256)
        payload.append(item: 200, [1, 2, 3])
        payload.append(item: 1, 5 as UInt64)
        payload.append(item: 3, [0x2f])
        #expect(ParkRecord(payload: payload.bytes) == nil)
        payload.append(item: 10, [0x7b])
        let record = ParkRecord(payload: payload.bytes)
        #expect(record?.number == 5)
        #expect(record?.line.raw == nil && record?.line.status == 0)
        var other = ByteBuffer(payload.array)
        other.append(item: 6, 70_000 as UInt64)
        #expect(ParkRecord(payload: other.bytes) == nil)
        payload.append(item: 4, 1 as UInt32)
        #expect(ParkRecord(payload: payload.bytes) == nil)
    }

    /// `TAILPROOF_WRITE_CORPUS=1` writes the seeds of the fuzzer anew.
    @Test("the seeds of the fuzzer are of this format")
    func corpus() throws {
        var notes = ByteBuffer(capacity: 64)
        ParkRetries.appendHeader(to: &notes)
        ParkNote(number: 7, key: 1, time: WallTime(nanoseconds: 2), status: 201).append(to: &notes)
        let segment = Self.segment()
        let seeds: [String: [UInt8]] = [
            "payload": [0] + segment[68...], "action": [1] + Self.line.posted,
            "notes": [2] + notes.array, "segment": [3] + segment,
        ]
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fuzz/corpus/park").standardizedFileURL
        if ProcessInfo.processInfo.environment["TAILPROOF_WRITE_CORPUS"] != nil {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (name, bytes) in seeds { try Data(bytes).write(to: folder.appending(path: name)) }
        }
        for (name, bytes) in seeds {
            #expect(try Array(Data(contentsOf: folder.appending(path: name))) == bytes, "\(name)")
        }
    }
}
