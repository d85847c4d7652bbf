// Reading the state beside its owner: what a keeper would load, at any moment, and without a trace.
import Bytes
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("State survey") struct StateSurveyTests {
    private var random = Seed.generator(21)
    private let disk = SimulatedDisk(clock: ManualClock())

    private func survey(
        _ disk: SimulatedDisk, pause: () -> Void = {}
    ) throws(StateError) -> StateSurvey {
        try StateSurvey(directory: "/state", files: disk, pause: pause)
    }

    private func error(_ disk: SimulatedDisk) -> StateError? {
        #expect(throws: StateError.self) { try survey(disk) }
    }

    @Test("whatever was written, a reader has it, while the lock is held")
    mutating func follows() throws {
        var state = try OpenState(disk)
        for round in 1...6 {
            let records = (0..<round).map { _ in random.record() }
            let born = random.record()
            try state.write(records)
            #expect(try survey(disk).records == records)
            #expect(try state.write(births: [born]) == 1)
            let read = try survey(disk)
            #expect(read.records == records + [born])
            #expect(read.generation == UInt64(round))
            #expect(read.volume?.agentID == state.loaded.volume.agentID)
        }
    }

    @Test("births alone are a state, nothing at all is none")
    mutating func first() throws {
        guard case .absent("/state")? = error(disk) else {
            Issue.record("a state where no directory is")
            return
        }
        var state = try OpenState(disk)
        guard case .absent("/state")? = error(disk) else {
            Issue.record("a state before anything was written")
            return
        }
        let born = random.record()
        #expect(try state.write(births: [born]) == 1)
        let read = try survey(disk)
        #expect(read.records == [born])
        #expect(read.volume == nil)
    }

    @Test("a slot that is half written leaves the one before, and all is read until it is steady")
    mutating func halfWritten() throws {
        let records = [[random.record()], [random.record(), random.record()]]
        var state = try OpenState(disk)
        for records in records { try state.write(records) }
        _ = consume state
        var volume = StateVolume(disk)
        volume.files["slot.b"]?[70] ^= 1
        let torn = volume.disk
        #expect(try survey(torn).records == records[0])
        // The owner is done with it between two looks.
        let whole = try #require(StateVolume(disk).files["slot.b"])
        volume.files["slot.a"]?[70] ^= 1
        let both = volume.disk
        let inode = try #require(both.names["/state/slot.b"])
        var pauses = 0
        let read = try survey(both) {
            pauses += 1
            both.truncate(inode)
            both.append(whole + [UInt8](repeating: 0, count: (64 << 10) - whole.count), to: inode)
        }
        #expect(pauses == 1)
        #expect(read.records == records[1])
    }

    @Test("an image that is written while the state is read is not mixed with the one before")
    mutating func unsteady() throws {
        let observed = ObservedDisk(disk)
        let owner = OwnedState(try OpenState(disk))
        let images = [[random.record()], [random.record()], [random.record()]]
        owner.write(images[0])
        owner.write(images[1])
        var isWritten = false
        observed.beforeOpening = { path in
            guard path == "/state/births", !isWritten else { return }
            isWritten = true
            owner.write(images[2])
        }
        var pauses = 0
        let read = try StateSurvey(directory: "/state", files: observed) { pauses += 1 }
        #expect(isWritten)
        #expect(pauses == 1)
        #expect(read.records == images[2])
    }

    @Test("a damaged state and a newer one are named, and nothing is guessed")
    mutating func refused() throws {
        var state = try OpenState(disk)
        for _ in 0..<2 { try state.write([random.record()]) }
        _ = consume state
        var volume = StateVolume(disk)
        volume.files["slot.a"]?[70] ^= 1
        volume.files["slot.b"]?[70] ^= 1
        guard case .damaged("/state")? = error(volume.disk) else {
            Issue.record("a state without a slot")
            return
        }
        var header = try #require(decodedHeader(volume.files["slot.b"] ?? []))
        header.oldestReader = 2
        header.format = 3
        volume.files["slot.b"]?.replaceSubrange(0..<64, with: header.encoded)
        guard case .newer("/state/slot.b", 3)? = error(volume.disk) else {
            Issue.record("a newer state")
            return
        }
    }

    @Test("a reader leaves no trace")
    mutating func traceless() throws {
        var state = try OpenState(disk)
        try state.write([random.record()])
        let before = StateVolume(disk).files
        let names = Set(disk.names.keys)
        _ = try survey(disk)
        #expect(StateVolume(disk).files == before)
        #expect(Set(disk.names.keys) == names)
        let empty = SimulatedDisk(clock: ManualClock())
        _ = error(empty)
        #expect(empty.names.isEmpty)
    }
}

/// An open state that closures may write to. Used by one thread.
private final class OwnedState {
    private var state: OpenState

    init(_ state: consuming OpenState) { self.state = state }

    func write(_ records: [FileRecord]) {
        #expect(throws: Never.self) { try state.write(records) }
    }
}
