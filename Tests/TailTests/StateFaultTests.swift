// The state under a disk that fails: what was acknowledged stands, whatever I/O failed and when.
import Bytes
import Foundation
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

/// What a keeper does in a short life, and what was promised to it.
private struct Script {
    /// Images by their order, each with all files born so far; and births between them.
    private(set) var acknowledgedImage = 0
    private(set) var attemptedImage = 0
    private(set) var acknowledgedBirths: Set<Incarnation> = []

    /// A file as the image with this number has it: its size is the number of the image.
    static func record(_ number: Int, image: Int) -> FileRecord {
        var record = FileRecord(
            incarnation: Incarnation(high: 1, low: UInt64(number)), path: Path("/log/\(number)"))
        record.size = UInt64(image)
        return record
    }

    /// As `run`; where the volume is found unusable, it is by this code.
    mutating func run(_ files: any FileSystem, directory: Path, mayFailBy code: Int32) throws {
        do {
            try run(files, directory: directory)
        } catch .unusable(_, let error) {
            #expect(error.code == code)
        }
    }

    /// Does everything that does not fail, as a keeper would: births again until they are durable
    /// or an image has them.
    mutating func run(_ disk: any FileSystem, directory: Path) throws(StateError) {
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: directory, files: disk)
        let volume = try store.load(home: "home", random: &random).volume
        var born = 0
        for image in 1...4 {
            for _ in 0..<3 {
                let fresh = [Self.record(born, image: 0), Self.record(born + 1, image: 0)]
                born += 2
                for _ in 0..<2 {
                    guard let done = try? store.write(births: fresh) else { continue }
                    acknowledgedBirths.formUnion(fresh[..<done].map(\.incarnation))
                    if done == fresh.count { break }
                }
            }
            attemptedImage = image
            let records = (0..<born).map { Self.record($0, image: image) }
            for _ in 0..<2 where (try? store.write(image: payload(volume, records).bytes)) != nil {
                acknowledgedImage = image
                acknowledgedBirths.formUnion(records.map(\.incarnation))
                break
            }
        }
    }

    /// Everything that was acknowledged is there, and what is there is of one image.
    func check(_ disk: any FileSystem, directory: Path, _ comment: String) throws {
        let state = try OpenState(disk, directory: directory)
        let records = state.loaded.records
        #expect(acknowledgedBirths.isSubset(of: Set(records.map(\.incarnation))), "\(comment)")
        #expect(Set(records.map(\.incarnation)).count == records.count, "\(comment)")
        let images = Set(records.map(\.size)).subtracting([0])
        #expect(images.count <= 1, "\(comment)")
        let image = Int(images.first ?? 0)
        #expect(image >= acknowledgedImage && image <= attemptedImage, "\(comment)")
    }
}

@Suite("State under faults") struct StateFaultTests {
    @Test(
        "whichever change of the disk fails, what was acknowledged is loaded",
        arguments: [ENOSPC, EIO])
    func everyFailure(code: Int32) throws {
        try failEachChange(
            with: code, moreThan: 30, on: { SimulatedDisk(clock: ManualClock()) }
        ) { observed, disk, comment in
            var script = Script()
            try script.run(observed, directory: "/state", mayFailBy: code)
            try script.check(disk, directory: "/state", comment)
        }
    }

    @Test("the same on a real directory")
    func everyFailureForReal() throws {
        let linux = LinuxFileSystem()
        try failEachChange(with: ENOSPC, moreThan: 30, on: { linux }) { observed, disk, comment in
            let root = TemporaryDirectory()
            let directory = root.path.appending("state")
            var script = Script()
            try script.run(observed, directory: directory, mayFailBy: ENOSPC)
            try script.check(disk, directory: directory, comment)
        }
    }

    @Test("whenever the power fails, an earlier image and every durable birth are left")
    func powerCuts() throws {
        var random = Seed.generator(30)
        for round in 0..<4 {
            try failEachChange(
                with: EIO, isDead: true, moreThan: 30, on: { SimulatedDisk(clock: ManualClock()) }
            ) { observed, disk, comment in
                var script = Script()
                try script.run(observed, directory: "/state", mayFailBy: EIO)
                disk.crash(powerCut: true, random: &random)
                try script.check(
                    disk, directory: "/state",
                    "seed \(Seed.current), round \(round), \(comment)")
            }
        }
    }

    @Test("a slot whose sync failed is opened anew before it is written again")
    func reopening() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        let observed = ObservedDisk(disk)
        var state = try OpenState(observed)
        try state.write([Script.record(1, image: 1)])
        let before = observed.changes
        // An image is two writes and a sync.
        observed.failing = (before + 2, EIO)
        #expect(throws: StateFault.self) { try state.write([Script.record(1, image: 2)]) }
        #expect(observed.changes == before + 3)
        try state.write([Script.record(1, image: 3)])
        #expect(observed.changes == before + 7)
        #expect(disk.openHandles == 4)
        #expect(try StateVolume(disk).load().records == [Script.record(1, image: 3)])
    }

    @Test("births whose sync failed are opened anew before they are written again")
    func reopeningBirths() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        let observed = ObservedDisk(disk)
        var state = try OpenState(observed)
        let before = observed.changes
        // Births are a write and a sync.
        observed.failing = (before + 1, EIO)
        #expect(throws: StateFault.self) { try state.write(births: [Script.record(1, image: 1)]) }
        #expect(observed.changes == before + 2)
        let durable = try state.write(births: [Script.record(1, image: 1)])
        #expect(durable == 1)
        #expect(observed.changes == before + 5)
        #expect(disk.openHandles == 4)
        #expect(try StateVolume(disk).load().records == [Script.record(1, image: 1)])
    }

    @Test("a slot that the volume does not give out is no loss beside the other; alone, a refusal")
    func unreadable() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        do {
            var state = try OpenState(disk)
            try state.write([Script.record(1, image: 1)])
            try state.write([Script.record(1, image: 2)])
        }
        // Both headers are looked at first; then a slot is read as header and payload. The first
        // image is in the first slot.
        let cases: [(faults: [Int32?], image: Int)] = [
            ([EIO], 2), ([nil, EIO], 2), ([nil, nil, EIO], 1),
        ]
        for (faults, image) in cases {
            let observed = ObservedDisk(disk)
            observed.readFaults = [nil, nil] + faults
            let state = try OpenState(observed)
            #expect(state.loaded.records == [Script.record(1, image: image)])
            #expect(state.loaded.damagedSlots == 1)
            #expect(!state.loaded.isLost)
        }
        let observed = ObservedDisk(disk)
        observed.readFaults = [nil, nil, EIO, EIO]
        #expect(throws: StateError.self) { _ = try OpenState(observed) }
        #expect(disk.openHandles == 0)
    }

    @Test("a refusal at the start names the file, the reason, and what to do")
    func refusals() throws {
        // lock, births: an opening, four writes and a sync, slot.a: an opening.
        let cases: [(change: Int, code: Int32, text: String)] = [
            (0, EROFS, "state: /state: mkdir: Read-only file system; the state needs a volume"),
            (1, EACCES, "state: /state/lock: open: Permission denied; the agent must be allowed"),
            (3, ENOSPC, "state: /state/births: pwrite: No space left on device; the first start"),
            (8, EIO, "state: /state/slot.a: open: Input/output error"),
        ]
        for (change, code, text) in cases {
            let observed = ObservedDisk(SimulatedDisk(clock: ManualClock()))
            observed.failing = (change, code)
            do throws(StateError) {
                _ = try StateStore(directory: "/state", files: observed)
                Issue.record("change \(change) failed, and nobody noticed")
            } catch {
                #expect(error.description.hasPrefix(text), "\(error)")
            }
        }
    }

    @Test("the name of a new directory is made durable; of one that was there, where it can be")
    func parent() throws {
        let disk = SimulatedDisk(clock: ManualClock())
        let count: Int
        do {
            let observed = ObservedDisk(disk)
            _ = try OpenState(observed)
            count = observed.changes
        }
        let fresh = ObservedDisk(SimulatedDisk(clock: ManualClock()))
        fresh.failing = (count - 1, EACCES)
        #expect(throws: StateError.self) { _ = try OpenState(fresh) }
        let known = ObservedDisk(disk)
        _ = try OpenState(known)
        let again = ObservedDisk(disk)
        again.failing = (known.changes - 1, EACCES)
        _ = try OpenState(again)
        #expect(again.changes == known.changes)
    }

    @Test("a hundred thousand files fit in a state of bounded size, and come back")
    func manyFiles() throws {
        let linux = LinuxFileSystem()
        let directory = TemporaryDirectory()
        let records = (0..<100_000).map { Script.record($0, image: 9) }
        do {
            var state = try OpenState(linux, directory: directory.path)
            try state.write(records)
        }
        let state = try OpenState(linux, directory: directory.path)
        #expect(state.loaded.records == records)
        let size = try linux.status(of: directory.path.appending("slot.a")).size
        #expect(size < 100_000 * 600)
    }
}
