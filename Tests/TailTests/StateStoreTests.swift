// Two slots and a births area: which of them counts, and what is left when some are damaged.
import Bytes
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("State store") struct StateStoreTests {
    private var random = Seed.generator(20)
    private let disk = SimulatedDisk(clock: ManualClock())

    private func incarnations(_ records: [FileRecord]) -> Set<Incarnation> {
        Set(records.map(\.incarnation))
    }

    private func generation(_ bytes: [UInt8]?) -> UInt64? { decodedHeader(bytes ?? [])?.generation }

    @Test("the first start finds nothing, and invents an agent")
    func first() throws {
        let state = try OpenState(disk)
        #expect(state.loaded.isNew)
        #expect(state.loaded.records.isEmpty)
        #expect(state.loaded.damagedSlots == 0)
        #expect(state.loaded.volume.agentID.count == 16)
        #expect(state.loaded.volume.home == "home")
        #expect(!state.loaded.volume.firstScanDone)
    }

    @Test("images go to the slots in turn, and the newest is loaded")
    mutating func alternation() throws {
        let records = (0..<6).map { _ in random.record() }
        for index in records.indices {
            var state = try OpenState(disk)
            #expect(state.loaded.records == (index == 0 ? [] : [records[index - 1]]))
            try state.write([records[index]])
            _ = consume state
            let volume = StateVolume(disk)
            let newest = index.isMultiple(of: 2) ? "slot.a" : "slot.b"
            let older = index.isMultiple(of: 2) ? "slot.b" : "slot.a"
            #expect(generation(volume.files[newest]) == UInt64(index + 1))
            #expect(generation(volume.files[older]) == (index == 0 ? nil : UInt64(index)))
        }
        var state = try OpenState(disk)
        for record in records { try state.write([record]) }
        let volume = StateVolume(disk)
        #expect(generation(volume.files["slot.a"]) == 11)
        #expect(generation(volume.files["slot.b"]) == 12)
    }

    /// A volume with two images and births behind both.
    private mutating func written() throws -> (
        volume: StateVolume, older: [FileRecord], newer: [FileRecord], born: [FileRecord]
    ) {
        let disk = SimulatedDisk(clock: ManualClock())
        let older = [random.record()]
        let newer = [random.record(), random.record()]
        let born = [random.record(), random.record()]
        var state = try OpenState(disk)
        try state.write(older)
        var births = try state.write(births: [born[0]])
        try state.write(newer)
        births += try state.write(births: [born[1]])
        #expect(births == 2)
        return (StateVolume(disk), older, newer, born)
    }

    @Test("a changed byte in the newest slot leaves the one before, with all births since")
    mutating func flips() throws {
        let (volume, older, newer, born) = try written()
        let slot = try #require(volume.files["slot.b"])
        #expect(generation(slot) == 2)
        for index in slot.indices {
            var damaged = volume
            damaged.files["slot.b"]?[index] ^= UInt8.random(in: 1...255, using: &random)
            let state = try damaged.load()
            let isPadding = (56..<64).contains(index)
            #expect(state.damagedSlots == (isPadding ? 0 : 1), "byte \(index)")
            let expected = isPadding ? newer + [born[1]] : older + born
            #expect(state.records == expected, "byte \(index)")
        }
    }

    @Test("a slot cut anywhere leaves the one before")
    mutating func cuts() throws {
        let (volume, older, newer, born) = try written()
        let slot = try #require(volume.files["slot.b"])
        for count in 0..<slot.count {
            var damaged = volume
            damaged.files["slot.b"] = Array(slot[..<count])
            let state = try damaged.load()
            // Zeros at the end of a slot are cut with it and written out again.
            let isWhole = slot[count...].allSatisfy { $0 == 0 }
            #expect(state.records == (isWhole ? newer + [born[1]] : older + born), "\(count) bytes")
        }
    }

    @Test("a changed byte in the births area costs the page it stands in alone")
    mutating func birthFlips() throws {
        let (volume, _, newer, born) = try written()
        let pages = try #require(volume.files["births"])
        for index in 4096..<pages.count {
            var damaged = volume
            damaged.files["births"]?[index] ^= UInt8.random(in: 1...255, using: &random)
            let state = try damaged.load()
            #expect(state.records == newer, "byte \(index)")
        }
        var damaged = volume
        damaged.files["births"]?[100] ^= 1
        #expect(try damaged.load().records == newer + [born[1]])
        for count in stride(from: 0, to: pages.count, by: 7) {
            damaged.files["births"] = Array(pages[..<count])
            #expect(try damaged.load().records == newer)
        }
    }

    @Test("with both slots damaged the births are left, and the first scan counts as done")
    mutating func bothDamaged() throws {
        var (volume, _, _, born) = try written()
        volume.files["slot.a"]?[70] ^= 1
        volume.files["slot.b"]?[70] ^= 1
        let state = try volume.load()
        #expect(state.damagedSlots == 2)
        #expect(!state.isNew)
        #expect(state.records == born)
        // Else `start: end` would skip what nobody has read.
        #expect(state.volume.firstScanDone)
    }

    @Test("slots of zeros beside births are no first start: nothing is skipped to its end")
    mutating func bothZeroed() throws {
        var (volume, _, _, born) = try written()
        volume.files["slot.a"] = []
        volume.files["slot.b"] = []
        let state = try volume.load()
        #expect(!state.isNew)
        #expect(state.records == born)
        #expect(state.volume.firstScanDone)
    }

    @Test("a store over a damaged slot writes there first, and births wait for both slots")
    mutating func overwritesDamage() throws {
        var (volume, older, _, born) = try written()
        volume.files["slot.b"]?[70] ^= 1
        let disk = volume.disk
        var state = try OpenState(disk)
        try state.write(older + born)
        let after = StateVolume(disk)
        #expect(after.files["slot.a"] == volume.files["slot.a"])
        #expect(generation(after.files["slot.b"]) == 2)
    }

    @Test("a state that only a newer version can read is refused; one that it merely wrote is not")
    mutating func newerVersion() throws {
        var (volume, _, newer, born) = try written()
        let slot = try #require(volume.files["slot.b"])
        var header = try #require(decodedHeader(slot))
        header.format = 7
        volume.files["slot.b"]?.replaceSubrange(0..<64, with: header.encoded)
        #expect(try volume.load().records == newer + [born[1]])
        header.oldestReader = 2
        volume.files["slot.b"]?.replaceSubrange(0..<64, with: header.encoded)
        let error = #expect(throws: StateError.self) { try volume.load() }
        guard case .newer(let path, 7) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == "/state/slot.b")
    }

    @Test("what is refused is left as it is: nothing is made, nothing grows")
    mutating func newerUntouched() throws {
        var header = try #require(decodedHeader(try written().volume.files["slot.b"] ?? []))
        header.oldestReader = 2
        let disk = SimulatedDisk(clock: ManualClock())
        disk.addDirectory("/state")
        disk.append(header.encoded, to: disk.createFile("/state/slot.b"))
        #expect(throws: StateError.self) { _ = try OpenState(disk) }
        #expect(StateVolume(disk).files.keys.sorted() == ["lock", "slot.b"])
        #expect(try disk.status(of: "/state/slot.b").size == 64)
        #expect(disk.openHandles == 0)
    }

    @Test("the area holds 64 pages, each free again once both slots cover it")
    mutating func ring() throws {
        var state = try OpenState(disk)
        var records: [FileRecord] = []
        for _ in 0..<64 {
            records.append(random.record())
            #expect(try state.write(births: [records[records.count - 1]]) == 1)
        }
        let more = random.record()
        #expect(try state.write(births: [more]) == 0)
        #expect(try StateVolume(disk).load().records == records)
        try state.write(records)
        #expect(try state.write(births: [more]) == 0, "the other slot does not cover them")
        try state.write(records)
        #expect(try state.write(births: [more]) == 1)
        #expect(try StateVolume(disk).load().records == records + [more])
        // And without the newer slot.
        var volume = StateVolume(disk)
        volume.files["slot.b"]?[64] ^= 1
        #expect(try incarnations(volume.load().records) == incarnations(records + [more]))
    }

    @Test("a page holds many births; they are counted from the front")
    mutating func packing() throws {
        var state = try OpenState(disk)
        let records = (0..<2_000).map { _ in random.record() }
        let done = try state.write(births: records)
        #expect(done > 64 * 5)
        #expect(done < records.count)
        let loaded = try StateVolume(disk).load().records
        #expect(loaded == Array(records[..<done]))
    }

    @Test("a record longer than a page goes into an image alone, and those before it do not wait")
    mutating func longPath() throws {
        var state = try OpenState(disk)
        let short = random.record()
        var long = random.record()
        long.path = Path(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 4_000))
        long.origin = long.path
        #expect(try state.write(births: [short, long, random.record()]) == 1)
        #expect(try state.write(births: [long]) == 0)
        try state.write([short, long])
        #expect(try StateVolume(disk).load().records == [short, long])
    }

    @Test("a birth that is in the image already is not doubled; the image knows better")
    mutating func doubleBirth() throws {
        var state = try OpenState(disk)
        var record = random.record()
        record.committed = 10
        record.base = 0
        record.marker = Marker()
        _ = try state.write(births: [record])
        _ = try state.write(births: [record])
        #expect(try StateVolume(disk).load().records == [record])
        record.committed = 20
        try state.write([record])
        _ = try state.write(births: [random.record()])
        #expect(try StateVolume(disk).load().records.first == record)
    }

    @Test("one agent at a time")
    func locked() throws {
        let state = try OpenState(disk)
        let before = disk.openHandles
        let error = #expect(throws: StateError.self) {
            _ = try StateStore(directory: "/state", files: disk)
        }
        guard case .locked("/state") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(disk.openHandles == before)
        _ = consume state
        #expect(disk.openHandles == 0)
        _ = try OpenState(disk)
    }

    @Test("another home is told, gets an agent of its own, and keeps the records")
    mutating func home() throws {
        let (volume, _, newer, born) = try written()
        let state = try volume.load(home: "elsewhere")
        #expect(state.formerHome == "home")
        #expect(state.volume.home == "elsewhere")
        #expect(state.records == newer + [born[1]])
        #expect(try volume.load().formerHome == nil)
    }

    @Test("a slot grows with its image, and a smaller image after it is read as it is")
    mutating func growing() throws {
        var state = try OpenState(disk)
        let many = (0..<700).map { _ in random.record() }
        try state.write(many)
        #expect(try StateVolume(disk).load().records == many)
        try state.write([many[0]])
        try state.write([many[1]])
        #expect(try StateVolume(disk).load().records == [many[1]])
    }
}
