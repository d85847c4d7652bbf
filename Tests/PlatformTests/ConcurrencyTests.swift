// What threads share: the hand-off, the flag, the bell; run under the thread sanitizer too.
import Foundation
import Platform
import Synchronization
import TestKit
import Testing

/// A number that cannot be copied: whoever has it has it alone.
private struct Token: ~Copyable, Sendable {
    var number: Int
    var touched = 0
}

private final class Count: Sendable {
    private let atomic = Atomic<Int>(0)
    var value: Int { atomic.load(ordering: .sequentiallyConsistent) }
    func add() { atomic.add(1, ordering: .sequentiallyConsistent) }
}

private func number(_ token: consuming Token?) -> Int? {
    guard let token else { return nil }
    return token.number
}

@Suite("Concurrency: hand-off") struct ConduitConcurrencyTests {
    @Test("what goes in comes out, in order, round the ring")
    func order() {
        let conduit = Conduit<Token>(capacity: 3)
        var expected = 0
        var next = 0
        for round in 0..<50 {
            for _ in 0...round % 3 {
                conduit.put(Token(number: next))
                next += 1
            }
            #expect(!conduit.isEmpty)
            while let token = conduit.takeNow() {
                let number = token.number
                #expect(number == expected)
                expected += 1
            }
            #expect(conduit.isEmpty)
        }
        #expect(expected == next)
    }

    @Test("while somebody waits eagerly, nobody else gets an element; then all is shared again")
    func eager() throws {
        for _ in 0..<50 {
            let conduit = Conduit<Token>(capacity: 4)
            let patient = Count()
            let eager = Count()
            let taker = try Thread("patient") {
                while conduit.take() != nil { patient.add() }
            }
            let first = try Thread("eager") {
                // Not before anything comes: the other one may have waited for longer.
                if conduit.take(until: nil, eagerly: true) != nil {
                    eager.add()
                }
            }
            while !conduit.isAwaitedEagerly { usleep(100) }
            conduit.put(Token(number: 0))
            first.join()
            #expect(eager.value == 1)
            #expect(patient.value == 0)
            conduit.put(Token(number: 1))
            conduit.put(Token(number: 2))
            conduit.close()
            taker.join()
            #expect(patient.value == 2)
        }
    }

    @Test("a put into a full conduit waits until something was taken")
    func full() throws {
        let conduit = Conduit<Token>(capacity: 2)
        let putter = try Thread("putter") {
            for number in 0..<1000 { conduit.put(Token(number: number)) }
            conduit.close()
        }
        var next = 0
        while let token = conduit.take() {
            #expect(token.number == next)
            next += 1
        }
        putter.join()
        #expect(next == 1000)
        #expect(conduit.isClosed)
    }

    @Test("a wait for an element ends at its time")
    func timed() {
        let conduit = Conduit<Token>(capacity: 1)
        #expect(number(conduit.take(until: .now() + .milliseconds(1))) == nil)
        #expect(!conduit.isClosed)
    }

    @Test("elements circulate between threads; none is lost, doubled or touched by two")
    func circulation() throws {
        let free = Conduit<Token>(capacity: 8)
        let full = Conduit<Token>(capacity: 8)
        for number in 0..<8 { free.put(Token(number: number)) }
        let rounds = 4_000
        let fillers = try (0..<3).map { index in
            try Platform.Thread("filler \(index)") {
                for _ in 0..<rounds {
                    guard var token = free.take() else { return }
                    token.touched += 1
                    full.put(token)
                }
            }
        }
        let emptied = Lock(0)
        let emptiers = try (0..<2).map { index in
            try Platform.Thread("emptier \(index)") {
                while var token = full.take() {
                    token.touched += 1
                    emptied.withLock { $0 += 1 }
                    free.put(token)
                }
            }
        }
        for thread in fillers { thread.join() }
        full.close()
        for thread in emptiers { thread.join() }
        #expect(emptied.withLock { $0 } == 3 * rounds)
        var numbers: Set<Int> = []
        var touched = 0
        while let token = free.takeNow() {
            numbers.insert(token.number)
            touched += token.touched
        }
        #expect(numbers == Set(0..<8))
        #expect(touched == 2 * 3 * rounds)
    }

    @Test("closing wakes everybody who waits, and what is in still comes out")
    func closing() throws {
        let conduit = Conduit<Token>(capacity: 4)
        let ended = Lock(0)
        let waiting = try (0..<3).map { index in
            try Platform.Thread("taker \(index)") {
                while conduit.take() != nil {}
                ended.withLock { $0 += 1 }
            }
        }
        conduit.put(Token(number: 1))
        conduit.close()
        for thread in waiting { thread.join() }
        #expect(ended.withLock { $0 } == 3)
        conduit.put(Token(number: 2))
        let left = number(conduit.take())
        #expect(left == 2)
        let none = conduit.take() == nil
        #expect(none)
    }

    @Test("a conduit rings the waker of whoever waits elsewhere")
    func waking() throws {
        let waker = try Waker()
        let conduit = Conduit<Token>(capacity: 1, waker: waker)
        #expect(try wait(for: [waker.descriptor], atMost: .zero) == [false])
        let thread = try Platform.Thread("putter") { conduit.put(Token(number: 7)) }
        #expect(try wait(for: [waker.descriptor], atMost: .seconds(60)) == [true])
        let taken = number(conduit.takeNow())
        #expect(taken == 7)
        thread.join()
    }

    @Test("elements left in a conduit are released with it")
    func release() {
        final class Counted: Sendable {
            let count: Lock<Int>
            init(_ count: Lock<Int>) { self.count = count }
            deinit { count.withLock { $0 += 1 } }
        }
        let count = Lock(0)
        do {
            let conduit = Conduit<Counted>(capacity: 3)
            for _ in 0..<3 { conduit.put(Counted(count)) }
            _ = conduit.takeNow()
            conduit.put(Counted(count))
            #expect(count.withLock { $0 } == 1)
        }
        #expect(count.withLock { $0 } == 4)
    }
}

@Suite("Concurrency: signs") struct SignConcurrencyTests {
    @Test("a stop ends the waiting of all threads at once")
    func stop() throws {
        let stop = Stop()
        let seen = Lock(0)
        let far = Instant.now() + .seconds(600)
        let threads = try (0..<4).map { index in
            try Platform.Thread("waiter \(index)") {
                if stop.wait(until: far) { seen.withLock { $0 += 1 } }
            }
        }
        #expect(!stop.isSet)
        stop.set()
        for thread in threads { thread.join() }
        #expect(seen.withLock { $0 } == 4)
        #expect(stop.isSet)
        #expect(stop.wait(until: far))
    }

    @Test(
        "a wait until a moment that has passed returns at once",
        arguments: [0, 1, -1, Int64.min, 999_999_999])
    func past(nanoseconds: Int64) {
        #expect(!Stop().wait(until: Instant(nanoseconds: nanoseconds)))
    }

    @Test("rung often, a waker is readable until it is silenced once")
    func waker() throws {
        let waker = try Waker()
        let threads = try (0..<4).map { index in
            try Platform.Thread("ringer \(index)") { for _ in 0..<500 { waker.ring() } }
        }
        for thread in threads { thread.join() }
        #expect(try wait(for: [waker.descriptor], atMost: .zero) == [true])
        waker.silence()
        #expect(try wait(for: [waker.descriptor], atMost: .zero) == [false])
        // Nobody rang: no harm.
        waker.silence()
        waker.ring()
        let other = try Waker()
        #expect(
            try wait(for: [other.descriptor, waker.descriptor], atMost: .seconds(60))
                == [false, true])
    }

    @Test("a thread bears its name and ends when its work does")
    func thread() throws {
        let name = Lock("")
        let thread = try Platform.Thread("a name of 15 ch") {
            let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            name.withLock { $0 = text ?? "unreadable" }
        }
        thread.join()
        #expect(name.withLock { $0 } == "a name of 15 ch\n")
    }

    @Test("a sole value is taken once, by whichever thread comes first")
    func sole() throws {
        let sole = Sole(Token(number: 5))
        let sum = Lock(0)
        let threads = try (0..<4).map { index in
            try Platform.Thread("heir \(index)") {
                if let token = sole.take() { sum.withLock { $0 += token.number } }
            }
        }
        for thread in threads { thread.join() }
        #expect(sum.withLock { $0 } == 5)
    }
}
