// A committed state of each format is read for ever, by the agent and by a reader of its own.
import Bytes
import Foundation
import Platform
import ScriptedServer
import TestKit
import Testing

@testable import Tail

@Suite("Committed states") struct StateFixtureTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/state-1")

    private func fixture() throws -> StateVolume {
        var volume = StateVolume()
        for name in StateVolume.names where name != "lock" {
            let url = Self.folder.appending(path: name)
            volume.files[name] = Array(try Data(contentsOf: url))
        }
        return volume
    }

    /// What the state of format 1 holds: three files in the newer image, a fourth in births.
    private static var records: [FileRecord] {
        var first = FileRecord(
            incarnation: Incarnation(
                high: 0x0165_f5a3_9000_abcd, low: 0x0123_4567_89ab_cdef),
            path: "/logs/localhost_access_log.2018-09-20.txt")
        first.device = 0x0000_0008_0000_0001
        first.inode = 4711
        first.birth = 1_537_437_600_123_456_789
        first.generation = 77
        first.size = 2_000_000
        first.modified = 1_537_437_700_000_000_001
        first.headHash = 0x1122_3344_5566_7788
        first.headLength = 1024
        first.marker = Marker(offset: 1_999_000, hash: 0x99aa_bbcc_ddee_ff00)
        first.committed = 1_999_000
        first.lastTime = 1_537_437_699
        // The outcomes there were when the files were made.
        for (index, outcome) in Outcome.allCases.prefix(9).enumerated() {
            first.tally.add(outcome, events: UInt64(index), bytes: UInt64(1000 * index))
        }
        var second = FileRecord(
            incarnation: Incarnation(high: 1, low: 2), path: Path(bytes: [0x2f, 0xff, 0x0a]))
        second.origin = "/logs/ä.log"
        second.base = 10
        second.committed = 10
        second.birth = -1
        second.lastTime = -5
        second.flags = 1 << 63
        second.unknown = [
            StateItem(tag: 19, bytes: [1, 2, 3]), StateItem(tag: 255, bytes: []),
        ]
        let third = FileRecord(incarnation: Incarnation(high: .max, low: .max), path: "/logs/c.log")
        var fourth = FileRecord(incarnation: Incarnation(high: 4, low: 4), path: "/logs/d.log")
        fourth.inode = 99
        return [first, second, third, fourth]
    }

    private static var volume: VolumeRecord {
        var volume = VolumeRecord(home: "node-ü", agentID: Array(16..<32))
        volume.firstScanDone = true
        volume.retired.add(.stored, events: 5, bytes: 500)
        volume.unknown = [StateItem(tag: 200, bytes: Array("later".utf8))]
        return volume
    }

    /// A disk on which this version has written what the fixture holds.
    private func written() throws -> SimulatedDisk {
        let disk = SimulatedDisk(clock: ManualClock())
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: "/state", files: disk)
        _ = try store.load(home: "node-ü", random: &random)
        let records = Self.records
        _ = try store.write(births: [records[0], records[1]])
        _ = try store.write(image: payload(Self.volume, Array(records[..<2])).bytes)
        _ = try store.write(births: [records[2]])
        _ = try store.write(image: payload(Self.volume, Array(records[..<3])).bytes)
        _ = try store.write(births: [records[3]])
        return disk
    }

    @Test("the state of format 1 is read as it was written")
    func format1() throws {
        let state = try fixture().load(home: "node-ü")
        #expect(state.volume == Self.volume)
        #expect(state.records == Self.records)
        #expect(state.damagedSlots == 0)
        #expect(state.formerHome == nil)
        #expect(!state.isNew)
    }

    @Test("this version still writes format 1, to the byte")
    func writing() throws {
        let (fixture, written) = (try fixture(), StateVolume(try written()))
        for name in StateVolume.names where name != "lock" {
            #expect(fixture.files[name] == written.files[name], "\(name)")
        }
    }

    @Test("a reader that knows the format's description alone finds the same")
    func independentReader() throws {
        let files = try fixture().files
        let reader = try StateFiles(
            slots: [files["slot.a"] ?? [], files["slot.b"] ?? []], births: files["births"] ?? [])
        #expect(reader.generation == 2)
        #expect(reader.home == "node-ü")
        #expect(reader.agentID == Array(16..<32))
        #expect(reader.firstScanDone)
        #expect(reader.retired.mapValues(\.events) == [0: 5])
        #expect(reader.retired.mapValues(\.bytes) == [0: 500])
        try compare(reader.records, Self.records)
    }

    @Test("and of random states, whatever was written last and through images or births")
    func independentReaderOfRandomStates() throws {
        var random = Seed.generator(60)
        for _ in 0..<20 {
            let disk = SimulatedDisk(clock: ManualClock())
            var state = try OpenState(disk)
            var records: [FileRecord] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let fresh = [random.record(), random.record()]
                #expect(try state.write(births: fresh) == 2)
                records += fresh
                if Bool.random(using: &random) { try state.write(records) }
            }
            let files = StateVolume(disk).files
            let reader = try StateFiles(
                slots: [files["slot.a"] ?? [], files["slot.b"] ?? []],
                births: files["births"] ?? [])
            try compare(reader.records, records)
        }
    }

    private func compare(_ found: [StateFiles.Record], _ records: [FileRecord]) throws {
        try #require(found.count == records.count)
        for (one, other) in zip(found, records) {
            var incarnation = ByteBuffer(capacity: 16)
            other.incarnation.append(to: &incarnation)
            #expect(one.incarnation == incarnation.array)
            #expect(one.path == other.path.bytes)
            #expect(one.origin == other.origin.bytes)
            let numbers: [UInt8: UInt64?] = [
                2: other.base, 3: other.device, 4: other.inode, 5: UInt64(bitPattern: other.birth),
                6: other.generation, 7: other.size, 8: UInt64(bitPattern: other.modified),
                9: other.headHash, 10: other.headLength, 11: other.marker.offset,
                12: other.marker.hash, 13: other.committed,
                14: other.lastTime.map { UInt64(bitPattern: $0) },
                18: other.flags == 0 ? nil : other.flags,
                20: other.packedSize == 0 ? nil : other.packedSize,
                21: other.waypoint.offset == 0 ? nil : other.waypoint.offset,
                23: other.startHash,
                22: other.waypoint.offset == 0 ? nil : other.waypoint.hash,
            ]
            #expect(one.numbers == numbers.compactMapValues { $0 })
            #expect(one.unknown == Set(other.unknown.map(\.tag)))
            for outcome in Outcome.allCases {
                let counts = one.tally[UInt8(outcome.rawValue)]
                #expect(counts?.events ?? 0 == other.tally.events(outcome))
                #expect(counts?.bytes ?? 0 == other.tally.bytes(outcome))
            }
        }
    }

    @Test("the hash of no bytes is the one that the format names")
    func hashOfNothing() {
        #expect(Marker.hashOfNothing == 0x2d06_8005_38d3_94c2)
    }
}

@Suite("Event ids, read by a stranger") struct ForeignEventIDTests {
    @Test("an id names incarnation, offset and check, and a stranger reads the same out of it")
    func identity() throws {
        var random = Seed.generator(61)
        for _ in 0..<200 {
            let id = EventID(
                incarnation: Incarnation(high: random.next(), low: random.next()),
                offset: random.integer() >> 16, check: UInt16.random(in: 0 ... .max, using: &random)
            )
            let text = id.text
            let again = parsed(text)
            #expect(again == id)
            let stranger = try #require(DocumentIdentity(text))
            var incarnation = ByteBuffer(capacity: 16)
            id.incarnation.append(to: &incarnation)
            #expect(stranger.incarnation == incarnation.array)
            #expect(UInt64(stranger.offset) == id.offset)
            #expect(stranger.check == [UInt8(id.check >> 8), UInt8(id.check & 0xff)])
        }
    }

    @Test("the check's lowest bit says whether the event was torn")
    func torn() {
        let line = Array("10.0.0.1 - -".utf8)
        let whole = EventID.check(of: line.span, torn: false)
        let torn = EventID.check(of: line.span, torn: true)
        #expect(whole & 1 == 0)
        #expect(torn == whole | 1)
    }

    @Test("what is no id is none", arguments: ["", "A", String(repeating: "A", count: 31) + "="])
    func refused(text: String) {
        let id = parsed(text)
        #expect(id == nil)
    }

    private func parsed(_ text: String) -> EventID? { EventID(text: Array(text.utf8).span) }

    @Test("older incarnations sort before younger ones, and births before 1970 count as 1970")
    func incarnations() {
        var random = Seed.generator(62)
        let moments: [Int64] = [-5, 0, 1_000_000, 1_537_437_600_000_000_000]
        let incarnations = moments.map {
            Incarnation(birth: WallTime(nanoseconds: $0), using: &random)
        }
        #expect(incarnations.map(\.birthMilliseconds) == [0, 0, 1, 1_537_437_600_000])
        #expect(Set(incarnations).count == 4)
    }
}
