// Lines of every length and end, and files that hardly have lines.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    /// The documents are held against what a naive reader makes of the file. Tests are named by
    /// their number in the catalogue of what must hold of a log shipper.
    @Suite("Shapes of content") struct ContentShapeTests {
        /// As in the settings of the tests.
        private static let maxLine = 64 << 10

        /// What a document must say.
        private struct Expected {
            var offset: Int
            var message: [UInt8]
            /// Of the whole line, where only its head is in the message.
            var whole: Int?
        }

        /// The lines of a file that are no access log: each with its offset, without its carriage
        /// return, the first without a byte order mark, and empty ones left out.
        private func expected(of content: [UInt8]) -> [Expected] {
            var result: [Expected] = []
            var start = 0
            while let end = content[start...].firstIndex(of: 10) {
                defer { start = end + 1 }
                if end - start > Self.maxLine {
                    result.append(
                        Expected(
                            offset: start, message: Array(content[start..<start + Self.maxLine]),
                            whole: end - start))
                    continue
                }
                var line = content[start..<end]
                if line.last == 13 { line.removeLast() }
                if start == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
                if !line.isEmpty { result.append(Expected(offset: start, message: Array(line))) }
            }
            return result
        }

        /// Lets an agent read the file; how much memory it had at most, in KiB.
        @discardableResult
        private func expectExact(
            _ stage: Stage, _ lines: [Expected], filtered: Int = 0,
            _ place: SourceLocation = #_sourceLocation
        ) throws -> Int {
            let agent = try stage.start()
            #expect(agent.says("file.found"))
            #expect(
                stage.server.wait(atMost: patience) { $0.store.count >= lines.count },
                sourceLocation: place)
            let peak = agent.peakMemory
            #expect(agent.terminate() == .exited(0), sourceLocation: place)
            let documents = stage.server.documents
                .map { (log: $0.members["log"] as? [String: Any], document: $0) }
                .sorted { $0.log?["offset"] as? Int ?? 0 < $1.log?["offset"] as? Int ?? 0 }
            #expect(documents.count == lines.count, sourceLocation: place)
            for (line, (log, document)) in zip(lines, documents) {
                #expect(log?["offset"] as? Int == line.offset, sourceLocation: place)
                // What is not UTF-8 is replaced, as everywhere.
                let text = Array(String(decoding: line.message, as: UTF8.self).utf8)
                #expect(message(of: document) == text, "\(line.offset)", sourceLocation: place)
                let whole = (document.members["tailproof"] as? [String: Any])?["line"]
                #expect(
                    (whole as? [String: Any])?["bytes"] as? Int == line.whole,
                    sourceLocation: place)
            }
            let name = "\"filtered\":\(filtered),"
            #expect(agent.lastWords.contains(name), "\(agent.lastWords)", sourceLocation: place)
            return peak
        }

        /// The message, byte order mark and all: the tests' JSON reader drops one at its head.
        private func message(of document: StoredDocument) -> [UInt8] {
            let begin = Array("\"message\":\"\u{FEFF}".utf8)
            let mark = document.source.firstRange(of: begin) == nil ? "" : "\u{FEFF}"
            return Array((mark + document.text("message")).utf8)
        }

        /// Not UTF-8 everywhere, and no line of an access log.
        private func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
            var result = [UInt8](repeating: 0, count: count)
            for index in result.indices {
                let byte = UInt8.random(in: 1...255, using: &random)
                result[index] = byte == 10 || byte == 13 ? 0x78 : byte
            }
            return result
        }

        private func append(_ bytes: [UInt8], to path: String) throws {
            close(Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }

        // MARK: - D65

        @Test("D65: lines of every length that is hard, each followed by one that is not")
        func d65() throws {
            let stage = try Stage()
            var content: [UInt8] = []
            let lengths = [0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, 65_537, 65_538]
            for length in lengths + [1 << 20, (1 << 20) - 1, (1 << 20) + 1] + lengths.reversed() {
                content += [UInt8](repeating: UInt8(ascii: "x"), count: length) + [10]
                content += Array("next \(length)\n".utf8)
            }
            try append(content, to: "\(stage.logs)/access.log")
            try expectExact(stage, expected(of: content), filtered: 2)
        }

        @Test("D65: a line of 64 MiB costs its head, and no memory")
        func d65Huge() throws {
            let stage = try Stage()
            let path = "\(stage.logs)/access.log"
            let part = [UInt8](repeating: UInt8(ascii: "y"), count: 1 << 20)
            try append(Array("first\n".utf8), to: path)
            for _ in 0..<64 { try append(part, to: path) }
            try append(Array("\nlast\n".utf8), to: path)
            let length = 64 << 20
            let peak = try expectExact(
                stage,
                [
                    Expected(offset: 0, message: Array("first".utf8)),
                    Expected(offset: 6, message: Array(part.prefix(Self.maxLine)), whole: length),
                    Expected(offset: 6 + length + 1, message: Array("last".utf8)),
                ])
            #expect(peak > 0)
            #expect(peak < 40 << 10, "\(peak) KiB resident")
        }

        // MARK: - D66

        @Test(
            "D66: line ends and byte order marks are no part of a line, empty lines are counted",
            arguments: [
                "one\r\ntwo\r\n\r\nthree\r\n", "one\r\ntwo\nthree\r\n\nfour\n",
                "\u{FEFF}one\n\u{FEFF}two\n", "\u{FEFF}\none\n", "\u{FEFF}\r\none\n",
                "\n\n\n\r\n\n",
                "   \n \t \none\n", "\r\r\n\rone\rtwo\r\r\n", " leading and trailing \n",
            ])
        func d66(text: String) throws {
            let stage = try Stage()
            let content = Array(text.utf8)
            let lines = expected(of: content)
            try append(content, to: "\(stage.logs)/access.log")
            let all = content.count { $0 == 10 }
            try expectExact(stage, lines, filtered: all - lines.count)
        }

        @Test("D66: a carriage return and its newline in two reads are one end")
        func d66Straddling() throws {
            let stage = try Stage()
            let path = "\(stage.logs)/access.log"
            let agent = try stage.start()
            for part in ["one\r", "\ntwo\r", "\n\r", "\nthree", "\r\n\u{FEFF}", "\r\n"] {
                try append(Array(part.utf8), to: path)
                // Read as far as it goes before the next part is written.
                let size = try Data(contentsOf: URL(filePath: path)).count
                #expect(
                    patiently {
                        (try? StateFiles(directory: stage.settings.state))?.records
                            .contains { $0.size == UInt64(size) } == true
                    })
            }
            #expect(agent.terminate() == .exited(0))
            let messages = stage.server.documents.map { message(of: $0) }
            #expect(messages == ["one", "two", "three", "\u{FEFF}"].map { Array($0.utf8) })
        }

        // MARK: - D68

        @Test("D68: random bytes with hardly a newline make few documents, exact, and no memory")
        func d68() throws {
            let stage = try Stage()
            let seed = freshSeed()
            var random = SeededRandom(seed: seed)
            let path = "\(stage.logs)/access.log"
            // The content of a file is in memory twice here; more of it comes as more files.
            var content: [UInt8] = []
            while content.count < 8 << 20 {
                content += bytes(Int.random(in: 1...2 << 20, using: &random), &random) + [10]
                content += bytes(Int.random(in: 1...300, using: &random), &random) + [10]
            }
            try append(content, to: path)
            let peak = try expectExact(stage, expected(of: content))
            #expect(peak > 0)
            #expect(peak < 40 << 10, "\(peak) KiB resident, seed \(seed)")
        }

        @Test("D68: the same in 20 MB, ten times that in torture: the memory is the same")
        func d68Large() throws {
            let stage = try Stage()
            var random = SeededRandom(seed: freshSeed())
            let path = "\(stage.logs)/access.log"
            let block = bytes(1 << 20, &random)
            var documents = 0
            for number in 0..<20 * torture {
                try append(block, to: path)
                if number % 4 == 3 {
                    try append(Array("\nline \(number)\n".utf8), to: path)
                    documents += 2
                }
            }
            let agent = try stage.start()
            #expect(stage.server.wait(atMost: patience) { $0.store.count >= documents })
            let peak = agent.peakMemory
            #expect(agent.terminate() == .exited(0))
            #expect(stage.server.documents.count == documents)
            let short = stage.server.documents.map { $0.text("message") }
                .filter { $0.hasPrefix("line ") }
            #expect(short.count == documents / 2)
            #expect(peak > 0)
            #expect(peak < 40 << 10, "\(peak) KiB resident")
        }
    }
}
