// The park under a disk that fails or rots: what was counted stands, and nothing is there twice.
import Bytes
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

/// A keeper's life with the park: lines are handed in again until they are durable.
private struct ParkScript {
    private(set) var acknowledged = 0
    static let lines = (0..<14).map { parkedLine($0, bytes: 200) }

    /// A disk that recovers at most takes every line; one that stays broken as many as it did.
    mutating func run(_ disk: any FileSystem, directory: Path, limit: Int = 12_000) {
        var park: ParkFile?
        var failures = 0
        while acknowledged < Self.lines.count, failures < 4 {
            do throws(ParkError) {
                var opened: ParkFile
                if let park {
                    opened = park
                } else {
                    opened = try ParkFile(directory: directory, files: disk, limit: limit)
                }
                defer { park = opened }
                let end = min(acknowledged + 3, Self.lines.count)
                acknowledged += try opened.append(Array(Self.lines[acknowledged..<end]))
            } catch {
                failures += 1
            }
        }
    }

    /// What was counted is there, in order, once; what is there beside it was handed in.
    func check(
        _ disk: any FileSystem, directory: Path, limit: Int = 12_000, isTorn: Bool = false,
        _ comment: String
    ) throws {
        let found = try FoundPark(disk, directory)
        #expect(
            Array(found.lines.prefix(acknowledged)) == Array(Self.lines[..<acknowledged]),
            "\(comment)")
        #expect(Set(found.lines.map(\.key)).count == found.lines.count, "\(comment)")
        #expect(found.lines.allSatisfy(Self.lines.contains), "\(comment)")
        // The next life parks the rest, and then each is there once.
        var rest = self
        rest.run(disk, directory: directory, limit: limit)
        #expect(rest.acknowledged == Self.lines.count, "\(comment)")
        let end = try FoundPark(disk, directory)
        #expect(end.lines.count == Self.lines.count, "\(comment)")
        #expect(Set(end.lines.map(\.key)) == Set(Self.lines.map(\.key)), "\(comment)")
        #expect(Set(end.records.map(\.number)).count == Self.lines.count, "\(comment)")
        if !isTorn { #expect(end.damage.isEmpty, "\(comment)") }
    }
}

@Suite("Park under faults") struct ParkFaultTests {
    @Test(
        "whichever change of the disk fails, once or for ever, what was counted is there once",
        arguments: [ENOSPC, EIO, EROFS], [false, true])
    func everyFailure(code: Int32, isDead: Bool) throws {
        try failEachChange(
            with: code, isDead: isDead, moreThan: 20, on: { SimulatedDisk(clock: ManualClock()) }
        ) { observed, disk, comment in
            var script = ParkScript()
            script.run(observed, directory: "/state/park")
            if !isDead { #expect(script.acknowledged == ParkScript.lines.count) }
            #expect(disk.openHandles == 0)
            try script.check(disk, directory: "/state/park", comment)
        }
    }

    @Test("the same on a real directory", arguments: [false, true])
    func everyFailureForReal(isDead: Bool) throws {
        let linux = LinuxFileSystem()
        try failEachChange(with: ENOSPC, isDead: isDead, moreThan: 20, on: { linux }) {
            observed, disk, comment in
            let root = TemporaryDirectory()
            var script = ParkScript()
            let directory = root.path.appending("park")
            script.run(observed, directory: directory)
            try script.check(disk, directory: directory, comment)
        }
    }

    @Test("whenever the power fails, every line that was counted is there")
    func powerCuts() throws {
        var random = Seed.generator(31)
        for round in 0..<4 {
            try failEachChange(
                with: EIO, isDead: true, moreThan: 20, on: { SimulatedDisk(clock: ManualClock()) }
            ) { observed, disk, comment in
                var script = ParkScript()
                script.run(observed, directory: "/state/park")
                disk.crash(powerCut: true, random: &random)
                try script.check(
                    disk, directory: "/state/park", isTorn: true,
                    "seed \(Seed.current), round \(round), \(comment)")
            }
        }
    }

    @Test("lines found at the start count only when they are synced")
    func foundButNotSynced() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        let observed = ObservedDisk(disk)
        // Directory, opening, write, sync: the sync and the cut after it fail.
        observed.failing = (3, EIO)
        observed.isDead = true
        var park = try ParkFile(directory: "/state/park", files: observed, limit: 1 << 20)
        #expect(throws: ParkError.self) { try park.append([parkedLine(1)]) }
        #expect(try FoundPark(disk).lines == [parkedLine(1)])
        // Another process sees the line, as the kernel has it.
        let again = ObservedDisk(disk)
        var other = try ParkFile(directory: "/state/park", files: again, limit: 1 << 20)
        #expect(again.changes == 0)
        again.failing = (1, EIO)
        #expect(throws: ParkError.self) { try other.append([parkedLine(1)]) }
        #expect(try other.append([parkedLine(1)]) == 1)
        #expect(again.changes > 4)
        var random = SeededGenerator(seed: 1)
        disk.crash(powerCut: true, random: &random)
        #expect(try FoundPark(disk).lines == [parkedLine(1)])
    }

    @Test("wherever the last write was torn, all before it is there and the next append is right")
    func tornTail() throws {
        let whole = SimulatedDisk(clock: ManualClock())
        var park = try ParkFile(directory: "/state/park", files: whole, limit: 1 << 20)
        _ = try park.append([parkedLine(1)])
        let kept = whole.content("/state/park/park-00000001").count
        _ = try park.append([parkedLine(2), parkedLine(3)])
        let bytes = whole.content("/state/park/park-00000001")
        for length in 0...bytes.count {
            let disk = SimulatedDisk(clock: ManualClock())
            disk.addDirectory("/state/park")
            disk.place(Array(bytes[..<length]), at: "/state/park/park-00000001")
            let before = try FoundPark(disk).lines
            #expect(before.count >= (length >= kept ? 1 : 0), "\(length)")
            var again = try ParkFile(directory: "/state/park", files: disk, limit: 1 << 20)
            #expect(try again.append([parkedLine(2), parkedLine(4)]) == 2, "\(length)")
            let found = try FoundPark(disk)
            #expect(Array(found.lines.prefix(before.count)) == before, "\(length)")
            #expect(found.lines.filter { $0 == parkedLine(2) }.count == 1, "\(length)")
            #expect(found.lines.last == parkedLine(4), "\(length)")
            #expect(found.damage.isEmpty, "\(length)")
        }
    }

    @Test("a flipped byte costs one record at most, is reported, and new lines go behind it")
    func flippedByte() throws {
        let whole = SimulatedDisk(clock: ManualClock())
        var park = try ParkFile(directory: "/state/park", files: whole, limit: 1 << 20)
        let lines = (1...3).map { parkedLine($0) }
        _ = try park.append(lines)
        let bytes = whole.content("/state/park/park-00000001")
        for place in bytes.indices {
            let disk = SimulatedDisk(clock: ManualClock())
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            disk.addDirectory("/state/park")
            disk.place(damaged, at: "/state/park/park-00000001")
            let before = try FoundPark(disk)
            #expect(before.lines.count >= 2, "\(place)")
            #expect(before.lines.allSatisfy(lines.contains), "\(place)")
            #expect(before.damage.count == 1, "\(place)")
            #expect(before.damage.first?.contains(place) == true, "\(place)")
            var again = try ParkFile(directory: "/state/park", files: disk, limit: 1 << 20)
            #expect(try again.append(lines + [parkedLine(4)]) == 4, "\(place)")
            let found = try FoundPark(disk)
            #expect(Set(found.lines.map(\.key)).count == 4 && found.lines.count == 4, "\(place)")
        }
    }

    @Test("a line that imitates a record is none")
    func imitation() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        var park = try ParkFile(directory: "/state/park", files: disk, limit: 1 << 20)
        var line = parkedLine(1)
        var inner = ByteBuffer(capacity: 256)
        ParkRecord(number: 77, line: parkedLine(77)).append(to: &inner, at: 40)
        line.raw = inner.array
        _ = try park.append([line, parkedLine(2)])
        var bytes = disk.content("/state/park/park-00000001")
        // The head of the outer record.
        bytes[48] ^= 1
        disk.place(bytes, at: "/state/park/park-00000001")
        #expect(try FoundPark(disk).lines == [parkedLine(2)])
    }

    @Test("a full volume takes nothing and loses nothing; the state beside it is written on")
    func fullVolume() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: "/state", files: disk)
        let loaded = try store.load(home: "home", random: &random)
        var keeper = Keeper(store: store, parkLimit: 1 << 20)
        func park(_ keeper: inout Keeper, _ numbers: [Int]) -> (Int, ParkError?) {
            guard
                case .parked(let durable, let error) = keeper.perform(
                    .park(numbers.map { parkedLine($0) }))
            else { return (-1, nil) }
            return (durable, error)
        }
        #expect(!disk.names.keys.contains { $0.directory == "/state/park" })
        var answer = park(&keeper, [1, 2])
        #expect(answer.0 == 2 && answer.1 == nil)
        disk.stateFaults = [ENOSPC]
        answer = park(&keeper, [3])
        #expect(answer.0 == 0)
        guard case .system(let error)? = answer.1 else {
            Issue.record("\(answer)")
            return
        }
        #expect(error.code == ENOSPC)
        guard case .image(_, nil) = keeper.perform(.image(payload(loaded.volume, []))) else {
            Issue.record("the image was not written")
            return
        }
        answer = park(&keeper, [3, 1])
        #expect(answer.0 == 2 && answer.1 == nil)
        #expect(try FoundPark(disk).lines == [1, 2, 3].map { parkedLine($0) })
    }
}
