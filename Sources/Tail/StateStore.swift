// The state volume: a lock, two slots, a births area. Who holds one alone writes there.
import Bytes
import Platform

/// The files `lock`, `slot.a`, `slot.b` and `births` in the state directory. Owned by the keeper's
/// thread.
package struct StateStore: ~Copyable, Sendable {
    let files: any FileSystem
    let directory: Path
    private let lock: FileHandle
    private var slots: [Slot] = []
    private var births: FileHandle
    /// A sync of the births failed: what the kernel says of this descriptor no longer counts.
    private var mustReopenBirths = false
    /// Sequence number of the birth that each page holds; 0 for none.
    private var pages = [UInt64](repeating: 0, count: BirthPage.count)
    private var lastBirth: UInt64 = 0
    private var generation: UInt64 = 0

    private struct Slot: Sendable {
        var path: Path
        var handle: FileHandle
        /// Bytes written out in advance.
        var capacity: UInt64 = 0
        /// Of the image it holds; 0 when it holds none.
        var generation: UInt64 = 0
        /// Births up to this one are in the image it holds.
        var births: UInt64 = 0
        /// A sync failed: what the kernel says of this descriptor no longer counts.
        var mustReopen = false
    }

    private static let firstCapacity: UInt64 = 64 << 10
    private static let birthBytes = UInt64(BirthPage.count * BirthPage.size)
    /// Bytes that the first start writes out in advance.
    static let firstBytes = 2 * firstCapacity + birthBytes
    private static let slotNames: [Path] = ["slot.a", "slot.b"]

    /// Opens (and at the first start makes) the state in `directory`, for as long as the store
    /// lives.
    package init(directory: Path, files: any FileSystem) throws(StateError) {
        let opened = try Self.open(directory, files)
        self.files = files
        self.directory = directory
        lock = opened.lock
        births = opened.births
        slots = opened.slots
    }

    deinit {
        for slot in slots { files.close(slot.handle) }
        files.close(births)
        files.close(lock)
    }

    /// Locks the directory and writes all files out in advance, so that later writes need no new
    /// blocks.
    private static func open(
        _ directory: Path, _ files: any FileSystem
    ) throws(StateError) -> (lock: FileHandle, births: FileHandle, slots: [Slot]) {
        var handles: [FileHandle] = []
        var path = directory
        do {
            let existed = (try? files.status(of: directory)) != nil
            try files.makeDirectory(directory)
            path = directory.appending("lock")
            handles.append(try files.openForWriting(path))
            guard try files.lock(handles[0]) else { throw StateError.locked(directory) }
            for name in slotNames { try refuseNewer(directory.appending(name), files) }
            path = directory.appending("births")
            handles.append(try files.openForWriting(path))
            try extend(files, handles[1], to: birthBytes)
            try files.sync(handles[1])
            var slots: [Slot] = []
            for name in slotNames {
                path = directory.appending(name)
                let handle = try files.openForWriting(path)
                handles.append(handle)
                let capacity = try extend(files, handle, to: firstCapacity)
                try files.sync(handle)
                slots.append(Slot(path: path, handle: handle, capacity: capacity))
            }
            path = directory
            try files.syncDirectory(directory)
            try syncParent(files, of: directory, existed: existed)
            return (handles[0], handles[1], slots)
        } catch {
            for handle in handles { files.close(handle) }
            throw StateError(error, at: path)
        }
    }

    /// Makes the name of the directory last. One that was there may be another's, whose parent
    /// this agent may not open; or was made by a start that ended before this.
    private static func syncParent(
        _ files: any FileSystem, of directory: Path, existed: Bool
    ) throws(SystemError) {
        do {
            try files.syncDirectory(directory.directory)
        } catch {
            if !existed { throw error }
        }
    }

    /// Throws where a version wrote a slot that this one cannot read: nothing is touched then. What
    /// cannot be read now says nothing here.
    private static func refuseNewer(
        _ path: Path, _ files: any FileSystem
    ) throws(StateError) {
        guard let handle = try? files.openForReading(path) else { return }
        defer { files.close(handle) }
        var head = ByteBuffer(capacity: StateHeader.size)
        _ = try? files.readAll(handle, at: 0, StateHeader.size, into: &head)
        try StateHeader(head.bytes)?.requireReadable(at: path)
    }

    /// Appends zeros until the file has `size` bytes; returns how many it has then.
    @discardableResult
    private static func extend(
        _ files: any FileSystem, _ handle: FileHandle, to size: UInt64
    ) throws(SystemError) -> UInt64 {
        var end = try files.status(of: handle).size
        if end >= size { return end }
        let zeros = [UInt8](repeating: 0, count: 64 << 10)
        while end < size {
            let count = Int(min(UInt64(zeros.count), size - end))
            try files.write(handle, zeros.span.extracting(0..<count), at: end)
            end += UInt64(count)
        }
        return end
    }

    // MARK: - Reading

    /// Reads the newest valid slot and the births after it. Call once, before any write.
    package mutating func load(
        home: String, random: inout some RandomNumberGenerator
    ) throws(StateError) -> LoadedState {
        var best: (volume: VolumeRecord, records: [FileRecord])?
        var damaged = 0
        var refusal: StateError?
        for index in slots.indices {
            let slot = slots[index]
            switch try SlotContent(files, slot.handle, slot.path, capacity: slot.capacity) {
            case .empty: break
            case .damaged: damaged += 1
            case .unreadable(let error):
                damaged += 1
                refusal = .unusable(slot.path, error)
            case .valid(let header, let volume, let records):
                slots[index].generation = header.generation
                slots[index].births = header.births
                if header.generation >= generation {
                    generation = header.generation
                    best = (volume, records)
                }
            }
        }
        // One slot is enough. With none, what cannot be read now may be there at the next start.
        if best == nil, let refusal { throw refusal }
        let births = try BirthContent.read(files, births, directory.appending("births"))
        for birth in births { pages[birth.page] = birth.sequence }
        let covered = slots.map(\.births).max() ?? 0
        lastBirth = max(covered, births.last?.sequence ?? 0)
        let records = BirthContent.add(births, after: covered, to: best?.records ?? [])
        let isNew = best == nil && damaged == 0 && births.isEmpty
        var agent = [UInt8](repeating: 0, count: 16)
        for index in agent.indices { agent[index] = UInt8.random(in: 0...255, using: &random) }
        var state = LoadedState(
            volume: best?.volume ?? VolumeRecord(home: home, agentID: agent), records: records,
            isNew: isNew, damagedSlots: damaged)
        // With one slot damaged and the other never written the births still hold every record.
        state.isLost = damaged == slots.count
        // What the slots said is lost: reading all again is better than skipping what nobody read.
        if best == nil && !isNew { state.volume.firstScanDone = true }
        if state.volume.home != home {
            state.formerHome = state.volume.home
            state.volume.home = home
            state.volume.agentID = agent
        }
        return state
    }

    // MARK: - Writing

    /// Makes an image durable over the older of the two slots; returns its generation. On an error
    /// the newer slot still stands, and the next call tries the same slot again.
    package mutating func write(image payload: Span<UInt8>) throws(StateFault) -> UInt64 {
        let index = slots[0].generation <= slots[1].generation ? 0 : 1
        do throws(SystemError) {
            return try write(payload, over: index)
        } catch {
            throw StateFault(slots[index].path, error)
        }
    }

    private mutating func write(
        _ payload: Span<UInt8>, over index: Int
    ) throws(SystemError) -> UInt64 {
        if slots[index].mustReopen {
            let handle = try files.openForWriting(slots[index].path)
            files.close(slots[index].handle)
            slots[index].handle = handle
            slots[index].mustReopen = false
        }
        let slot = slots[index]
        let needed = UInt64(StateHeader.size + payload.count)
        if needed > slot.capacity {
            slots[index].capacity = try Self.extend(
                files, slot.handle, to: (needed * 2).roundedUpToPage)
        }
        // From here on the slot's old image is lost, whatever happens.
        slots[index].generation = 0
        slots[index].births = 0
        let next = generation + 1
        let header = StateHeader(generation: next, births: lastBirth, payload: payload)
        try files.write(slot.handle, payload, at: UInt64(StateHeader.size))
        try files.write(slot.handle, header.encoded.span, at: 0)
        do {
            try files.sync(slot.handle)
        } catch {
            slots[index].mustReopen = true
            throw error
        }
        slots[index].generation = next
        slots[index].births = lastBirth
        generation = next
        return next
    }

    /// Makes records of new files durable. Returns how many of them, from the front: fewer when the
    /// area is full (until two more images are written) or a record is longer than a page.
    package mutating func write(births records: [FileRecord]) throws(StateFault) -> Int {
        let path = directory.appending("births")
        do throws(SystemError) {
            if mustReopenBirths {
                let handle = try files.openForWriting(path)
                files.close(births)
                births = handle
                mustReopenBirths = false
            }
            return try writePages(of: records)
        } catch {
            throw StateFault(path, error)
        }
    }

    /// On an error the pages that were taken stay so until images cover them: what the disk holds
    /// of them nobody knows.
    private mutating func writePages(of records: [FileRecord]) throws(SystemError) -> Int {
        let covered = min(slots[0].births, slots[1].births)
        var free = pages.indices.filter { pages[$0] <= covered }[...]
        var done = 0
        var payload = ByteBuffer(capacity: BirthPage.room)
        var scratch = ByteBuffer(capacity: BirthPage.room)
        while done < records.count, let page = free.popFirst() {
            payload.clear()
            var taken = 0
            while done + taken < records.count {
                let before = payload.count
                StatePayload.append(records[done + taken], scratch: &scratch, to: &payload)
                if payload.count > BirthPage.room {
                    payload.truncate(to: before)
                    break
                }
                taken += 1
            }
            if taken == 0 { break }
            lastBirth += 1
            pages[page] = lastBirth
            let bytes = BirthPage.encode(sequence: lastBirth, payload: payload.bytes)
            try files.write(births, bytes.bytes, at: UInt64(page * BirthPage.size))
            done += taken
        }
        if done == 0 { return 0 }
        do {
            try files.sync(births)
        } catch {
            mustReopenBirths = true
            throw error
        }
        return done
    }
}

extension UInt64 {
    fileprivate var roundedUpToPage: UInt64 { (self + 4095) / 4096 * 4096 }
}
