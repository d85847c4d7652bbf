// The agent against a scripted server that does nothing wrong: which files it reads, and when.
import Foundation
import ScriptedServer
import Testing

/// The real binary as a process of its own, one test at a time: the machine has few cores.
@Suite("End to end", .serialized, .timeLimit(.minutes(5))) enum EndToEnd {}

extension EndToEnd {
    @Suite("Shipping") struct ShippingTests {
        @Test func `a dated index takes the date of the event`() throws {
            let stage = try Stage()
            stage.settings.target = .index("access-%{yyyy.MM.dd}")
            let writer = try stage.writer(style: .common)
            try writer.write(300)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
            #expect(Set(stage.server.documents.map(\.index)) == ["access-2018.09.20"])
        }

        @Test func `namespace and fields name the stream and the pipeline`() throws {
            let stage = try Stage()
            stage.settings.namespace = "prod"
            stage.settings.fields = "{service.name: shop}"
            stage.settings.target = .dataStream("logs-%{fields.service.name}-%{namespace}")
            stage.settings.pipeline = "%{dataset}@%{namespace}"
            stage.server.makePipeline("tomcat.access@prod")
            try stage.writer().write(300)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            #expect(stage.verdict.isClean)
            let items = stage.server.requests.flatMap(\.items)
            #expect(Set(items.map(\.index)) == ["logs-shop-prod"])
            #expect(Set(items.map(\.pipeline)) == ["tomcat.access@prod"])
        }

        @Test func `the log says what was read and where documents go`() throws {
            let stage = try Stage()
            let agent = try stage.start()
            #expect(agent.says("agent.started"))
            #expect(agent.terminate() == .exited(0))
            let lines = agent.log.split(separator: "\n")
            let loaded = lines.first { $0.contains("\"config.loaded\"") } ?? ""
            #expect(loaded.contains("\"path\":\"\(stage.scratch.path)/tailproof.yaml\""))
            let started = lines.first { $0.contains("\"agent.started\"") } ?? ""
            #expect(started.contains("\"output\":\"\(stage.server.url)\""))
            #expect(started.contains("\"inputs\":1"))
        }

        @Test func `rotation by renaming under load loses and repeats nothing`() throws {
            let stage = try Stage()
            let agent = try stage.start()
            let writer = try stage.writer()
            try writer.write(10_000 * torture, following: stage.server, ahead: 2000, rotating: 400)
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            #expect(stage.server.requests.idsSentAfterAcknowledgement.isEmpty)
        }

        @Test func `a file is read to its end although only its first name is asked for`() throws {
            let stage = try Stage()
            stage.settings.paths = ["\(stage.logs)/access.log"]
            let agent = try stage.start()
            let writer = try stage.writer()
            for _ in 0..<5 {
                try writer.write(200)
                #expect(stage.everythingArrives())
                try writer.write(200)
                try writer.rotate()
            }
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `files named by date are read one after the other, torn tails and all`() throws {
            let stage = try Stage()
            stage.settings.paths = ["\(stage.logs)/localhost_access_log.*.txt"]
            let agent = try stage.start()
            let writer = try stage.writer(
                name: "localhost_access_log.2018-09-20.txt", style: .common,
                buffering: .blocks(8192))
            for day in 21..<26 {
                try writer.write(500 * torture)
                #expect(stage.everythingArrives())
                try writer.move(to: "localhost_access_log.2018-09-\(day).txt")
            }
            try writer.write(100)
            try writer.flush()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
            let paths = stage.server.documents.map { $0.text("log", "file", "path") }
            #expect(Set(paths).count == 6)
        }

        @Test func `an unterminated last line waits, and is one document when it ends`() throws {
            let stage = try Stage()
            let agent = try stage.start()
            let writer = try stage.writer("torn")
            try writer.write(3)
            let finish = try writer.writeTorn()
            let other = try stage.writer("other", name: "access.log.other")
            for _ in 0..<10 {
                try other.write(1)
                #expect(stage.everythingArrives())
            }
            #expect(stage.server.documents.filter { $0.line?.stream == "torn" }.count == 3)
            try finish()
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `an unterminated last line waits for the next agent too`() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            try writer.write(3)
            let finish = try writer.writeTorn()
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(3))
            try finish()
            let second = try stage.start()
            #expect(stage.everythingArrives())
            #expect(second.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a truncated file begins anew, and no two lines share an id`() throws {
            let stage = try Stage()
            let agent = try stage.start()
            let writer = try stage.writer(lineLength: 256)
            for _ in 0..<10 * torture {
                try writer.write(50)
                #expect(stage.everythingArrives())
                try writer.truncate()
            }
            try writer.write(7)
            #expect(stage.everythingArrives())
            #expect(agent.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a file truncated and regrown while the agent is down begins anew`() throws {
            let stage = try Stage()
            let writer = try stage.writer(lineLength: 256)
            try writer.write(50)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            try writer.truncate()
            try writer.write(80)
            let second = try stage.start()
            #expect(stage.everythingArrives())
            #expect(second.terminate() == .exited(0))
            let verdict = stage.verdict
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}
