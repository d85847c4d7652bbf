// The agent as a process: alone on its state, first of its namespace, limited, without streams.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("The agent as a process") struct ProcessTests {
        @Test func `D54 of two agents on one state one ships, and the other takes over`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(500)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            let second = try stage.start()
            #expect(second.says("state.locked"))
            #expect(!second.log.contains("agent.started"))
            first.kill()
            try writer.write(500)
            // The second waits some seconds; on a machine as slow as that the next one takes over.
            var heir = second
            while !heir.says("agent.started") {
                #expect(heir.wait(atMost: patience) == .exited(1))
                heir = try stage.start()
            }
            #expect(stage.everythingArrives())
            #expect(heir.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `D55 killed again and again as process 1, it leaves no lock behind`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            for _ in 0..<10 {
                try writer.write(100)
                let agent = try stage.start(
                    under: ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])
                #expect(stage.everythingArrives())
                agent.kill()
            }
            try writer.write(100)
            let last = try stage.start()
            #expect(stage.everythingArrives())
            #expect(last.terminate() == .exited(0))
            #expect(stage.verdict.isClean, "\(stage.verdict)")
        }

        @Test func `D62 a file size limit is an error of the state, not the end`() throws {
            let stage = try Stage()
            for number in 0..<1500 {
                try stage.writer("s\(number)", name: "access.log.\(number)").write(1)
            }
            let agent = try stage.start(under: ["/usr/bin/prlimit", "--fsize=270000:unlimited"])
            #expect(agent.says("state.write_failed"))
            #expect(agent.isRunning)
            _ = try ChildProcess.output(
                of: ["/usr/bin/prlimit", "--pid", "\(agent.pid)", "--fsize=unlimited:unlimited"])
            #expect(agent.says("state.recovered"))
            stage.expectAllOnce(from: agent)
        }

        @Test func `D62 too small a file size limit for any state is said, and no signal`() throws {
            let stage = try Stage()
            let agent = try stage.start(under: ["/usr/bin/prlimit", "--fsize=10000"])
            #expect(agent.wait(atMost: patience) == .exited(1))
        }

        @Test(arguments: [">&-", "2>&-", "<&- >&- 2>&-", "2> >(exit)"])
        func `D62 without its streams it ships, and writes its log into no other file`(
            _ streams: String
        ) throws {
            let stage = try Stage(Script(requests: [RequestRule(.every(5), .reset(storing: 0.5))]))
            let writer = try stage.writer()
            try writer.write(2000)
            let first = try stage.start(
                under: ["/bin/bash", "-c", "exec \"$@\" \(streams)", "bash"])
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            let second = try stage.start()
            try writer.write(100)
            #expect(second.says("state.loaded"))
            stage.expectAllOnce(from: second)
            #expect(!second.log.contains("state.corrupt_slot"))
            #expect(!second.log.contains("state.lost"))
        }
    }
}
