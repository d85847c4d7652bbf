// The park keeps each line once, in bounded space, and gives space back for what was taken.
import Bytes
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Park") struct ParkFileTests {
    private let disk = SimulatedDisk(clock: ManualClock())
    private let directory: Path = "/state/park"

    private func open(limit: Int = 1 << 20) throws -> ParkFile {
        try ParkFile(directory: directory, files: disk, limit: limit)
    }

    /// Notes these lines as taken, as the command does.
    private func note(_ records: [ParkRecord]) {
        var bytes = ByteBuffer(capacity: 256)
        ParkRetries.appendHeader(to: &bytes)
        for record in records {
            ParkNote(
                number: record.number, key: record.line.key, time: WallTime(nanoseconds: 1),
                status: 201
            ).append(to: &bytes)
        }
        disk.place(bytes.array, at: directory.appending(ParkRetries.name))
    }

    @Test("nothing is made before the first line; what is parked is found as it was")
    func appending() throws {
        var park = try open()
        #expect(try park.append([]) == 0)
        #expect(disk.names.isEmpty)
        let lines = (0..<20).map { parkedLine($0) }
        #expect(try park.append(Array(lines[..<1])) == 1)
        #expect(try park.append(Array(lines[1...])) == 19)
        let found = try FoundPark(disk)
        #expect(found.lines == lines)
        #expect(found.records.map(\.number) == Array(1...20))
        #expect(found.damage.isEmpty)
        #expect(found.segments == ["park-00000001"])
        #expect(park.used == UInt64(found.bytes))
        #expect(disk.openHandles == 0)
    }

    @Test("numbers and bytes go on where another life ended")
    func reopening() throws {
        for number in 0..<5 {
            var park = try open()
            #expect(try park.append([parkedLine(number)]) == 1)
        }
        let found = try FoundPark(disk)
        #expect(found.lines == (0..<5).map { parkedLine($0) })
        #expect(found.records.map(\.number) == Array(1...5))
        #expect(try open().used == UInt64(found.bytes))
    }

    @Test("a line is known by its id, in the same call, a later one and another life")
    func duplicates() throws {
        var park = try open()
        #expect(try park.append([parkedLine(1), parkedLine(2), parkedLine(1)]) == 3)
        #expect(try park.append([parkedLine(2)]) == 1)
        var again = parkedLine(1)
        again.time = WallTime(nanoseconds: 5)
        again.reason = "another"
        var other = try open()
        #expect(try other.append([again, parkedLine(3), parkedLine(2)]) == 3)
        #expect(try FoundPark(disk).lines == [parkedLine(1), parkedLine(2), parkedLine(3)])
    }

    @Test("what was posted without an id is told apart by its bytes")
    func withoutID() throws {
        var park = try open()
        var line = parkedLine(1)
        line.posted = Array("{\"create\":{}}\n{}\n".utf8)
        var other = line
        other.posted = Array("no json\n".utf8)
        #expect(try park.append([line, other, line]) == 3)
        #expect(try FoundPark(disk).lines == [line, other])
    }

    @Test("the id is read from the action, whatever else stands there and however it is escaped")
    func actions() {
        let text = #"{"create":{"a":{"_id":"no"},"_index":"i\u0041","_id":"x\/y","b":[1]}}"#
        let action = PostedAction(Array((text + "\n{\"_id\":\"z\"}\n").utf8).span)
        #expect(action.index == "iA")
        #expect(action.id == Array("x/y".utf8))
        for broken in ["", "{", "[]", #"{"create":{"_id":"x""#, #"{"create":{"_id":7}}"#] {
            #expect(PostedAction(Array(broken.utf8).span).id.isEmpty, "\(broken)")
        }
    }

    @Test("segments are cut at an eighth of the limit, but hold a longer record alone")
    func segments() throws {
        var park = try open(limit: 40_000)
        var lines = (0..<12).map { parkedLine($0, bytes: 1500) }
        lines.insert(parkedLine(100, bytes: 9000), at: 4)
        #expect(try park.append(lines) == 13)
        let found = try FoundPark(disk)
        #expect(found.lines == lines)
        #expect(found.segments.count == 7)
        for name in found.segments {
            let size = disk.content(directory.appending(name)).count
            #expect(size <= 5000 || size > 9000)
        }
    }

    @Test("a full park takes what fits, then says full, and never passes its limit")
    func full() throws {
        var park = try open(limit: 10_000)
        let lines = (0..<40).map { parkedLine($0, bytes: 300) }
        let taken = try park.append(lines)
        #expect(taken > 8 && taken < 40)
        #expect(throws: ParkError.full(limit: 10_000)) { try park.append(Array(lines[taken...])) }
        // Known lines need no room.
        #expect(try park.append(Array(lines[(taken - 3)...])) == 3)
        let found = try FoundPark(disk)
        #expect(found.lines == Array(lines[..<taken]))
        #expect(found.bytes <= 10_000)
        var again = try open(limit: 10_000)
        #expect(throws: ParkError.full(limit: 10_000)) {
            try again.append([parkedLine(99, bytes: 300)])
        }
        // With a higher limit it goes on.
        var larger = try open(limit: 20_000)
        #expect(try larger.append([parkedLine(99, bytes: 300)]) == 1)
    }

    @Test("a line longer than the limit never fits, shorter ones do")
    func tooLong() throws {
        var park = try open(limit: 4000)
        let long = parkedLine(1, bytes: 4000)
        #expect(throws: ParkError.full(limit: 4000)) { try park.append([long]) }
        #expect(try park.append([parkedLine(2), long]) == 1)
        #expect(throws: ParkError.full(limit: 4000)) { try park.append([long]) }
        #expect(try FoundPark(disk).lines == [parkedLine(2)])
    }

    @Test("a full park removes the segments whose lines were all taken, and no other")
    func reclaiming() throws {
        var park = try open(limit: 10_000)
        let lines = (0..<40).map { parkedLine($0, bytes: 300) }
        let taken = try park.append(lines)
        let before = try FoundPark(disk)
        #expect(before.segments.count > 4)
        // All of the first and of the third segment, all but one of the second.
        var third: [ParkRecord] = []
        var counts: [Int] = []
        for name in before.segments {
            var records: [ParkRecord] = []
            _ = ParkSegment(disk.content(directory.appending(name)).span) { records.append($0) }
            counts.append(records.count)
            if counts.count == 3 { third = records }
        }
        let first = Array(before.records[..<counts[0]])
        let second = Array(before.records[counts[0]..<counts[0] + counts[1]])
        note(first + second.dropLast() + third)
        let rest = Array(lines[taken...])
        let more = try park.append(rest)
        #expect(more > 0)
        let after = try FoundPark(disk)
        #expect(
            Set(before.segments).subtracting(after.segments) == ["park-00000001", "park-00000003"])
        let gone = Set((first + third).map(\.number))
        let kept = before.records.filter { !gone.contains($0.number) }.map(\.line)
        #expect(after.lines == kept + rest[..<more])
        #expect(Set(after.records.map(\.number)).count == after.records.count)
        #expect(after.bytes <= 10_000)
        #expect(throws: ParkError.full(limit: 10_000)) {
            try park.append([parkedLine(99, bytes: 300)])
        }
    }

    @Test("a note counts for its number and its id together; a damaged one counts for nothing")
    func foreignNotes() throws {
        var park = try open(limit: 10_000)
        _ = try park.append((0..<40).map { parkedLine($0, bytes: 300) })
        let records = try FoundPark(disk).records
        note(records.map { ParkRecord(number: $0.number + 1, line: $0.line) })
        #expect(throws: ParkError.full(limit: 10_000)) {
            try park.append([parkedLine(99, bytes: 300)])
        }
        note(records)
        let name = directory.appending(ParkRetries.name)
        var bytes = disk.content(name)
        for place in stride(from: ParkRetries.headerSize, to: bytes.count, by: ParkNote.size) {
            bytes[place + 20] ^= 1
        }
        disk.place(bytes, at: name)
        #expect(throws: ParkError.full(limit: 10_000)) {
            try park.append([parkedLine(99, bytes: 300)])
        }
        note(records)
        #expect(try park.append([parkedLine(99, bytes: 300)]) == 1)
        #expect(try FoundPark(disk).lines == [parkedLine(99, bytes: 300)])
    }

    @Test("a segment with a damaged record stays")
    func damagedStays() throws {
        var park = try open(limit: 10_000)
        let taken = try park.append((0..<40).map { parkedLine($0, bytes: 300) })
        let records = try FoundPark(disk).records
        let name = directory.appending("park-00000001")
        var bytes = disk.content(name)
        bytes[300] ^= 1
        disk.place(bytes, at: name)
        note(records)
        #expect(try park.append([parkedLine(99, bytes: 300)]) == 1)
        #expect(taken > 3)
        #expect(try FoundPark(disk).segments.first == "park-00000001")
    }

    @Test("files that a person took away are missed neither in a growing park nor in a full one")
    func removedByHand() throws {
        var park = try open(limit: 10_000)
        _ = try park.append([parkedLine(1)])
        disk.remove(directory.appending("park-00000001"))
        #expect(try park.append([parkedLine(2)]) == 1)
        #expect(try FoundPark(disk).lines == [parkedLine(2)])
        _ = try park.append((10..<60).map { parkedLine($0, bytes: 300) })
        #expect(throws: ParkError.full(limit: 10_000)) {
            try park.append([parkedLine(99, bytes: 300)])
        }
        let gone = try FoundPark(disk).segments[1]
        disk.remove(directory.appending(gone))
        #expect(try park.append([parkedLine(99, bytes: 300)]) == 1)
        #expect(try FoundPark(disk).lines.last == parkedLine(99, bytes: 300))
    }

    @Test("what a newer version wrote is left alone, and counts")
    func newer() throws {
        var header = ParkHeader(number: 1, firstLine: 1)
        header.format = 9
        header.oldestReader = 9
        var bytes = ByteBuffer(capacity: 64)
        header.append(to: &bytes)
        bytes.append("what nobody knows")
        disk.addDirectory(directory)
        disk.place(bytes.array, at: directory.appending("park-00000001"))
        var park = try open(limit: 10_000)
        #expect(park.used == UInt64(bytes.count))
        #expect(try park.append([parkedLine(1)]) == 1)
        #expect(try FoundPark(disk).lines == [parkedLine(1)])
        #expect(disk.content(directory.appending("park-00000001")) == bytes.array)
        #expect(try FoundPark(disk).segments.count == 2)
    }

    @Test("other files in the directory are nothing to the park")
    func otherFiles() throws {
        disk.addDirectory(directory)
        for name in ["park-1", "park-0000000x", "park-00000001.bak", "xpark-00000001"] as [Path] {
            disk.place([1, 2, 3], at: directory.appending(name))
        }
        var park = try open()
        #expect(park.used == 0)
        #expect(try park.append([parkedLine(1)]) == 1)
    }
}
