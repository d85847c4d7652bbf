// The agent at a start on a state volume that refuses: a clear text, exit code 1, nothing lost.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd.StateVolume {
    @Suite(
        "Starts on a volume that refuses",
        .enabled(if: Tampering.isPossible, "strace cannot trace here"))
    struct StartTests {
        /// A call that fails each time, what the refusal then says of it, and of which file.
        struct Refusal: Sendable, CustomStringConvertible {
            var call: String
            var error: String
            var file: String
            var text: String
            var description: String { "\(call) \(error)" }
        }

        static let firstStarts = [
            Refusal(
                call: "mkdir", error: "EROFS", file: "",
                text: "mkdir: Read-only file system; the state needs a volume that can be written"),
            Refusal(
                call: "openat", error: "EACCES", file: "/lock",
                text: "open: Permission denied; the agent must be allowed to write there"),
            Refusal(
                call: "flock", error: "ENOLCK", file: "/lock",
                text: "flock: No locks available"),
            Refusal(
                call: "pwrite64", error: "EDQUOT", file: "/births",
                text: "pwrite: Disk quota exceeded; the first start needs 384 KiB on this volume"),
            Refusal(
                call: "fdatasync", error: "EIO", file: "/births",
                text: "fdatasync: Input/output error"),
            Refusal(
                call: "fsync", error: "EIO", file: "", text: "fsync: Input/output error"),
        ]

        static let laterStarts = [
            Refusal(
                call: "openat", error: "EROFS", file: "/lock",
                text: "open: Read-only file system; the state needs a volume that can be written"),
            Refusal(
                call: "pread64", error: "EIO", file: "/slot.",
                text: "pread: Input/output error"),
        ]

        @Test("D48: the first start on a volume that refuses", arguments: firstStarts)
        func first(refusal: Refusal) throws {
            try expect(refusal, at: try Stage())
        }

        @Test("D48: a later start on a volume that refuses", arguments: laterStarts)
        func again(refusal: Refusal) throws {
            let stage = try Stage()
            try stage.writer("b", name: "access.log.b").write(100)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            try expect(refusal, at: stage)
        }

        private func expect(_ refusal: Refusal, at stage: Stage) throws {
            try stage.writer().write(100)
            let tampering = Tampering(
                calls: [refusal.call],
                injections: ["\(refusal.call):error=\(refusal.error):when=1+"],
                record: "\(stage.scratch.path)/strace.out")
            let requests = stage.server.requests.count
            let agent = try stage.start(under: tampering.wrapper(state: stage.settings.state))
            #expect(agent.wait(atMost: patience) == .exited(1), "\(agent.log)")
            let words = agent.lastWords
            let place = "tailproof: state: \(stage.settings.state)\(refusal.file)"
            #expect(words.hasPrefix(place), "\(agent.log)")
            #expect(words.hasSuffix(refusal.text), "\(agent.log)")
            #expect(stage.server.requests.count == requests, "nothing was sent")
            stage.expectAllOnce(from: try stage.start())
        }
    }
}
