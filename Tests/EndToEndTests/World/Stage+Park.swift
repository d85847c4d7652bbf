// What tests want to know of the park, and do with it.
import Foundation
import ScriptedServer
import Testing

extension Stage {
    /// Refuses these lines for good.
    static func poison(_ lines: Set<LineKey>) -> ItemRule {
        ItemRule(
            .matching { $0.line.map { lines.contains($0) } ?? false },
            .refuse(400, type: "mapper_parsing_exception"))
    }

    /// How many lines are in the park, as far as it can be told while an agent may be writing.
    var parkedCount: Int { (try? ParkFiles.read(settings.state, torn: true).count) ?? 0 }

    /// Waits until so many lines are in the park; meanwhile writes good ones, for each refused line
    /// may need a fresh one beside it to be convicted.
    func waitForPark(_ count: Int, _ writer: LogWriter) throws {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end, parkedCount < count {
            try writer.write(1)
            try writer.flush()
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Writes fresh lines until the state has every file settled to its end. A line that was parked
    /// before a crash and not passed yet is refused again, and convicted only beside a fresh one.
    func waitUntilSettled(_ writer: LogWriter) throws {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            try writer.write(1)
            try writer.flush()
            Thread.sleep(forTimeInterval: 2.5)
            if try isSettled { return }
        }
    }

    /// Whether the state on disk has every file settled to its end; an agent may be writing it.
    var isSettled: Bool {
        get throws {
            var offsets: [UInt64: UInt64] = [:]
            let state = try? StateFiles(directory: settings.state).committedOffsets()
            for record in state ?? [] {
                offsets[record.inode] = max(offsets[record.inode] ?? 0, record.offset)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: logs)
            return try files.allSatisfy { name in
                let status = try FileManager.default.attributesOfItem(atPath: "\(logs)/\(name)")
                let inode = (status[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
                return offsets[inode] == (status[.size] as? NSNumber)?.uint64Value
            }
        }
    }

    /// Expects that these lines of a file that was never rotated are in the park, each once, and
    /// nothing else.
    func expectPark(
        _ sequences: [Int], of writer: LogWriter, stream: String = "a", status: UInt64 = 400,
        type: String = "mapper_parsing_exception", reason: String = "scripted",
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let file = try Data(contentsOf: URL(filePath: writer.path))
        let places = ledger.places
        let parked = try ParkFiles.read(settings.state).sorted { $0.offset < $1.offset }
        #expect(parked.count == sequences.count, sourceLocation: place)
        for (line, sequence) in zip(parked, sequences.sorted()) {
            let written = try #require(places[LineKey(stream: stream, sequence: sequence)])
            let bytes = file[written.offset..<written.offset + written.length]
            #expect(line.raw == Array(bytes), "\(sequence)", sourceLocation: place)
            #expect(line.offset == written.offset, sourceLocation: place)
            #expect(line.length == written.length, sourceLocation: place)
            #expect(line.path == Array(writer.path.utf8), sourceLocation: place)
            #expect(line.status == status, sourceLocation: place)
            #expect(String(decoding: line.type, as: UTF8.self) == type, sourceLocation: place)
            #expect(String(decoding: line.reason, as: UTF8.self) == reason, sourceLocation: place)
            let posted = LineKey(in: line.posted)
            #expect(posted?.sequence == sequence, sourceLocation: place)
        }
        let tally = try StateFiles(directory: settings.state).records
            .reduce(0) { $0 + ($1.tally[4]?.events ?? 0) }
        #expect(tally == UInt64(sequences.count), sourceLocation: place)
    }

    /// Runs `tailproof parked retry --all`; how it ended.
    func retryParked() throws -> Ending? {
        let process = try ChildProcess(
            [
                AgentProcess.binary, "parked", "retry", "--all", "--config",
                "\(scratch.path)/tailproof.yaml",
            ], input: [])
        defer { process.end() }
        return process.wait(atMost: patience)
    }
}
