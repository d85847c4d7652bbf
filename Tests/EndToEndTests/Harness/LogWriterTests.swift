// The generator writes what its ledger says, however it rotates.
import Foundation
import ScriptedServer
import Testing

extension Harness {
    @Suite("The log writer") struct LogWriterTests {
        let scratch: Scratch
        let ledger = Ledger()

        init() throws { scratch = try Scratch() }

        func content(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(filePath: "\(scratch.path)/\(name)")))
        }

        /// The keys of the whole lines of a file.
        func keys(_ name: String) throws -> [Int] {
            let whole = try content(name).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
            ).dropLast()
            return try whole.map { try #require(LineKey(in: $0)).sequence }
        }

        @Test func `rotation by renaming keeps every line`() throws {
            let writer = try LogWriter(scratch.path, stream: "a", ledger: ledger)
            for _ in 0..<2 {
                try writer.write(2)
                try writer.rotate()
            }
            try writer.write(1)
            #expect(try keys("access.log.2") == [0, 1])
            #expect(try keys("access.log.1") == [2, 3])
            #expect(try keys("access.log") == [4])
            #expect(ledger.count == 5)
            #expect(Set(ledger.files.map(\.inode)).count == 3)
        }

        @Test func `blocks tear lines, and only whole lines are owed`() throws {
            let writer = try LogWriter(
                scratch.path, stream: "a", ledger: ledger, style: .common, buffering: .blocks(8192))
            try writer.write(200)
            let bytes = try content("access.log")
            #expect(bytes.count % 8192 == 0)
            #expect(bytes.last != UInt8(ascii: "\n"))
            #expect(try keys("access.log").count == ledger.count)
            try writer.flush()
            #expect(try keys("access.log") == Array(0..<200))
            #expect(ledger.count == 200)
        }

        @Test func `the ledger knows where each line stands`() throws {
            let writer = try LogWriter(
                scratch.path, stream: "a", ledger: ledger, buffering: .blocks(300))
            try writer.write(9)
            try writer.move(to: "localhost_access_log.2018-09-21.txt")
            try writer.write(9)
            try writer.flush()
            let names = ledger.files.map(\.name)
            #expect(names == ["access.log", "localhost_access_log.2018-09-21.txt"])
            for (line, place) in ledger.places {
                let bytes = try content(names[place.file])[
                    place.offset..<place.offset + place.length]
                #expect(LineKey(in: bytes) == line)
                #expect(bytes.last == UInt8(ascii: "\n"))
            }
            #expect(ledger.places.count == 18)
        }

        @Test func `lines of one length repeat their offsets after truncation`() throws {
            let writer = try LogWriter(scratch.path, stream: "a", ledger: ledger, lineLength: 300)
            try writer.write(3)
            try writer.truncate()
            try writer.write(2)
            #expect(try content("access.log").count == 600)
            #expect(try keys("access.log") == [3, 4])
            #expect(ledger.places[LineKey(stream: "a", sequence: 4)]?.offset == 300)
        }

        @Test func `a torn line is owed once it is whole`() throws {
            let writer = try LogWriter(scratch.path, stream: "a", ledger: ledger)
            try writer.write(1)
            let finish = try writer.writeTorn()
            #expect(ledger.count == 1)
            try finish()
            #expect(ledger.count == 2)
            #expect(try keys("access.log") == [0, 1])
        }
    }
}
