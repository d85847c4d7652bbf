// What a pulse says of the agent, and how it is found.
import Agent
import Bytes
import Platform
import TestKit
import Testing

@Suite("Status")
struct StatusTests {
    private func pulse(promise: Int64 = 100, sweeps: UInt64 = 1) -> Pulse {
        Pulse(
            state: "/state", started: Instant(nanoseconds: 1),
            promise: Instant(nanoseconds: promise * 1_000_000_000), sweeps: sweeps)
    }

    private func standing(
        promise: Int64, sweeps: UInt64 = 1, now: Int64, limit: Duration = .seconds(60)
    ) -> Standing {
        Standing(
            pulse(promise: promise, sweeps: sweeps), of: 7,
            now: Instant(nanoseconds: now * 1_000_000_000), limit: limit)
    }

    @Test("a pulse survives its file, and damage to any byte is seen")
    func layout() {
        let pulse = pulse()
        let bytes = pulse.encoded.array
        #expect(Pulse(bytes.span) == pulse)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(Pulse(damaged.span) == nil, "byte \(index)")
        }
        for count in bytes.indices {
            #expect(Pulse(bytes.span.extracting(0..<count)) == nil, "\(count) bytes")
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
        #expect(!standing(promise: 100, sweeps: 0, now: 40).isReady)
        #expect(standing(promise: 100, sweeps: 1, now: 40).isReady)
        #expect(standing(promise: 100, sweeps: 1, now: 900).isReady)
        let none = Standing(absence: "no agent runs here")
        #expect(!none.isReady && !none.isLive)
        #expect(none.readyText == "not ready: no agent runs here")
    }

    @Test("what programs read is one object")
    func json() {
        #expect(
            standing(promise: 100, now: 103).json
                == #"{"live":true,"ready":true,"process":7,"state":"/state","sweeps":1,"#
                + #""overdue_ms":3000}"# + "\n")
        #expect(
            Standing(absence: "no agent runs here").json
                == #"{"live":false,"ready":false,"reason":"no agent runs here"}"# + "\n")
    }

    @Test("promises are written when they grow, and readiness at once")
    func keeping() throws {
        let disk = LinuxFileSystem()
        let directory = TemporaryDirectory()
        let path = directory.path.appending("pulse")
        let watcher = try disk.openForWriting(path)
        defer { disk.close(watcher) }
        var keeper = try PulseKeeper(pulse(sweeps: 0), in: disk.openForWriting(path), disk)
        func written() throws -> Pulse? {
            var bytes = ByteBuffer(capacity: Pulse.limit)
            _ = try disk.readAll(watcher, at: 0, Pulse.limit, into: &bytes)
            return Pulse(bytes.bytes)
        }
        #expect(try written() == pulse(sweeps: 0))
        keeper.promise(Instant(nanoseconds: 5), sweeps: 0)
        #expect(try written() == pulse(sweeps: 0))
        keeper.promise(Instant(nanoseconds: 5), sweeps: 1)
        #expect(try written() == pulse(sweeps: 1))
        keeper.promise(Instant(nanoseconds: 200_000_000_000), sweeps: 2)
        #expect(try written() == pulse(promise: 201, sweeps: 2))
        keeper.promise(Instant(nanoseconds: 200_900_000_000), sweeps: 3)
        #expect(try written() == pulse(promise: 201, sweeps: 2))
    }
}
