// Real Elasticsearch and OpenSearch: started on this machine, or named in the environment.
import Foundation
import Glibc
import ScriptedServer
import Testing

/// A real server and what tests do with it. One a kind and test run, stopped when the last test is
/// over.
final class RealServer: @unchecked Sendable {
    enum Engine: String, Sendable, CaseIterable {
        case opensearch, elasticsearch
        /// The one that `TAILPROOF_TEST_ELASTICSEARCH` names.
        case given
    }

    let url: String
    private let host: String
    private let port: UInt16
    /// The script's name of the server; nil where it is not ours.
    private let name: String?

    private init(url: String, name: String?) throws {
        let parts = try #require(URLComponents(string: url), "\(url) is no URL")
        self.url = url
        host = parts.host ?? "localhost"
        port = UInt16(parts.port ?? 9200)
        self.name = name
    }

    // MARK: - Starting

    /// The folder of shared test material: `TAILPROOF_SHARED`, else `shared` in a directory above
    /// this package.
    static let shared: String? = {
        if let given = ProcessInfo.processInfo.environment["TAILPROOF_SHARED"] { return given }
        var directory = URL(filePath: #filePath)
        while directory.path() != "/" {
            directory = directory.deletingLastPathComponent()
            let found = directory.appending(path: "shared").path(percentEncoded: false)
            if FileManager.default.fileExists(atPath: "\(found)/elasticsearch/server") {
                return found
            }
        }
        return nil
    }()

    /// The script that starts servers.
    static let script = shared.map { "\($0)/elasticsearch/server" }.flatMap {
        FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
    private static let givenURL =
        ProcessInfo.processInfo.environment["TAILPROOF_TEST_ELASTICSEARCH"]

    /// What tests can run against here.
    static let engines: [Engine] =
        givenURL != nil ? [.given] : script != nil ? [.opensearch, .elasticsearch] : []
    /// What can be killed and paused as well.
    static let ownEngines = engines.filter { $0 != .given }

    /// Ten thousand lines of a real access log, where they are.
    static let corpus = shared.map { "\($0)/data/access-combined-10k.log" }.flatMap {
        FileManager.default.isReadableFile(atPath: $0) ? $0 : nil
    }

    /// Whether a server with TLS and sign-in can be started here.
    static let hasSecureOnes = script != nil
    static let secureAbsence: Comment = "no shared/elasticsearch/server above the package"

    /// Why tests that want a real server are skipped where none is.
    static let absence: Comment =
        "no shared/elasticsearch/server above the package and no TAILPROOF_TEST_ELASTICSEARCH"

    private static let gate = NSLock()
    nonisolated(unsafe) private static var running: [String: RealServer] = [:]
    nonisolated(unsafe) private static var others: Set<String> = []

    /// The server of that engine with these settings, started the first time it is asked for.
    static func shared(_ engine: Engine, settings: [String] = []) throws -> RealServer {
        gate.lock()
        defer { gate.unlock() }
        if engine == .given { return try RealServer(url: givenURL ?? "", name: nil) }
        let name = "e2e-\(getpid())-\(engine.rawValue)" + (settings.isEmpty ? "" : "-set")
        if let server = running[name] { return server }
        if running.isEmpty { try removeOrphans() }
        let options = settings.flatMap { ["--set", $0] }
        let output = try command(["start", name, "--engine", engine.rawValue, "--fresh"] + options)
        let url = output.split(separator: "\n").first { $0.hasPrefix("URL=") }?.dropFirst(4)
        let server = try RealServer(url: String(url ?? ""), name: name)
        running[name] = server
        return server
    }

    /// Starts a server of the test's own, once; what the script says of it.
    static func own(_ purpose: String, _ options: [String]) throws -> String {
        gate.lock()
        defer { gate.unlock() }
        let name = "e2e-\(getpid())-\(purpose)"
        if others.contains(name) { return try command(["env", name]) }
        if running.isEmpty, others.isEmpty { try removeOrphans() }
        let output = try command(["start", name, "--fresh"] + options)
        others.insert(name)
        return output
    }

    /// Ends every server that was started.
    static func stopAll() throws {
        gate.lock()
        defer { gate.unlock() }
        for name in Array(running.keys) + others { try command(["remove", name]) }
        running = [:]
        others = []
    }

    /// Ends servers of test runs that did not live to do so.
    private static func removeOrphans() throws {
        for line in try command(["list"]).split(separator: "\n") {
            let name = line.prefix { $0 != " " }
            let parts = name.split(separator: "-")
            guard parts.count > 2, parts[0] == "e2e", let pid = pid_t(parts[1]),
                Glibc.kill(pid, 0) != 0
            else { continue }
            try command(["remove", String(name)])
        }
    }

    @discardableResult private static func command(_ arguments: [String]) throws -> String {
        let script = try #require(self.script)
        let output = try ChildProcess.output(of: ["/bin/bash", script] + arguments)
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: - Directing

    func kill() throws { try command("kill") }
    func start() throws { try command("start") }
    func pause() throws { try command("pause") }
    func resume() throws { try command("resume") }

    private func command(_ verb: String) throws {
        try RealServer.command([verb, try #require(name, "not a server of ours")])
    }

    // MARK: - Asking

    /// A request with a JSON body; throws where the reply is not a success.
    @discardableResult
    func ask(_ method: String, _ target: String, _ body: String = "") throws -> [String: Any] {
        let reply = try RawClient(host: host, port: port).send(
            method, target, headers: [("content-type", "application/json")],
            body: Array(body.utf8))
        guard reply.status < 300 else {
            throw RealServerRefusal(
                request: "\(method) \(target)", status: reply.status, text: reply.text)
        }
        return reply.json
    }

    /// Makes names with this prefix data streams, whose new indices have these fields.
    func makeDataStreams(_ prefix: String, properties: String = "{}") throws {
        try ask(
            "PUT", "/_index_template/\(prefix)",
            #"{"index_patterns":["\#(prefix)*"],"priority":500,"data_stream":{},"#
                + #""template":{"settings":{"number_of_replicas":0,"number_of_shards":1},"#
                + #""mappings":{"properties":\#(properties)}}}"#
        )
    }

    /// How many documents are in the indices of that pattern, as they are now; 0 where there is
    /// none.
    func count(_ pattern: String) throws -> Int {
        try refresh(pattern)
        let reply = try ask(
            "GET", "/\(pattern)/_count?ignore_unavailable=true&allow_no_indices=true")
        return reply["count"] as? Int ?? 0
    }

    /// Waits until there are so many documents; false where there are not in time. A server that
    /// has just begun, or just made an index, may not be able to count.
    func waitForCount(_ wanted: Int, in pattern: String) throws -> Bool {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            do {
                if try count(pattern) >= wanted { return true }
            } catch let refusal as RealServerRefusal where refusal.status == 503 {}
            Thread.sleep(forTimeInterval: 0.1)
        }
        return false
    }

    /// Every document in the indices of that pattern: its index, its id, its source.
    func documents(_ pattern: String) throws -> [(index: String, id: String, source: [String: Any])]
    {
        try refresh(pattern)
        var found: [(index: String, id: String, source: [String: Any])] = []
        var page = try ask(
            "POST", "/\(pattern)/_search?scroll=1m", #"{"size":5000,"sort":["_doc"]}"#)
        while let hits = (page["hits"] as? [String: Any])?["hits"] as? [[String: Any]],
            !hits.isEmpty
        {
            for hit in hits {
                found.append(
                    (
                        hit["_index"] as? String ?? "", hit["_id"] as? String ?? "",
                        hit["_source"] as? [String: Any] ?? [:]
                    ))
            }
            let scroll = page["_scroll_id"] as? String ?? ""
            page = try ask(
                "POST", "/_search/scroll", #"{"scroll":"1m","scroll_id":"\#(scroll)"}"#)
        }
        return found
    }

    /// Makes all that was stored visible.
    private func refresh(_ pattern: String) throws {
        try ask("POST", "/\(pattern)/_refresh?ignore_unavailable=true&allow_no_indices=true")
    }

    /// What a judge wants to know of the documents.
    func findings(_ pattern: String) throws -> [Finding] {
        try documents(pattern).map { document in
            let url = document.source["url"] as? [String: Any]
            let target = url?["original"] as? String ?? ""
            return Finding(index: document.index, id: document.id, line: LineKey(in: target.utf8))
        }
    }
}

/// A reply that is not a success.
struct RealServerRefusal: Error, CustomStringConvertible {
    var request: String
    var status: Int
    var text: String
    var description: String { "\(request): \(status) \(text)" }
}

/// Stops the servers once the suite is over.
struct StopsRealServers: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let result: Result<Void, any Error>
        do { result = .success(try await function()) } catch { result = .failure(error) }
        try RealServer.stopAll()
        try result.get()
    }
}
