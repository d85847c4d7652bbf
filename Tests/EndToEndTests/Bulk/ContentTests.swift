// Lines of any bytes, and lines that want to be more than lines.
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Content") struct ContentTests {
        /// Every byte but the newline, and what is hard to decode or to write as JSON.
        static let hard: [[UInt8]] =
            (0...255).filter { $0 != 10 }.map { [$0] }
            + [
                [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9], [0xE2, 0x80], [0xC0, 0xAF], [0x80, 0xBF],
                [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80], [0xF0, 0x9F, 0x98],
                [0xEF, 0xBB, 0xBF],
                [0xF4, 0x90, 0x80, 0x80], [0xFF, 0xFE], Array(#"\u0000"#.utf8),
                Array(#"\ud800"#.utf8),
                Array(#"\x16"#.utf8), Array(#"\""#.utf8), Array(#"\\"#.utf8), [0x5C, 0, 0x22],
            ]

        @Test("D63: any bytes in any field make JSON, and are themselves again")
        func d63() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            for bytes in Self.hard {
                try writer.writeLine { Array("no log: /s/\($0) a".utf8) + bytes + [0x7A] }
                try writer.writeLine { key in
                    let field = [0x61] + bytes + [0x7A]
                    let parts = [
                        "10.1.2.3 - ", #" [20/Sep/2018:00:00:00 +0000] "GET /s/\#(key)?"#,
                        #" HTTP/1.1" 200 5 ""#, #"" ""#,
                    ].map { Array($0.utf8) }
                    return Array(parts.joined(separator: field)) + field + [0x22]
                }
            }
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let documents = Dictionary(
                grouping: stage.server.documents, by: { $0.line?.sequence ?? -1 })
            for (number, bytes) in Self.hard.enumerated() {
                let field = String(decoding: [0x61] + bytes + [0x7A], as: UTF8.self)
                let unparsed = try #require(documents[2 * number]?.first)
                let text = unparsed.text("message")
                #expect(
                    text.utf8.elementsEqual("no log: /s/a/\(2 * number) \(field)".utf8), "\(bytes)")
                // These end a field.
                if [[0x20], [0x22], [0x5C, 0, 0x22]].contains(bytes) { continue }
                let parsed = try #require(documents[2 * number + 1]?.first)
                let url = parsed.text("url", "original")
                #expect(url.utf8.elementsEqual("/s/a/\(2 * number + 1)?\(field)".utf8), "\(bytes)")
                for path in [
                    ["user", "name"], ["http", "request", "referrer"], ["user_agent", "original"],
                ] {
                    #expect(parsed.text(path).utf8.elementsEqual(field.utf8), "\(bytes) \(path)")
                }
            }
        }

        @Test("D64: no line is more than a line of its own document")
        func d64() throws {
            let stage = try Stage()
            let writer = try stage.writer()
            let forged = #"{"delete":{"_index":"x","_id":"y"}}"#
            let ends = [
                ["\"}", ""], ["\"}\r"], ["\"}\r", "\r"], ["\"}\\n"], ["\"}\u{2028}"], ["\0"],
            ]
            for parts in ends {
                // What a newline would part is two lines.
                for part in parts {
                    try writer.writeLine { Array("GET /s/\($0) \(part)\(forged)".utf8) }
                    try writer.writeLine { Array("\(forged)\(part) /s/\($0)".utf8) }
                }
            }
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            let items = stage.server.requests.flatMap(\.items)
            #expect(items.count == stage.ledger.count)
            #expect(items.allSatisfy { $0.operation == "create" })
            #expect(Set(items.map(\.index)) == ["logs-tomcat.access-default"])
        }
    }
}
