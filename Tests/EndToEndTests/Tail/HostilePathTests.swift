// Names in a log directory that lead elsewhere, or to what is no file.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Hostile paths", .enabled(if: Trace.isThere, "strace is not installed"))
    struct HostilePathTests {
        private static let calls = "open,openat,openat2,read,pread64,readv,preadv"
        private let secret = "TOP-SECRET"

        private func said(_ agent: AgentProcess, _ path: String) throws -> Int {
            try ["file.ignored", "file.refused"].reduce(0) { count, name in
                try count + agent.events(name).filter { $0["path"] as? String == path }.count
            }
        }

        /// Whether anything of the secret is in what the server stores or the agent's log.
        private func isOut(_ stage: Stage, _ agent: AgentProcess) -> Bool {
            stage.server.read { server in
                server.store.documents.contains {
                    String(decoding: $0.source, as: UTF8.self).contains(secret)
                }
            } || agent.log.contains(secret)
        }

        /// As many sweeps as a new file needs to be found, so many times.
        private func sweeps(_ count: Int, _ stage: Stage) throws {
            for number in 0..<count {
                try stage.writer("n\(number)", name: "access.log.new\(number)").write(10)
                #expect(stage.everythingArrives())
            }
        }

        @Test func `D72: what is no regular file is said once, never waited for, never read`()
            throws
        {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(100)
            func path(_ name: String) -> String { "\(stage.logs)/access.log.\(name)" }
            var bad = ["fifo", "socket", "directory", "zero", "kmsg", "tty"].map(path)
            try check("mkfifo", mkfifo(path("fifo"), 0o666))
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // The name of a socket has room for 107 bytes: it is bound where that is enough.
            let short = "/tmp/tailproof-\(getpid()).sock"
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(short.utf8)) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try check("bind", bound)
            try check("rename", rename(short, path("socket")))
            try check("mkdir", mkdir(path("directory"), 0o755))
            try check("symlink", symlink("/dev/zero", path("zero")))
            try check("symlink", symlink("/proc/kmsg", path("kmsg")))
            try check("symlink", symlink("/dev/tty", path("tty")))
            if geteuid() == 0 {
                // /dev/zero itself, not a link to it.
                try check("mknod", mknod(path("device"), S_IFCHR | 0o666, 1 << 8 | 5))
                bad.append(path("device"))
            }
            let trace = Trace(Self.calls, into: "\(stage.scratch.path)/trace")
            let agent = try stage.start(under: trace.wrapper)
            #expect(stage.everythingArrives())
            try sweeps(3, stage)
            stage.expectAllOnce(from: agent)
            for path in bad {
                #expect(try said(agent, path) == 1, "\(path)")
                #expect(trace.readable(beneath: path).isEmpty)
                #expect(trace.reads(beneath: path).isEmpty)
            }
            for path in ["/dev/zero", "/proc/kmsg", "/dev/tty"] {
                #expect(trace.readable(beneath: path).isEmpty)
                #expect(trace.reads(beneath: path).isEmpty)
            }
            #expect(!trace.reads(beneath: writer.path).isEmpty, "the trace shows what is read")
            #expect(!trace.readable(beneath: writer.path).isEmpty)
        }

        @Test
        func `D73: no link leads out of the roots, at the start or swapped in a thousand times`()
            throws
        {
            let stage = try Stage()
            let outside = try stage.scratch.directory("outside")
            let line =
                #"10.0.0.1 - - [20/Sep/2018:00:00:00 +0000] "GET /\#(secret) HTTP/1.1" 200 1"#
            for name in ["secret.log", "access.log"] {
                try (line + "\n").write(
                    toFile: "\(outside)/\(name)", atomically: true, encoding: .utf8)
            }
            stage.settings.paths.append("\(stage.logs)/*/access.log")
            func path(_ name: String) -> String { "\(stage.logs)/access.log.\(name)" }
            for (name, target) in [
                ("absolute", "\(outside)/secret.log"), ("relative", "../outside/secret.log"),
                ("shadow", "/etc/shadow"), ("root", "/proc/self/root/etc/shadow"),
                ("dots", "./../logs/../outside/secret.log"), ("circle", path("circle")),
                ("chain", "access.log.absolute"),
            ] {
                try check("symlink", symlink(target, path(name)))
            }
            try check("symlink", symlink(outside, "\(stage.logs)/directory"))
            let writer = try stage.writer("a", name: "good")
            try writer.write(500)
            try check("link", link(writer.path, path("swap")))
            let trace = Trace(Self.calls, into: "\(stage.scratch.path)/trace")
            let agent = try stage.start(under: trace.wrapper)
            #expect(stage.everythingArrives())
            // The file, a link to the secret, the file, …; a directory, a link, a directory, ….
            try check("mkdir", mkdir("\(stage.logs)/inner", 0o755))
            try check("symlink", symlink(outside, "\(stage.logs)/aside"))
            let inner = try stage.writer("b", name: "inner/access.log")
            try inner.write(100)
            for round in 0..<1000 * torture {
                try check("symlink", symlink("\(outside)/secret.log", path("swap") + "~"))
                try check("rename", rename(path("swap") + "~", path("swap")))
                try check("rename", rename("\(stage.logs)/inner", "\(stage.logs)/gone"))
                try check("rename", rename("\(stage.logs)/aside", "\(stage.logs)/inner"))
                usleep(1000)
                try check("link", link(writer.path, path("swap") + "~"))
                try check("rename", rename(path("swap") + "~", path("swap")))
                try check("rename", rename("\(stage.logs)/inner", "\(stage.logs)/aside"))
                try check("rename", rename("\(stage.logs)/gone", "\(stage.logs)/inner"))
                if round % 10 == 0 {
                    try writer.write(1)
                    try inner.write(1)
                }
                usleep(1000)
            }
            stage.expectAllOnce(from: agent)
            #expect(!isOut(stage, agent))
            for path in [outside, "/etc/shadow"] {
                #expect(trace.readable(beneath: path).isEmpty)
                #expect(trace.reads(beneath: path).isEmpty)
            }
            for name in ["absolute", "relative", "shadow", "root", "dots", "circle", "chain"] {
                #expect(try said(agent, path(name)) == 1, "\(name)")
            }
            #expect(try said(agent, "\(stage.logs)/directory") == 1)
            #expect(try said(agent, path("swap")) > 0, "the race was never met")
        }

        @Test(arguments: ["ENOSYS", "EPERM"])
        func `D73: without openat2 files are read as ever, and no link is followed`(
            _ code: String
        ) throws {
            let stage = try Stage()
            stage.settings.paths.append("\(stage.logs)/*/access.log")
            let writer = try stage.writer()
            try writer.write(200)
            _ = try stage.scratch.directory("logs/inner")
            let inner = try stage.writer("b", name: "inner/access.log")
            try inner.write(200)
            try check("symlink", symlink("/etc/shadow", "\(stage.logs)/access.log.shadow"))
            try check("symlink", symlink("other", "\(stage.logs)/access.log.link"))
            let line =
                #"10.0.0.1 - - [20/Sep/2018:00:00:00 +0000] "GET /\#(secret) HTTP/1.1" 200 1"#
            try (line + "\n").write(
                toFile: "\(stage.logs)/other", atomically: true, encoding: .utf8)
            try check("symlink", symlink("inner", "\(stage.logs)/linked"))
            let trace = Trace(
                Self.calls, into: "\(stage.scratch.path)/trace",
                ["-e", "inject=openat2:error=\(code)"])
            let agent = try stage.start(under: trace.wrapper)
            #expect(stage.everythingArrives())
            try sweeps(2, stage)
            try writer.write(100)
            try inner.write(100)
            stage.expectAllOnce(from: agent)
            #expect(!isOut(stage, agent))
            for name in ["access.log.shadow", "access.log.link", "linked"] {
                #expect(try said(agent, "\(stage.logs)/\(name)") == 1, "\(name)")
            }
            #expect(trace.readable(beneath: "/etc/shadow").isEmpty)
            #expect(trace.readable(beneath: "\(stage.logs)/other").isEmpty)
            #expect(!trace.readable(beneath: writer.path).isEmpty)
        }
    }
}
