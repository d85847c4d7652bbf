// A state with very many records, few of which have a file.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Many records") struct RecordTests {
        private let records = 100_000

        /// A stage with 50 files and a state that says of a hundred thousand others, in the same
        /// directory, that they were read. A few of these are still there, by names that no pattern
        /// matches.
        private func stage() throws -> (stage: Stage, writers: [LogWriter], moved: [String]) {
            let stage = try Stage()
            var slot = ForgedSlot(home: "node-1")
            var moved: [String] = []
            for number in 0..<records {
                let path = "\(stage.logs)/access.log.\(number)"
                guard number.isMultiple(of: 1000) else {
                    let inode = UInt64(1) << 40 + UInt64(number)
                    slot.add(path, inode: inode, size: 1 << 20, number: UInt64(number))
                    continue
                }
                let name = "\(stage.logs)/moved.\(number)"
                let content = Array("10.0.0.1 - - what was read of \(number)\n".utf8)
                try Data(content).write(to: URL(filePath: name))
                let status = try FileManager.default.attributesOfItem(atPath: name)
                let inode = (status[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
                slot.add(
                    path, inode: inode, size: UInt64(content.count), number: UInt64(number),
                    content: content)
                moved.append(name)
            }
            try FileManager.default.createDirectory(
                atPath: stage.settings.state, withIntermediateDirectories: true)
            try slot.write(to: stage.slots[0])
            let writers = try (0..<50).map {
                try stage.writer("s\($0)", name: "access.log.active.\($0)")
            }
            return (stage, writers, moved)
        }

        @Test(
            "D57: with 100,000 records it starts, ships, and writes its state no more than it may")
        func writing() throws {
            let (stage, writers, _) = try stage()
            let begun = ContinuousClock.now
            let agent = try stage.start(environment: ["NODE_NAME": "node-1"])
            for writer in writers { try writer.write(20) }
            #expect(stage.everythingArrives())
            for _ in 0..<20 {
                for writer in writers { try writer.write(2) }
                #expect(stage.everythingArrives())
            }
            let written = agent.bytesWritten
            let seconds = (ContinuousClock.now - begun) / .seconds(1)
            #expect(written > 0)
            let image = try stage.slots.map { try ForgedSlot(contentsOf: $0).payload.count }.max()
            // A megabyte a second, an image more, and a slot that grows to twice its image.
            let limit = Int(seconds * 1_000_000) + 3 * (image ?? 0) + (4 << 20)
            #expect(written < limit, "\(written) of \(limit) bytes in \(seconds) s")
            #expect(agent.peakMemory < 256 << 10, "\(agent.peakMemory) KiB resident")
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test(
            "D57: records of files that are gone go after a while, no others",
            .enabled(if: torture > 1, "takes a minute: make torture"))
        func forgetting() throws {
            let (stage, writers, moved) = try stage()
            for writer in writers { try writer.write(1) }
            let agent = try stage.start(environment: ["NODE_NAME": "node-1"])
            #expect(stage.everythingArrives())
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end {
                if let state = try? stage.state(), state.records.count < records / 2 { break }
                for writer in writers { try writer.write(1) }
                Thread.sleep(forTimeInterval: 1)
            }
            stage.expectAllOnce(from: agent)
            let state = try stage.state()
            let left = Set(state.records.map { String(decoding: $0.path, as: UTF8.self) })
            #expect(left == Set(writers.map(\.path) + moved), "\(left.count) are left")
            // What the others had counted stays in the sum.
            #expect(state.retired[0]?.bytes == UInt64(records - moved.count) << 20)
        }
    }
}
