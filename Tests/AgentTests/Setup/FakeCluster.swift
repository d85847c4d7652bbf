// A server that knows the requests of setup and of check --connect, with or without this and that.
import Agent
import Bytes
import Elastic
import Foundation
import Platform
import Testing

/// Used by one thread.
final class FakeCluster {
    enum Product { case elasticsearch, openSearch }

    let product: Product
    /// Paths (or their beginnings) that are not known here.
    var unknown: [String] = []
    /// Paths (or their beginnings) that these credentials may not use.
    var forbidden: [String] = []
    var knowsUs = true
    var hasSignIn = true
    var processors = ["user_agent", "geoip", "set"]
    /// What was put, by its path without the query.
    var things: [String: [String: Any]] = [:]
    var streams: [String] = []
    var indices: [String] = []
    var privileges: Set<String> = ["create_doc", "auto_configure"]
    /// Every request that may change something: method, path with query.
    var changes: [String] = []
    var failure: BulkFailure?
    /// Hosts where nobody listens.
    var deadHosts: Set<Int> = []
    var page: (status: Int, text: String)?
    /// What the item of a bulk request that was tried is told.
    var itemStatus = 400
    /// Bodies of `_bulk`.
    var bulks: [String] = []

    init(_ product: Product = .elasticsearch) { self.product = product }

    func answer(_ request: APIRequest, _ body: [UInt8]) -> (BulkOutcome, String) {
        if let failure { return (.failed(failure), "") }
        if deadHosts.contains(request.host) {
            return (.failed(BulkFailure(kind: .connect, description: "refused", uploaded: 0)), "")
        }
        let (status, text) = reply(request, body)
        return (.reply(status: status, retryAfter: nil), text)
    }

    private func reply(_ request: APIRequest, _ body: [UInt8]) -> (Int, String) {
        if let page { return page }
        if !knowsUs { return (401, error("security_exception", "unable to authenticate", 401)) }
        let parts = request.path.split(separator: "?", maxSplits: 1)
        let path = String(parts[0])
        if path == "/_bulk" {
            bulks.append(String(decoding: body, as: UTF8.self))
            return (200, #"{"errors":true,"items":[{"create":{"status":\#(itemStatus)}}]}"#)
        }
        let security = path.hasPrefix("/_security") || path.hasPrefix("/_plugins/_security")
        let foreign =
            path.hasPrefix(product == .elasticsearch ? "/_plugins" : "/_ilm")
            || (product == .openSearch && path.hasPrefix("/_security"))
        if foreign || (security && !hasSignIn) || unknown.contains(where: path.hasPrefix) {
            return (
                400,
                #"{"error":"no handler found for uri [\#(path)] and method [\#(request.method)]"}"#
            )
        }
        if forbidden.contains(where: path.hasPrefix) {
            return (403, error("security_exception", "action is unauthorized for user [u]", 403))
        }
        let object = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        switch request.method {
        case .get: return get(path)
        case .put:
            changes.append("PUT \(request.path)")
            things[path] = object
            return (200, #"{"acknowledged":true}"#)
        case .post where path == "/_security/api_key":
            changes.append("POST \(path)")
            things[path] = object
            return (200, #"{"id":"i1","name":"n","api_key":"k1","encoded":"aTE6azE="}"#)
        case .post:
            let names = (object["index"] as? [[String: Any]])?.first?["names"] as? [String]
            let granted = ["create_doc", "auto_configure"].map {
                #""\#($0)":\#(privileges.contains($0))"#
            }
            let name = names?.first ?? ""
            return (200, #"{"index":{"\#(name)":{\#(granted.joined(separator: ","))}}}"#)
        }
    }

    private func get(_ path: String) -> (Int, String) {
        switch path {
        case "/":
            let distribution = product == .openSearch ? #""distribution":"opensearch","# : ""
            return (200, #"{"version":{\#(distribution)"number":"9.1.0"},"tagline":"x"}"#)
        case "/_component_template":
            let names =
                product == .elasticsearch ? ["logs@mappings", "logs@settings", "ecs@mappings"] : []
            let entries = names.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
            return (200, #"{"component_templates":[\#(entries)]}"#)
        case "/_nodes/_local/ingest":
            let entries = processors.map { #"{"type":"\#($0)"}"# }.joined(separator: ",")
            return (200, #"{"nodes":{"a":{"ingest":{"processors":[\#(entries)]}}}}"#)
        case "/_security/_authenticate":
            return (200, #"{"username":"u","api_key":{"id":"i","name":"k"}}"#)
        case "/_plugins/_security/authinfo": return (200, #"{"user_name":"u"}"#)
        case "/_index_template":
            let entries = things.filter { $0.key.hasPrefix("/_index_template/") }.map {
                ["name": String($0.key.dropFirst(17)), "index_template": $0.value]
            }
            return (200, text(["index_templates": entries]))
        case _ where path.hasPrefix("/_resolve/index/"):
            let name = String(path.dropFirst(16))
            return (
                200,
                text([
                    "data_streams": streams.filter { $0 == name }.map { ["name": $0] },
                    "indices": indices.filter { $0 == name }.map { ["name": $0] },
                    "aliases": [],
                ])
            )
        default: return thing(path)
        }
    }

    /// What was put there, as the products show it, with what they add.
    private func thing(_ path: String) -> (Int, String) {
        guard var found = things[path] else { return (404, "{}") }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if path.hasPrefix("/_index_template/") {
            if found["data_stream"] != nil { found["data_stream"] = ["hidden": false] }
            return (200, text(["index_templates": [["name": name, "index_template": found]]]))
        }
        if path.hasPrefix("/_plugins/_ism") {
            var policy = found["policy"] as? [String: Any] ?? [:]
            policy["last_updated_time"] = 17
            policy["error_notification"] = NSNull()
            return (200, text(["policy": policy, "_seq_no": 5, "_primary_term": 2]))
        }
        if path.hasPrefix("/_ilm") { found["version"] = 1 }
        if path.hasPrefix("/_security/role/") {
            found["transient_metadata"] = ["enabled": true]
            found["run_as"] = [String]()
        }
        return (200, text([name: found]))
    }

    private func text(_ object: [String: Any]) -> String {
        String(
            decoding: (try? JSONSerialization.data(withJSONObject: object)) ?? Data(), as: UTF8.self
        )
    }

    private func error(_ type: String, _ reason: String, _ status: Int) -> String {
        #"{"error":{"type":"\#(type)","reason":"\#(reason)"},"status":\#(status)}"#
    }
}

/// A command beside a fake cluster. Used by one thread.
final class SetupDesk {
    let cluster: FakeCluster
    var configuration = Configuration()
    var settings = Configuration.Elasticsearch()
    var choices = SetupChoices()
    private(set) var output = ""
    private(set) var errors = ""

    init(_ product: FakeCluster.Product = .elasticsearch) {
        cluster = FakeCluster(product)
        settings.hosts = ["http://a:9200"]
    }

    private var surroundings: CommandSurroundings {
        output = ""
        errors = ""
        var surroundings = CommandSurroundings(
            output: { self.output += String(decoding: $0.array, as: UTF8.self) },
            errors: { self.errors += $0 },
            post: { _, _, _ in fatalError("nothing is posted") })
        surroundings.ask = { request, body, reply in
            let (outcome, text) = self.cluster.answer(request, body.array)
            reply.clear()
            reply.append(text: text)
            return outcome
        }
        surroundings.wall = { WallTime(nanoseconds: 1_700_000_000_000_000_000) }
        return surroundings
    }

    func install(force: Bool = false, json: Bool = false, key: Setup.KeyPlace? = nil) -> ExitCode {
        cluster.changes = []
        configuration.output = .elasticsearch(settings)
        var setup = Setup(
            settings, configuration, surroundings, choices: choices, force: force, json: json,
            key: key)
        return setup.install()
    }

    func printed(openSearch: Bool = false, key: Bool = false, json: Bool = true) -> String {
        configuration.output = .elasticsearch(settings)
        var setup = Setup(settings, configuration, surroundings, choices: choices)
        #expect(
            setup.printRequests(isOpenSearch: openSearch, withKey: key, json: json) == .done)
        return output
    }

    func check(json: Bool = false) -> ExitCode {
        configuration.output = .elasticsearch(settings)
        var check = ConnectionCheck(settings, configuration, surroundings, json: json)
        return check.run()
    }

    /// Rows of the table, as single words and the rest.
    func row(_ check: String) -> String {
        output.split(separator: "\n").map(String.init).first {
            $0.contains("  \(check)  ")
        } ?? ""
    }
}
