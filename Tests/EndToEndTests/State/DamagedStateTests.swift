// A state that is cut, flipped, zeroed or replaced by something else, under the real program.
import Foundation
import Glibc
import ScriptedServer
import Testing

/// What may become of a file of the state.
struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (String) throws -> Void

    init(_ name: String, _ apply: @escaping @Sendable (String) throws -> Void) {
        testDescription = name
        self.apply = apply
    }

    /// Other content.
    static func content(_ name: String, _ bytes: @escaping @Sendable () -> [UInt8]) -> Damage {
        Damage(name) { try Data(bytes()).write(to: URL(filePath: $0)) }
    }

    static func cut(to length: Int) -> Damage {
        Damage("cut to \(length)") { try check("truncate", truncate($0, length)) }
    }

    static func flip(at place: Int) -> Damage {
        Damage("byte \(place) flipped") { path in
            var bytes = try Data(contentsOf: URL(filePath: path))
            if place < bytes.count { bytes[place] ^= 0xFF }
            try bytes.write(to: URL(filePath: path))
        }
    }

    /// Zeros up to so many bytes, which take no room.
    static func zeros(_ count: Int) -> Damage {
        Damage("\(count) zeros") { path in
            try Data().write(to: URL(filePath: path))
            try check("truncate", truncate(path, count))
        }
    }

    static let whole = [
        zeros(64 << 10), zeros(1 << 30),
        content("{}") { Array("{}".utf8) },
        content("text") { Array(repeatElement(Array("state\n".utf8), count: 20_000).joined()) },
        content("0xFF") { [UInt8](repeating: 0xFF, count: 100_000) },
        Damage("a header before 1 GiB of zeros") { path in
            let head = try Data(contentsOf: URL(filePath: path)).prefix(64)
            try Data(head).write(to: URL(filePath: path))
            try check("truncate", truncate(path, 1 << 30))
        },
    ]
}

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Damaged states") struct DamagedStateTests {
        /// A stage with a state of several images, and its files as they were left.
        struct Old {
            let stage: Stage
            let writer: LogWriter
            private let files: [String: Data]

            init() throws {
                stage = try Stage()
                stage.settings.drain = "files"
                writer = try stage.writer()
                for _ in 0..<2 {
                    try writer.write(100)
                    let agent = try stage.start()
                    #expect(stage.everythingArrives())
                    #expect(agent.terminate() == .exited(0))
                }
                files = try stage.stateBytes()
            }

            /// The newer slot, and how many bytes of it mean something.
            var newest: (path: String, length: Int) {
                get throws {
                    let slots = try stage.slots.map { ($0, try ForgedSlot(contentsOf: $0)) }
                    let newest = try #require(slots.max { $0.1.generation < $1.1.generation })
                    return (newest.0, newest.1.bytes.count)
                }
            }

            func restore() throws {
                for (name, bytes) in files {
                    try bytes.write(to: URL(filePath: "\(stage.settings.state)/\(name)"))
                }
            }

            /// Ships some lines over what is left of the state; the agent's log.
            func ship() throws -> String {
                let agent = try stage.start()
                try writer.write(10)
                #expect(stage.everythingArrives())
                let (read, peak) = (agent.bytesRead, agent.peakMemory)
                #expect(read > 0 && read < 64 << 20, "\(read) bytes read")
                #expect(peak > 0 && peak < 64 << 10, "\(peak) KiB resident")
                #expect(agent.terminate() == .exited(0))
                return agent.log
            }
        }

        @Test(
            "D52: one slot replaced by something else, the other one stands",
            arguments: Damage.whole)
        func oneSlot(_ damage: Damage) throws {
            let old = try Old()
            try damage.apply(try old.newest.path)
            let log = try old.ship()
            #expect(!log.contains("state.lost") && !log.contains("state.created"))
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test("D52: a slot cut at any length, or with any byte flipped, costs one image at most")
        func everyPlace() throws {
            let old = try Old()
            let (path, length) = try old.newest
            let judge = Judge(old.stage.ledger)
            let before = try old.stage.state().generation
            // All of them by a command that reads the state; some of them by the agent.
            let step = torture > 1 ? 1 : 17
            let damages =
                stride(from: 0, to: length, by: step).flatMap { [.cut(to: $0), .flip(at: $0)] }
                + [Damage.cut(to: length - 1), .flip(at: 63), .flip(at: 64)]
            for (number, damage) in damages.enumerated() {
                try old.restore()
                try damage.apply(path)
                let name = damage.testDescription
                let files = try old.stage.run("files", "--json")
                #expect(files.code == 0, "\(name): \(files.errors)")
                if number % (damages.count / (6 * torture) + 1) == 0 {
                    let log = try old.ship()
                    #expect(!log.contains("state.lost"), "\(name)")
                    let state = try old.stage.state()
                    #expect(state.generation >= before, "\(name)")
                    let ahead = try judge.ahead(
                        stateReader: state, stored: old.stage.server.documents)
                    #expect(ahead.isEmpty, "\(name)")
                }
            }
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test(
            "D52: births that are damaged cost nothing once an image has them",
            arguments: Damage.whole)
        func births(_ damage: Damage) throws {
            let old = try Old()
            try damage.apply("\(old.stage.settings.state)/births")
            _ = try old.ship()
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test("D52: both slots damaged, the births still know which ids the files had")
        func bothSlots() throws {
            let old = try Old()
            for slot in old.stage.slots { try Damage.flip(at: 70).apply(slot) }
            let log = try old.ship()
            #expect(log.contains("\"state.lost\""))
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            // A command beside it had said so as well.
            try old.restore()
            for slot in old.stage.slots { try Damage.flip(at: 70).apply(slot) }
            try Damage.zeros(256 << 10).apply("\(old.stage.settings.state)/births")
            let files = try old.stage.run("files", "--json")
            #expect(files.code == 1)
            #expect(files.errors.contains("slot.b"), "\(files.errors)")
        }

        @Test(
            "D52: a state that the disk does not give back ends the start with a text, untouched",
            .enabled(if: access("/usr/bin/strace", X_OK) == 0, "needs strace"), arguments: 1...5)
        func unreadable(_ call: Int) throws {
            let old = try Old()
            let before = try old.stage.stateBytes()
            var tracing = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null"]
            tracing += ["-e", "trace=pread64", "-e", "inject=pread64:error=EIO:when=\(call)+"]
            let births = "\(old.stage.settings.state)/births"
            for path in old.stage.slots + [births] { tracing += ["-P", path] }
            let agent = try old.stage.start(under: tracing)
            #expect(agent.wait(atMost: patience) == .exited(1))
            #expect(agent.lastWords.contains("tailproof: state: "), "\(agent.lastWords)")
            #expect(try old.stage.stateBytes() == before)
            // What was an error of the moment is gone at the next start.
            _ = try old.ship()
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test(
            "D52: nothing left of the state, all is read from the beginning, never from the end",
            arguments: zip(Damage.whole.dropFirst(2), ["beginning", "end", "end", "end"]))
        func nothingLeft(_ damage: Damage, _ start: String) throws {
            let old = try Old()
            // From here on everything is new to a state that knows nothing.
            try old.writer.rotate()
            try old.writer.write(50)
            for path in old.stage.slots + ["\(old.stage.settings.state)/births"] {
                try damage.apply(path)
            }
            old.stage.settings.start = start
            let agent = try old.stage.start()
            #expect(old.stage.everythingArrives())
            #expect(agent.says("state.lost"))
            #expect(agent.terminate() == .exited(0))
            let verdict = old.stage.verdict
            #expect(verdict.lost.isEmpty && verdict.collisions.isEmpty, "\(verdict)")
            #expect(verdict.unexpected.isEmpty && verdict.ahead.isEmpty, "\(verdict)")
            // The price of it: what it had stored is stored again, under new ids.
            #expect(verdict.duplicates.count == 200, "\(verdict)")
        }

        @Test(
            "D52: slots of zeros beside births are a state that was lost, no first start",
            arguments: ["beginning", "end"])
        func zeroedSlots(_ start: String) throws {
            let old = try Old()
            try old.writer.rotate()
            try old.writer.write(50)
            for path in old.stage.slots { try Damage.zeros(64 << 10).apply(path) }
            old.stage.settings.start = start
            let agent = try old.stage.start()
            #expect(old.stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = old.stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}

extension AgentProcess {
    /// Bytes it has read from files and sockets so far; 0 once it has ended.
    var bytesRead: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("rchar:") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// Bytes it has given to files and sockets so far; 0 once it has ended.
    var bytesWritten: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("write_bytes:") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }
}
