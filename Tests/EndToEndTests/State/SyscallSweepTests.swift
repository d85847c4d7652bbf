// Every system call on the state, and at each of them the agent is killed, or the call fails.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd.StateVolume {
    @Suite(
        "Sweeps over system calls",
        .enabled(if: Tampering.isPossible, "strace cannot trace here"))
    struct SyscallSweepTests {
        /// The calls an agent makes on the state.
        static let calls = [
            "openat", "mkdir", "flock", "statx", "pread64", "pwrite64", "fdatasync", "fsync",
            "ftruncate", "getdents64", "close",
        ]
        /// Calls that go with those and change nothing: with what errno they fail does not matter.
        static let companions: Set = ["fcntl", "newfstatat", "fstat", "inotify_add_watch"]

        struct Trial: Sendable, CustomStringConvertible {
            var beginning: StateTrial.Beginning
            var call: String
            var number: Int
            /// Of what is done at the call.
            var deed = "signal=KILL"
            var isForEver = false

            var injection: String { "\(call):\(deed):when=\(number)\(isForEver ? "+" : "")" }
            var description: String { "\(beginning) \(injection)" }
        }

        /// Every place of a run at which something may be done: its calls, as often as they come.
        static func places(_ beginning: StateTrial.Beginning) throws -> [Trial] {
            let trial = try StateTrial(beginning)
            let tampering = trial.tampering(["%file", "%desc"])
            let agent = try trial.start(tampering)
            #expect(try trial.play(agent) == .exited(0), "\(beginning)\n\(agent.log)")
            let counts = tampering.counts
            #expect(!counts.isEmpty, "strace saw nothing")
            let others = Set(counts.keys).subtracting(calls).subtracting(companions)
            #expect(others.isEmpty, "calls that no sweep knows: \(others)")
            try trial.expectRecovery()
            #expect(trial.complaints.isEmpty)
            // A few more than there were: no two runs are the same, and the last ones end in peace.
            return calls.filter { counts[$0] != nil }.flatMap { call in
                (1...counts[call]! + 2).filter {
                    // The pages of the births are read one like the other: some stand for all.
                    call != "pread64" || $0 <= 12 || $0 >= counts[call]! - 4
                }.map { Trial(beginning: beginning, call: call, number: $0) }
            }
        }

        /// All of them where tests are large; else some, as the seed has it, of every call one.
        static func sample(
            _ places: [Trial], of count: Int, _ random: inout SeededRandom
        ) -> [Trial] {
            if torture > 1 { return places }
            let byCall = Dictionary(grouping: places, by: \.call).sorted { $0.key < $1.key }
            let each = byCall.compactMap { $0.value.randomElement(using: &random) }
            return Array(each.shuffled(using: &random).prefix(count))
        }

        @Test(
            "D47: killed at any system call on the state, the next start loses and doubles nothing",
            .timeLimit(.minutes(60)), arguments: StateTrial.Beginning.allCases)
        func d47(beginning: StateTrial.Beginning) throws {
            let seed = freshSeed()
            print("D47 seed \(seed)")
            var random = SeededRandom(seed: seed)
            let places = try Self.places(beginning)
            let expected: Set =
                beginning == .first
                ? ["openat", "mkdir", "flock", "pwrite64", "fdatasync", "fsync", "close"]
                : ["openat", "flock", "pread64", "pwrite64", "fdatasync", "fsync", "ftruncate"]
            #expect(expected.isSubset(of: Set(places.map(\.call))))
            let killed = Tally()
            expectNoComplaints(Self.sample(places, of: 8, &random), "seed \(seed)") { place in
                let trial = try StateTrial(place.beginning)
                let agent = try trial.start(trial.tampering([place.call], [place.injection]))
                switch try trial.play(agent) {
                case .killed(SIGKILL): killed.add()
                // The call did not come so often this time.
                case .exited(0): break
                case let ending: trial.expect(false, "ended: \(ending as Any)\n\(agent.log)")
                }
                try trial.expectRecovery()
                return trial.complaints
            }
            #expect(killed.count > 0, "seed \(seed)")
        }

        /// What a call may fail with.
        static func errors(of call: String) -> [String] {
            switch call {
            case "openat", "mkdir", "pwrite64", "fdatasync", "fsync", "ftruncate", "unlink":
                ["ENOSPC", "EIO", "EROFS", "EDQUOT"]
            default: ["EIO"]
            }
        }

        @Test(
            "D48: whatever system call on the state fails, once or for ever, nothing is lost",
            .timeLimit(.minutes(120)), arguments: StateTrial.Beginning.allCases)
        func d48(beginning: StateTrial.Beginning) throws {
            let seed = freshSeed()
            print("D48 seed \(seed)")
            var random = SeededRandom(seed: seed)
            var trials = try Self.places(beginning).flatMap { place in
                Self.errors(of: place.call).flatMap { error in
                    [false, true].map { isForEver in
                        var trial = place
                        trial.deed = "error=\(error)"
                        trial.isForEver = isForEver
                        return trial
                    }
                }
            }
            trials = Self.sample(trials, of: 8, &random)
            expectNoComplaints(trials, "seed \(seed)") { try Self.fail($0) }
        }

        private static func fail(_ place: Trial) throws -> [String] {
            let trial = try StateTrial(place.beginning)
            let tampering = trial.tampering([place.call], [place.injection])
            let agent = try trial.start(tampering)
            let ending = try trial.play(agent) { agent in
                place.isForEver
                    && (agent.log.contains("state.write_failed")
                        || agent.log.contains("park.failed"))
            }
            if agent.log.contains("agent.started") {
                try judge(place, trial, agent, ending)
            } else {
                // It refuses to start, and says where and why.
                let refusal = "tailproof: state: \(trial.stage.settings.state)"
                let isInjected = tampering.seen.contains { $0.isInjected }
                trial.expect(
                    ending == .exited(1) && isInjected && agent.lastWords.hasPrefix(refusal),
                    "refused: \(ending as Any)\n\(agent.log)")
            }
            try trial.expectRecovery()
            return trial.complaints
        }

        /// A run that has begun goes on, degraded or not, until it is told to end.
        private static func judge(
            _ place: Trial, _ trial: StateTrial, _ agent: AgentProcess, _ ending: Ending?
        ) throws {
            let failures = try agent.events("state.write_failed")
            let recoveries = try agent.events("state.recovered")
            let isDegraded = failures.count > recoveries.count
            // Degraded is said once, and its end once.
            trial.expect((0...1).contains(failures.count - recoveries.count), agent.log)
            for failure in failures {
                let path = failure["path"] as? String ?? ""
                let isNamed = path.hasPrefix(trial.stage.settings.state) && failure["error"] != nil
                trial.expect(isNamed, agent.log)
            }
            for recovery in recoveries {
                trial.expect(recovery["failed_writes"] as? Int ?? 0 > 0, agent.log)
            }
            let right: [Ending?] =
                isDegraded
                ? [.exited(3)] : place.isForEver ? [.exited(0), .exited(3)] : [.exited(0)]
            trial.expect(right.contains(ending), "ended: \(ending as Any)\n\(agent.log)")
            trial.expect(agent.lastWords.contains("state_degraded") || !isDegraded, agent.log)
            // What was known at the start went to the server all the same.
            trial.expect(place.beginning == .first || trial.stored("b") >= 10, agent.log)
        }

        /// Counts from several threads.
        private final class Tally: @unchecked Sendable {
            private let lock = NSLock()
            private var value = 0
            func add() { lock.withLock { value += 1 } }
            var count: Int { lock.withLock { value } }
        }
    }
}
