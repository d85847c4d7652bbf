// Files with several names, and links that are turned to another file.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Links") struct LinkTests {
        private func turn(_ link: String, to target: String) throws {
            try check("symlink", symlink(target, link + ".new"))
            try check("rename", rename(link + ".new", link))
        }

        @Test func `D42: with a hard and a symbolic link in the pattern each line is sent once`()
            throws
        {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(300)
            try check("link", link(writer.path, "\(stage.logs)/access.log.hard"))
            try check("symlink", symlink("access.log", "\(stage.logs)/access.log-soft"))
            let first = try stage.start()
            #expect(stage.everythingArrives())
            try writer.write(300)
            #expect(stage.everythingArrives())
            for name in ["hard", "soft"] {
                let said = try first.events("file.other_name").filter {
                    ($0["path"] as? String)?.hasSuffix(name) == true
                }
                #expect(said.count == 1)
                #expect(said.first?["of"] as? String == writer.path)
            }
            #expect(first.terminate() == .exited(0))
            try writer.write(300)
            let second = try stage.start()
            try check("unlink", unlink(writer.path))
            stage.expectAllOnce(from: second)
        }

        @Test func `D43: a link turned to the next file 20 times leaves nothing unread`() throws {
            let stage = try Stage(
                Script(requests: [RequestRule(.every(3), nil, delay: .milliseconds(20))]))
            let pods = try stage.scratch.directory("pods")
            stage.settings.roots = [pods]
            let link = "\(stage.logs)/access.log"
            var agent = try stage.start()
            for number in 0..<20 {
                let target = try LogWriter(
                    try stage.scratch.directory("pods/\(number)"), name: "0.log",
                    stream: "p\(number)", ledger: stage.ledger)
                try target.write(100 * torture)
                try turn(link, to: target.path)
                try target.write(300 * torture)
                // The agent has seen the link, but need not have read all that it led to.
                let prefix = stage.server.wait(atMost: patience) { server in
                    server.store.documents.contains { $0.line?.stream == "p\(number)" }
                }
                #expect(prefix)
                try target.write(300 * torture)
                if number == 10 {
                    // As it was, with all it had: what the link was turned from must be settled.
                    #expect(stage.everythingArrives())
                    #expect(agent.terminate() == .exited(0))
                    agent = try stage.start()
                }
            }
            stage.expectAllOnce(from: agent)
        }

        @Test func `D43: the links of a node lead from directory to directory`() throws {
            let stage = try Stage()
            let (pods, docker) = (
                try stage.scratch.directory("pods"), try stage.scratch.directory("docker")
            )
            stage.settings.roots = [pods, docker]
            let writer = try LogWriter(
                try stage.scratch.directory("docker/1"), name: "1-json.log", stream: "a",
                ledger: stage.ledger)
            try check("symlink", symlink(writer.path, "\(pods)/0.log"))
            try check("symlink", symlink("../pods/0.log", "\(stage.logs)/access.log"))
            try writer.write(200)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            // Rotated where it lies, unseen by the pattern, with lines unread.
            for _ in 0..<5 {
                try writer.write(200)
                try writer.rotate()
                try writer.write(10)
                #expect(stage.everythingArrives())
            }
            #expect(agent.terminate() == .exited(0))
            try writer.write(200)
            try writer.rotate()
            try writer.write(10)
            let heir = try stage.start()
            stage.expectAllOnce(from: heir)
            #expect(try heir.events("file.refused").isEmpty)
        }
    }
}
