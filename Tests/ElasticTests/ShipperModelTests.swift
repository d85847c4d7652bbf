// The shipper against a misbehaving model store, by seed: fates must be what the store knows.
import Bytes
import Elastic
import Platform
import TestKit
import Testing

@Suite("Shipper, by chance")
struct ShipperModelTests {
    @Test func `every event ends with the fate that the store knows`() {
        var seeds = Seed.generator(77)
        for _ in 0..<80 {
            let seed = seeds.next()
            check(seed)
        }
    }

    private func check(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let encoding: BodyEncoding = random.next() % 8 == 0 ? .gzip : .plain
        let drive = ShipperDrive(encoding: encoding, hosts: 1 + Int(random.next() % 3), seed: seed)
        for _ in 0..<2 {
            let events = Int.random(in: 1...200, using: &random)
            let targets = (0..<events).map { _ in UInt16.random(in: 0...3, using: &random) }
            let before = drive.shipper.counters
            let start = drive.now
            var store = ModelStore(
                events: events, seed: random.next(), mended: start + .seconds(600))
            let known = drive.seen.count
            let fates = drive.ship(targets) { store.answer($0) }

            #expect(fates.count == events, "seed \(seed)")
            for (event, fate) in fates.enumerated() {
                if fate != .rejected {
                    #expect(fate == store.told[event], "seed \(seed), event \(event)")
                }
                switch fate {
                case .stored, .duplicate: #expect(store.stored.contains(event), "seed \(seed)")
                case .diverted: #expect(store.diverted.contains(event), "seed \(seed)")
                case .dropped: #expect(!store.stored.contains(event), "seed \(seed)")
                case .rejected: #expect(store.refused.contains(event), "seed \(seed)")
                case .pending, .straggling: Issue.record("seed \(seed): event \(event) is \(fate)")
                }
            }
            #expect(store.resentAfterAnswer.isEmpty, "seed \(seed)")
            checkRequests(drive, Array(drive.seen[known...]), targets: targets, seed)
            let after = drive.shipper.counters
            #expect(after.stored - before.stored == fates.count { $0 == .stored })
            #expect(after.duplicate - before.duplicate == fates.count { $0 == .duplicate })
            #expect(after.diverted - before.diverted == fates.count { $0 == .diverted })
            #expect(after.dropped - before.dropped == fates.count { $0 == .dropped })
        }
    }

    /// Bodies hold whole, unchanged lines in order; waits keep to the cap.
    private func checkRequests(
        _ drive: ShipperDrive, _ seen: [Seen], targets: [UInt16], _ seed: UInt64
    ) {
        let whole = makeBatch(targets: targets).body.bytes.text.split(separator: "\n")
        for request in seen {
            let lines = request.body.split(separator: "\n")
            let expected = request.events.flatMap { whole[($0 * 2)...($0 * 2 + 1)] }
            #expect(lines == expected, "seed \(seed)")
            #expect(Set(request.events).count == request.events.count, "seed \(seed)")
            #expect(request.request.events == request.events.count, "seed \(seed)")
            #expect(request.request.rawBytes == request.body.utf8.count, "seed \(seed)")
        }
        #expect(drive.waits.allSatisfy { $0 >= .zero && $0 <= .seconds(60) }, "seed \(seed)")
    }
}
