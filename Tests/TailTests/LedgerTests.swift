// The ledger against a naive twin, and the ring of files that wait.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Ledger") struct LedgerTests {
    /// What the ledger says, kept the simple way: one flag a byte.
    private struct Naive {
        var isFinal: [Bool] = []

        /// The first byte without a final fate that stands behind `from`.
        func committed(from: Int) -> Int {
            isFinal[from...].firstIndex(of: false) ?? isFinal.count
        }
    }

    private struct Open {
        var number: UInt64
        var range: Range<Int>
        var filtered: Tally
    }

    @Test("the committed offset passes what is final from the front, and counts it once")
    func property() {
        var random = Seed.generator(50)
        for round in 0..<200 {
            var ledger = Ledger()
            var naive = Naive()
            var open: [Open] = []
            var committed = 0
            var popped = Tally()
            var straggling: [(left: Int, range: Range<Int>, rest: Tally)] = []
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                let end = naive.isFinal.count
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    let length = Int.random(in: 1...9, using: &random)
                    var filtered = Tally()
                    filtered.add(.filtered, bytes: UInt64(length) / 2)
                    let number = ledger.open(
                        from: UInt64(end), to: UInt64(end + length), lastTime: Int64(end),
                        marker: UInt64(end + length), filtered: filtered)
                    naive.isFinal += [Bool](repeating: false, count: length)
                    open.append(Open(number: number, range: end..<end + length, filtered: filtered))
                case 1:
                    // Only the last span grows, and only while it is open.
                    guard let last = open.last, last.number == ledger.spans.last?.number else {
                        continue
                    }
                    let length = Int.random(in: 0...9, using: &random)
                    ledger.extendLast(
                        to: UInt64(end + length), lastTime: Int64(end),
                        marker: UInt64(end + length), filtered: Tally())
                    naive.isFinal += [Bool](repeating: false, count: length)
                    open[open.count - 1].range = last.range.lowerBound..<end + length
                case 2:
                    guard let index = open.indices.randomElement(using: &random) else { continue }
                    let span = open.remove(at: index)
                    var tally = Tally()
                    tally.add(.stored, bytes: UInt64(span.range.count) - span.filtered.allBytes)
                    if !span.range.isEmpty, Bool.random(using: &random) {
                        // One event of one byte is left open.
                        let left = Int.random(in: span.range, using: &random)
                        var rest = Tally()
                        rest.add(.stored, bytes: tally.allBytes)
                        ledger.resolve(span.number, Tally(), open: [UInt64(left)])
                        straggling.append((left, span.range, rest))
                    } else {
                        ledger.resolve(span.number, tally)
                        for place in span.range { naive.isFinal[place] = true }
                    }
                case 3:
                    guard let index = straggling.indices.randomElement(using: &random) else {
                        continue
                    }
                    let (left, range, rest) = straggling.remove(at: index)
                    ledger.settle(UInt64(left), rest)
                    for place in range { naive.isFinal[place] = true }
                default:
                    while let span = ledger.popFinal() {
                        #expect(span.start == UInt64(committed))
                        #expect(span.marker == span.end)
                        committed = Int(span.end)
                        popped += span.tally
                    }
                    #expect(
                        committed == naive.committed(from: committed),
                        "seed \(Seed.current), round \(round)")
                    #expect(popped.allBytes == UInt64(committed))
                }
            }
            for span in open { ledger.resolve(span.number, Tally()) }
            for (left, _, rest) in straggling { ledger.settle(UInt64(left), rest) }
            while ledger.popFinal() != nil {}
            #expect(ledger.isEmpty)
        }
    }

    @Test("an event without bytes, a fragment at a shutdown, holds the offset like any other")
    func emptySpan() {
        var ledger = Ledger()
        let empty = ledger.open(from: 5, to: 5, lastTime: 0, marker: 1, filtered: Tally())
        let next = ledger.open(from: 5, to: 9, lastTime: 0, marker: 2, filtered: Tally())
        ledger.resolve(next, Tally())
        #expect(ledger.popFinal()?.end == nil)
        ledger.resolve(empty, Tally())
        #expect(ledger.popFinal()?.end == 9)
        #expect(ledger.popFinal()?.end == nil)
    }

    @Test("behind an event that stays open, final spans become one")
    func pinned() {
        var ledger = Ledger()
        let first = ledger.open(from: 0, to: 10, lastTime: 0, marker: 0, filtered: Tally())
        var tally = Tally()
        tally.add(.stored, bytes: 6)
        ledger.resolve(first, tally, open: [2, 5])
        for number in 1...100 as ClosedRange<UInt64> {
            let span = ledger.open(
                from: number * 10, to: number * 10 + 10, lastTime: Int64(number),
                marker: number, filtered: Tally())
            var tally = Tally()
            tally.add(.stored, bytes: 10)
            ledger.resolve(span, tally)
        }
        #expect(ledger.spans.count == 2)
        #expect(ledger.popFinal() == nil)
        tally = Tally()
        tally.add(.parked, bytes: 2)
        ledger.settle(5, tally)
        #expect(ledger.popFinal() == nil)
        ledger.settle(2, tally)
        let span = ledger.popFinal()
        #expect(span?.end == 1010)
        #expect(span?.marker == 100)
        #expect(span?.lastTime == 100)
        #expect(span?.tally.bytes(.stored) == 1006)
        #expect(span?.tally.events(.parked) == 2)
        #expect(ledger.isEmpty)
    }

    @Test("numbers of spans do not come again")
    func numbers() {
        var ledger = Ledger()
        var numbers: Set<UInt64> = []
        for _ in 0..<10 {
            let number = ledger.open(from: 0, to: 0, lastTime: 0, marker: 0, filtered: Tally())
            #expect(numbers.insert(number).inserted)
            ledger.resolve(number, Tally())
            _ = ledger.popFinal()
        }
    }
}

@Suite("Ready ring") struct ReadyRingTests {
    @Test("files come in the order they were added, those added as first before all others")
    func order() {
        var ring = ReadyRing()
        for slot in 0..<4 { ring.add(slot, first: slot == 2) }
        #expect((0..<4).map { _ in ring.next() } == [2, 0, 1, 3])
        #expect(ring.next() == nil)
        #expect(ring.isEmpty)
    }

    @Test("against a plain list, through additions, removals and exchanges")
    func property() {
        var random = Seed.generator(51)
        for round in 0..<5 {
            var ring = ReadyRing()
            var first: [Int] = []
            var rest: [Int] = []
            // Each slot stands in the ring once, as the tailer sees to.
            for _ in 0..<4_000 {
                let slot = Int.random(in: 0..<1_500, using: &random)
                let isIn = first.contains(slot) || rest.contains(slot)
                switch Int.random(in: 0..<6, using: &random) {
                case 0...2 where !isIn:
                    let isFirst = Int.random(in: 0..<10, using: &random) == 0
                    ring.add(slot, first: isFirst)
                    if isFirst { first.append(slot) } else { rest.append(slot) }
                case 3 where isIn:
                    ring.remove(slot)
                    first.removeAll { $0 == slot }
                    rest.removeAll { $0 == slot }
                case 4 where isIn:
                    let taken = ring.next()
                    let expected = first.isEmpty ? rest.removeFirst() : first.removeFirst()
                    #expect(taken == expected, "seed \(Seed.current), round \(round)")
                    if expected == slot { continue }
                    ring.swap(expected, slot)
                    if let index = first.firstIndex(of: slot) { first[index] = expected }
                    if let index = rest.firstIndex(of: slot) { rest[index] = expected }
                case 5:
                    let expected = first.first ?? rest.first
                    if !first.isEmpty {
                        first.removeFirst()
                    } else {
                        rest = Array(rest.dropFirst())
                    }
                    #expect(ring.next() == expected, "seed \(Seed.current), round \(round)")
                default: break
                }
                #expect(ring.isEmpty == (first.isEmpty && rest.isEmpty))
            }
        }
    }
}
