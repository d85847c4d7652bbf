// What a pulse says of the agent, and how it is found.
import Agent
import Glibc
import Platform
import TestKit
import Testing

@Suite("Status")
struct StatusTests {
    private func standing(
        promise: Int64, isReady: Bool = true, now: Int64, limit: Duration = .seconds(60)
    ) -> Standing {
        Standing(
            Pulse(promise: promise, isReady: isReady), of: 7,
            now: Instant(nanoseconds: now * 1_000_000_000), limit: limit)
    }

    @Test("a pulse fits into the name of a thread, and no other name is one")
    func layout() {
        let longest = Pulse(promise: 9_999_999_999, isReady: false)
        #expect(longest.text.utf8.count == 15)
        for pulse in [longest, Pulse(promise: 1, isReady: true)] {
            #expect(Pulse(pulse.text) == pulse)
        }
        for name in ["", "pump", "pump:", "pump?x", "pump 7", "pumps:7", "keeper", "shipper 0"] {
            #expect(Pulse(name) == nil, "\(name)")
        }
    }

    @Test("a pump lives until it is later than its promise by more than the limit")
    func live() {
        #expect(standing(promise: 100, now: 40).isLive)
        #expect(standing(promise: 100, now: 160).isLive)
        #expect(!standing(promise: 100, now: 161).isLive)
        #expect(standing(promise: 100, now: 161, limit: .seconds(61)).isLive)
        #expect(
            standing(promise: 100, now: 40).liveText == "live: the pump is back within 61 s")
        #expect(
            standing(promise: 100, now: 103).liveText == "live: the pump has been due for 3 s")
        #expect(
            standing(promise: 100, now: 161).liveText
                == "not live: the pump has been overdue for 61 s, more than 1m")
    }

    @Test("an agent is ready once a sweep is over, however late its pump is")
    func ready() {
        #expect(!standing(promise: 100, isReady: false, now: 40).isReady)
        #expect(standing(promise: 100, isReady: true, now: 40).isReady)
        #expect(standing(promise: 100, isReady: true, now: 900).isReady)
        let none = Standing(absence: "no agent runs here")
        #expect(!none.isReady && !none.isLive)
        #expect(none.readyText == "not ready: no agent runs here")
    }

    @Test("what programs read is one object")
    func json() {
        #expect(
            standing(promise: 100, now: 103).json
                == #"{"live":true,"ready":true,"process":7,"overdue_ms":3000}"# + "\n")
        #expect(
            Standing(absence: "no agent runs here").json
                == #"{"live":false,"ready":false,"reason":"no agent runs here"}"# + "\n")
    }

    @Test("a promise is shown when it is a later second, and readiness at once")
    func keeping() {
        let shown = Lock<[String]>([])
        func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
        var keeper = PulseKeeper(now: at(100_500)) { text in shown.withLock { $0.append(text) } }
        keeper.begin()
        keeper.promise(at(100_900), isReady: false)
        keeper.promise(at(100_900), isReady: true)
        keeper.promise(at(103_000), isReady: true)
        keeper.promise(at(103_999), isReady: true)
        keeper.promise(at(101_000), isReady: true)
        keeper.promise(at(104_000), isReady: true)
        #expect(shown.withLock { $0 } == ["pump?101", "pump:101", "pump:104", "pump:105"])
    }

    @Test("who holds a lock is found")
    func locks() throws {
        let disk = LinuxFileSystem()
        let directory = TemporaryDirectory()
        let path = directory.path.appending("lock")
        #expect(ThreadNames.holders(ofLock: path, disk).isEmpty)
        let handle = try disk.openForWriting(path)
        defer { disk.close(handle) }
        #expect(ThreadNames.holders(ofLock: path, disk).isEmpty)
        #expect(try disk.lock(handle))
        #expect(ThreadNames.holders(ofLock: path, disk) == [Int(getpid())])
    }
}
