// A server as simple as can be, that misbehaves by seed: what the shipper is checked against.
import Bytes
import Elastic
import Platform

/// Stores events by number and answers; loses, cuts, doubles and refuses as chance has it.
struct ModelStore {
    /// What the server makes of an event at last.
    enum Nature: CaseIterable { case plain, dropped, diverted, poisonWhole, poisonItem, slow }

    private var random: SplitMix64
    private let natures: [Nature]
    /// From then on every event is taken and every reply arrives.
    let mended: Instant
    let limit: Int
    private(set) var stored: Set<Int> = []
    private(set) var diverted: Set<Int> = []
    /// The final answers that reached the shipper.
    private(set) var told: [Int: Fate] = [:]
    /// Those that may be parked: poisoned ones, and what was refused twice when sent alone.
    private(set) var refused: Set<Int> = []
    private var refusedAlone: Set<Int> = []
    private(set) var resentAfterAnswer: Set<Int> = []

    init(events: Int, seed: UInt64, mended: Instant) {
        random = SplitMix64(seed: seed)
        self.mended = mended
        limit = Int.random(in: 40...4000, using: &random)
        var natures: [Nature] = []
        for _ in 0..<events {
            let isOdd = Int.random(in: 0..<20, using: &random) == 0
            natures.append(isOdd ? Nature.allCases.randomElement(using: &random)! : .plain)
        }
        self.natures = natures
        refused = Set(
            natures.indices.filter { [.poisonWhole, .poisonItem].contains(natures[$0]) })
    }

    private mutating func chance(_ oneIn: Int) -> Bool {
        Int.random(in: 0..<oneIn, using: &random) == 0
    }

    mutating func answer(_ seen: Seen) -> Answer {
        let answer = judge(seen)
        if seen.events.count == 1, case .reply(let status, _, _) = answer,
            [400, 413, 500].contains(status), !refusedAlone.insert(seen.events[0]).inserted
        {
            refused.insert(seen.events[0])
        }
        return answer
    }

    private mutating func judge(_ seen: Seen) -> Answer {
        resentAfterAnswer.formUnion(seen.events.filter { told[$0] != nil })
        let isMended = seen.at >= mended
        if !isMended {
            if seen.body.utf8.count > limit { return chance(2) ? .reply(413, "") : fail() }
            if chance(12) { return refuse() }
            if chance(12) {
                // Taken in part, then refused or broken off.
                _ = apply(seen.events.prefix(seen.events.count / 2), isMended: false)
                return chance(2) ? .reply(400, "") : fail()
            }
            if seen.events.contains(where: { natures[$0] == .poisonWhole }) {
                return chance(3) ? .reply(500, "") : .reply(400, #"{"error":"x"}"#)
            }
        }
        let items = apply(seen.events[...], isMended: isMended)
        // The same request once more, from a connection that was thought dead.
        if !isMended, chance(15) { _ = apply(seen.events[...], isMended: false) }
        if !isMended, chance(8) { return spoil(items) }
        for (event, answer) in zip(seen.events, items) { tell(event, answer.0) }
        return .items(items.map(\.1))
    }

    private mutating func apply(
        _ events: ArraySlice<Int>, isMended: Bool
    ) -> [(Fate, String)] {
        events.map { event in
            if stored.contains(event) { return (.duplicate, item(409)) }
            if natures[event] == .dropped { return (.dropped, item(200)) }
            if natures[event] == .diverted {
                diverted.insert(event)
                return (.diverted, item(201, more: #","failure_store":"used""#))
            }
            if !isMended {
                if natures[event] == .poisonItem { return (.pending, item(400)) }
                if natures[event] == .slow || chance(25) { return (.pending, item(429)) }
                if chance(40) {
                    return (.pending, item([403, 404, 503].randomElement(using: &random)!))
                }
            }
            stored.insert(event)
            return (.stored, item(201))
        }
    }

    private mutating func tell(_ event: Int, _ fate: Fate) {
        if fate != .pending { told[event] = fate }
    }

    private mutating func fail() -> Answer {
        .failed(BulkFailure.Kind.allCases.randomElement(using: &random)!)
    }

    private mutating func refuse() -> Answer {
        let status = [301, 401, 403, 404, 408, 429, 500, 502, 503].randomElement(using: &random)!
        return chance(3) ? fail() : .reply(status, "", retryAfter: chance(3) ? "3" : nil)
    }

    /// A reply that must not be believed, though the events were taken.
    private mutating func spoil(_ items: [(Fate, String)]) -> Answer {
        let texts = items.map(\.1)
        switch Int.random(in: 0...3, using: &random) {
        case 0: return fail()
        case 1: return .items(texts + [item(201)])
        case 2: return .items(Array(texts.dropLast()))
        default:
            guard case .reply(let status, let text, _) = Answer.items(texts) else { return fail() }
            return .reply(
                status, String(text.dropLast(Int.random(in: 1...text.count, using: &random))))
        }
    }
}
