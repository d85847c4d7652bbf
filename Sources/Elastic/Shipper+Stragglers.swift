// The end of a batch's stay with the shipper: what goes home, what is kept to be sent again.
import Bytes
import Platform

extension Shipper {
    /// Whether all that is pending finds room among the stragglers. What does not keeps the batch
    /// in hand for another round: nothing is given back to be read again.
    var canLetGo: Bool {
        var bytes: [UInt16: Int] = [:]
        for event in batch.fates.indices where batch.fates[event] == .pending {
            bytes[batch.events[event].target, default: 0] += batch.range(of: event).count
        }
        return bytes.isEmpty || stragglers.hasRoom(for: bytes)
    }

    /// Gives the batch back, and what became of stragglers that were sent with it. Abandoned, it
    /// may hold pending events; else those that are left are `straggling`.
    package mutating func release(now: Instant) -> Return {
        precondition(isLoaded && request == nil)
        var home = Return(shipper: settings.number, batch: nil)
        let own = ownEvents ?? 0
        let tried = Set(batch.events[own...].lazy.map(\.target))
        let left = keep(from: isAbandoned ? own : 0, now: now)
        var settled: Set<UInt16> = []
        for index in own..<batch.events.count where batch.fates[index].isSettled {
            let event = batch.events[index]
            settled.insert(event.target)
            home.settled.append(
                SettledEvent(
                    file: event.file, offset: event.offset, length: event.length,
                    fate: batch.fates[index]))
        }
        for target in left.sorted() {
            stragglers.rest(
                target, tried: tried.contains(target), progress: settled.contains(target),
                now: now, random: &random)
        }
        stragglers.forgetEmpty()
        home.rejected = rejected
        home.crowded = stragglers.crowded
        woken += pool.abandon(shipper: settings.number, now: now)
        rejected.removeAll()
        notes.removeAll()
        parts.removeAll(keepingCapacity: true)
        scratch.clear(keeping: 0)
        isLoaded = false
        var released = Batch(number: -1, bytes: 0, lines: 0)
        swap(&released, &batch)
        if ownEvents == nil { return home }
        released.truncate(to: own)
        return Return(shipper: settings.number, batch: released, of: home)
    }

    /// Copies what is pending, from this event on, to the stragglers. Returns the targets of those.
    private mutating func keep(from first: Int, now: Instant) -> Set<UInt16> {
        var targets: Set<UInt16> = []
        for index in first..<batch.events.count where batch.fates[index] == .pending {
            copy(batch, index, notes[index] ?? Stragglers.Note(), to: &stragglers, now: now)
            batch.fates[index] = .straggling
            targets.insert(batch.events[index].target)
        }
        return targets
    }
}

// A free function: a span of the batch would forbid changing the stragglers beside it.
private func copy(
    _ batch: borrowing Batch, _ index: Int, _ note: Stragglers.Note,
    to stragglers: inout Stragglers, now: Instant
) {
    stragglers.add(
        batch.events[index], batch.body.bytes(batch.range(of: index)), note, now: now)
}
