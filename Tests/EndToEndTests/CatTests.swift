// `tailproof cat`: local debugging from files, standard input and gzip.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("tailproof cat") struct CatTests {
        let scratch: Scratch
        let path: String
        let content: [UInt8]

        init() throws {
            scratch = try Scratch()
            let writer = try LogWriter(scratch.path, stream: "a", ledger: Ledger())
            try writer.write(300)
            path = writer.path
            content = Array(try Data(contentsOf: URL(filePath: path)))
        }

        func cat(_ arguments: String..., input: [UInt8] = []) throws -> [UInt8] {
            try ChildProcess.output(
                of: [AgentProcess.binary, "cat"] + arguments, environment: ["TAILPROOF_SEED": "1"],
                input: input)
        }

        /// The documents without what differs by where they were read.
        func documents(_ output: [UInt8]) throws -> [NSDictionary] {
            try output.split(separator: UInt8(ascii: "\n")).map { line in
                var document = try StrictJSON.object(line)
                var log = document["log"] as? [String: Any] ?? [:]
                log["file"] = nil
                document["log"] = log
                return document as NSDictionary
            }
        }

        @Test func `a file, standard input and a gzip file are the same documents`() throws {
            let plain = try documents(cat("--output", "json", path))
            #expect(plain.count == 300)
            let packed = "\(scratch.path)/packed.gz"
            try Data(gzip(content)).write(to: URL(filePath: packed))
            #expect(try documents(cat("--output", "json", packed)) == plain)
            #expect(try documents(cat("--output", "json", "-", input: content)) == plain)
            #expect(try documents(cat("--output", "json", "-", input: gzip(content))) == plain)
        }

        @Test func `the documents are those of the lines, in their order`() throws {
            let lines = content.split(separator: UInt8(ascii: "\n")).map { LineKey(in: $0) }
            let output = try cat("--output", "json", path)
            #expect(output.split(separator: UInt8(ascii: "\n")).map { LineKey(in: $0) } == lines)
        }

        @Test func `bulk output is what a server takes`() throws {
            var endpoint = BulkEndpoint()
            let answer = try #require(endpoint.answer(bulkBody: try cat("--output", "bulk", path)))
            #expect(answer.status == 200)
            #expect(endpoint.store.count == 300)
            #expect(Set(endpoint.requests[0].items.map(\.operation)) == ["create"])
            #expect(endpoint.requests[0].items.allSatisfy { DocumentIdentity($0.id!) != nil })
        }

        @Test func `a reader that has enough ends it without a word`() throws {
            let many = (0..<200).flatMap { _ in content }
            let process = try ChildProcess(
                [AgentProcess.binary, "cat", "--output", "json", "-"], input: many,
                outputLimit: 1000)
            defer { process.end() }
            let ending = process.wait(atMost: patience)
            #expect(
                [.killed(SIGPIPE), .exited(0)].contains(ending), "\(String(describing: ending))")
            #expect(process.bytes(.out).count >= 1000)
            #expect(process.text(.error).isEmpty)
        }

        @Test func `--follow goes on across rotation`() throws {
            let ledger = Ledger()
            let writer = try LogWriter(
                scratch.directory("follow"), stream: "f", ledger: ledger)
            try writer.write(1)
            let process = try ChildProcess([
                AgentProcess.binary, "cat", "--follow", "--output", "json", writer.path,
            ])
            defer { process.end() }
            for number in 1...3 {
                let last = String(format: "/s/f/%09d", ledger.count - 1)
                #expect(process.wait(for: last, on: .out, atMost: patience))
                try writer.write(number)
                try writer.rotate()
                try writer.write(1)
            }
            let last = String(format: "/s/f/%09d", ledger.count - 1)
            #expect(process.wait(for: last, on: .out, atMost: patience))
            let lines = process.bytes(.out).split(separator: UInt8(ascii: "\n"))
            #expect(Set(lines.compactMap { LineKey(in: $0) }) == ledger.owed)
            #expect(lines.count == ledger.count)
        }

        @Test func `a file that is not there is an error, and the others are shown`() throws {
            let process = try ChildProcess(
                [AgentProcess.binary, "cat", "--output", "json", "\(scratch.path)/none", path],
                input: [])
            defer { process.end() }
            #expect(process.wait(atMost: patience) == .exited(1))
            #expect(process.text(.error).contains("\(scratch.path)/none"))
            #expect(try documents(process.bytes(.out)).count == 300)
        }
    }
}
