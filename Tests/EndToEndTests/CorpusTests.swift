// Ten thousand real lines, compared field by field with what a real server gives back.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    @Test(
        .enabled(if: RealServer.corpus != nil, "no shared/data above the package"),
        arguments: RealServer.engines)
    func `ten thousand real lines come back field by field`(_ engine: RealServer.Engine) throws {
        let corpus = try #require(RealServer.corpus)
        let bytes = Array(try Data(contentsOf: URL(filePath: corpus)))
        let real = try Real(engine)
        real.stage.settings.format = "combined"
        let path = "\(real.stage.logs)/access.log"
        try Data(bytes).write(to: URL(filePath: path))
        let lines = ExpectedDocument.lines(of: bytes)
        let agent = try real.stage.start()
        #expect(try real.server.waitForCount(lines.count, in: real.target))
        #expect(agent.terminate() == .exited(0))

        let documents = try real.server.documents(real.target)
        #expect(documents.count == lines.count)
        var byOffset: [Int: [String: Any]] = [:]
        for document in documents {
            let offset = try #require(value(document.source, "log.offset") as? Int)
            #expect(DocumentIdentity(document.id)?.offset == offset)
            byOffset[offset] = document.source
        }
        var differences: [String] = []
        var malformed = 0
        var previous = ""
        for line in lines {
            let document = byOffset[line.offset] ?? [:]
            var expected = ExpectedDocument(line.text)
            if expected.isMalformed {
                malformed += 1
                expected.fields["@timestamp"] = previous
            }
            previous = expected.fields["@timestamp"] as? String ?? ""
            expected.fields["log.file.path"] = path
            expected.fields["data_stream.dataset"] = real.stage.settings.dataset
            for name in ExpectedDocument.names {
                let found = describe(value(document, name), name)
                let wanted = describe(expected.fields[name], name)
                if found != wanted {
                    differences.append("\(line.offset) \(name): \(found), not \(wanted)")
                }
            }
        }
        #expect(malformed == 1)
        #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(5))")
    }

    /// The value of a dotted name.
    func value(_ document: [String: Any], _ name: String) -> Any? {
        var value: Any? = document
        for part in name.split(separator: ".") {
            value = (value as? [String: Any])?[String(part)]
        }
        return value
    }

    /// A value as text; times without a fraction that is zero, absence as a dash.
    func describe(_ value: Any?, _ name: String) -> String {
        guard let value else { return "–" }
        let text = "\(value)"
        return name == "@timestamp" ? text.replacing(#/\.0+Z$/#, with: "Z") : text
    }
}

/// What a document must say of a combined line, by a parser that knows nothing of the agent's.
struct ExpectedDocument {
    /// Dotted names and values; what is not here must not be in the document.
    var fields: [String: Any] = [:]
    var isMalformed: Bool { fields["event.kind"] as? String == "pipeline_error" }

    /// The names that are compared.
    static let names = [
        "@timestamp", "event.kind", "event.outcome", "source.address", "source.ip", "user.name",
        "http.version", "http.request.method", "http.request.referrer", "http.response.status_code",
        "http.response.body.bytes", "url.original", "url.path", "url.query", "user_agent.original",
        "log.file.path", "data_stream.dataset", "message",
    ]

    /// The lines of a file with the places of their first bytes.
    static func lines(of bytes: [UInt8]) -> [(offset: Int, text: String)] {
        var offset = 0
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast().map { line in
                defer { offset += line.count + 1 }
                return (offset, String(decoding: line, as: UTF8.self))
            }
    }

    nonisolated(unsafe) private static let combined =
        #/
        (\S+)\ \S+\ (\S+)
        \ \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d)\ \+0000\]
        \ "((?:[^"\\]|\\.)*)"
        \ (\d{3})\ (\d+|-)
        \ "((?:[^"\\]|\\.)*)"\ "((?:[^"\\]|\\.)*)"
        /#
    nonisolated(unsafe) private static let request = #/(\S+) (.+) HTTP\/(\S+)/#
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    init(_ line: String) {
        guard let match = line.wholeMatch(of: ExpectedDocument.combined) else {
            fields = ["event.kind": "pipeline_error", "message": line]
            return
        }
        let (_, address, user, day, month, year, time, request, status, bytes, referrer, agent) =
            match.output
        let number = (ExpectedDocument.months.firstIndex(of: String(month)) ?? 0) + 1
        fields["@timestamp"] = "\(year)-\(number < 10 ? "0" : "")\(number)-\(day)T\(time)Z"
        fields["event.kind"] = "event"
        fields["event.outcome"] = Int(status)! < 400 ? "success" : "failure"
        set("source.address", address)
        var numeric = in_addr()
        if inet_pton(AF_INET, String(address), &numeric) == 1 { set("source.ip", address) }
        set("user.name", user)
        fields["http.response.status_code"] = Int(status)
        if bytes != "-" { fields["http.response.body.bytes"] = Int(bytes) }
        set("http.request.referrer", referrer)
        set("user_agent.original", agent)
        guard let parts = request.wholeMatch(of: ExpectedDocument.request) else {
            set("url.original", request)
            return
        }
        set("http.request.method", parts.output.1)
        set("http.version", parts.output.3)
        set("url.original", parts.output.2)
        guard parts.output.2.hasPrefix("/") else { return }
        let halves = parts.output.2.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        set("url.path", halves[0])
        if halves.count > 1 { set("url.query", halves[1]) }
    }

    /// A dash is absence.
    private mutating func set(_ name: String, _ value: Substring) {
        if value != "-", !value.isEmpty { fields[name] = String(value) }
    }
}
