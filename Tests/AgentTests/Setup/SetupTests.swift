// What setup installs, on servers that have everything and on those that lack something.
import Agent
import Elastic
import Foundation
import Platform
import TestKit
import Testing

@Suite("Setup")
struct SetupTests {
    private let desk = SetupDesk()

    private func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test("on Elasticsearch: policy, template of its components, role; the second time unchanged")
    func elasticsearch() throws {
        #expect(desk.install() == .done)
        #expect(
            desk.output == """
                http://a:9200: Elasticsearch 9.1.0
                created    lifecycle policy tailproof
                created    index template logs-tomcat.access
                created    role tailproof

                """)
        #expect(
            desk.cluster.changes == [
                "PUT /_ilm/policy/tailproof",
                "PUT /_index_template/logs-tomcat.access?create=true",
                "PUT /_security/role/tailproof",
            ])
        let template = try #require(desk.cluster.things["/_index_template/logs-tomcat.access"])
        #expect(template["priority"] as? Int == 200)
        #expect(template["index_patterns"] as? [String] == ["logs-tomcat.access-*"])
        #expect(
            template["composed_of"] as? [String]
                == ["logs@mappings", "logs@settings", "ecs@mappings", "tailproof@custom"])
        #expect(desk.install() == .done)
        #expect(desk.cluster.changes == [])
        #expect(
            desk.output.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("unchanged") })
    }

    @Test("the role has create_doc and auto_configure on the target, and nothing else")
    func role() throws {
        #expect(desk.install() == .done)
        let role = try #require(desk.cluster.things["/_security/role/tailproof"])
        #expect(role.keys.sorted() == ["cluster", "indices"])
        #expect((role["cluster"] as? [Any])?.isEmpty == true)
        let indices = try #require(role["indices"] as? [[String: Any]])
        #expect(indices.count == 1)
        #expect(indices[0]["names"] as? [String] == ["logs-tomcat.access-*"])
        #expect(indices[0]["privileges"] as? [String] == ["create_doc", "auto_configure"])
    }

    @Test("on OpenSearch: ISM, mappings of its own, roles of the security plugin")
    func openSearch() throws {
        let desk = SetupDesk(.openSearch)
        desk.choices.keep = 7
        #expect(desk.install(key: .output) == .done)
        #expect(
            desk.cluster.changes.map { $0.split(separator: "?")[0] } == [
                "PUT /_plugins/_ism/policies/tailproof",
                "PUT /_index_template/logs-tomcat.access",
                "PUT /_plugins/_security/api/roles/tailproof",
            ])
        #expect(desk.errors.contains("lacking    API key tailproof: OpenSearch has no API keys"))
        let template = try #require(desk.cluster.things["/_index_template/logs-tomcat.access"])
        #expect(template["ignore_missing_component_templates"] == nil)
        let mappings = (template["template"] as? [String: Any])?["mappings"] as? [String: Any]
        #expect((mappings?["properties"] as? [String: Any])?["user_agent"] != nil)
        #expect(mappings?["dynamic_templates"] != nil)
        #expect(desk.install() == .done)
        #expect(desk.cluster.changes == [])
        desk.choices.keep = 8
        #expect(desk.install() == .failed)
        #expect(desk.install(force: true) == .done)
        #expect(
            desk.cluster.changes
                == ["PUT /_plugins/_ism/policies/tailproof?if_seq_no=5&if_primary_term=2"])
    }

    @Test("what a server lacks is named, the rest is installed")
    func lacking() throws {
        desk.cluster.unknown = ["/_ilm"]
        desk.cluster.hasSignIn = false
        desk.cluster.processors = ["set"]
        desk.choices.pipeline = true
        #expect(desk.install(key: .output) == .done)
        #expect(
            desk.errors == """
                http://a:9200: Elasticsearch 9.1.0
                lacking    lifecycle policy: no /_ilm/policy on this server
                lacking    processor user_agent: not on this server
                lacking    processor geoip: not on this server
                created    ingest pipeline tailproof
                created    index template logs-tomcat.access
                lacking    role tailproof: no sign-in on this server: no role is needed
                lacking    API key tailproof: no sign-in on this server: no key is needed

                """)
        let template = try #require(desk.cluster.things["/_index_template/logs-tomcat.access"])
        let settings = (template["template"] as? [String: Any])?["settings"] as? [String: Any]
        let index = try #require(settings?["index"] as? [String: Any])
        #expect(index.keys.sorted() == ["default_pipeline"])
    }

    @Test("a template that somebody changed is left as it is, with the difference, until --force")
    func changed() throws {
        #expect(desk.install() == .done)
        let path = "/_index_template/logs-tomcat.access"
        desk.cluster.things[path]?["priority"] = 300
        desk.cluster.things[path]?["version"] = 4
        #expect(desk.install() == .failed)
        #expect(desk.cluster.changes == [])
        #expect(
            desk.output.contains(
                """
                differs    index template logs-tomcat.access: left as it is; --force replaces it
                             priority: 300 there, 200 here
                             version: 4 there, not here
                unchanged  role tailproof

                """))
        #expect(desk.install(force: true, json: true) == .done)
        #expect(desk.cluster.changes == ["PUT \(path)"])
        let lines = try objects(desk.output)
        #expect(lines.map { $0["outcome"] as? String } == ["unchanged", "replaced", "unchanged"])
        #expect(desk.install() == .done)
    }

    @Test("a template of Elastic's own integration is kept, even with --force")
    func integration() {
        desk.configuration.inputs[0].dataset = "apache_tomcat.access"
        let path = "/_index_template/logs-apache_tomcat.access"
        desk.cluster.things[path] = ["_meta": ["managed_by": "fleet"], "index_patterns": ["x"]]
        #expect(desk.install(force: true) == .done)
        #expect(desk.output.contains("kept       index template logs-apache_tomcat.access"))
        #expect(!desk.cluster.changes.contains { $0.hasPrefix("PUT /_index_template") })
    }

    @Test("a template for each dataset, one policy, one role for all")
    func datasets() throws {
        var other = desk.configuration.inputs[0]
        other.dataset = "nginx"
        var third = other
        third.namespace = "shop"
        desk.configuration.inputs += [other, third]
        desk.settings.target = .dataStream("logs-%{dataset}-%{namespace}")
        #expect(desk.install() == .done)
        #expect(
            desk.cluster.things.keys.sorted() == [
                "/_ilm/policy/tailproof", "/_index_template/logs-nginx",
                "/_index_template/logs-tomcat.access", "/_security/role/tailproof",
            ])
        let role = desk.cluster.things["/_security/role/tailproof"]
        let indices = try #require(role?["indices"] as? [[String: Any]])
        #expect(indices[0]["names"] as? [String] == ["logs-tomcat.access-*", "logs-nginx-*"])
    }

    @Test("a dated index: a template of its pattern, without data stream and lifecycle")
    func index() throws {
        desk.settings.target = .index("access-%{yyyy.MM.dd}")
        #expect(desk.install() == .done)
        let template = try #require(desk.cluster.things["/_index_template/access"])
        #expect(template["index_patterns"] as? [String] == ["access-*"])
        #expect(template["data_stream"] == nil)
        #expect((template["template"] as? [String: Any])?["settings"] == nil)
        #expect(desk.cluster.things["/_ilm/policy/tailproof"] == nil)
    }

    @Test("every processor fails softly; a configured name is the pipeline's")
    func pipeline() throws {
        desk.choices.pipeline = true
        desk.settings.pipeline = .named("my access")
        #expect(desk.install() == .done)
        let pipeline = try #require(desk.cluster.things["/_ingest/pipeline/my%20access"])
        let processors = try #require(pipeline["processors"] as? [[String: [String: Any]]])
        #expect(processors.map { $0.keys.first } == ["user_agent", "geoip", "set"])
        for processor in processors {
            let settings = try #require(processor.values.first)
            #expect(settings["ignore_failure"] as? Bool == true)
            #expect(processor["set"] != nil || settings["ignore_missing"] as? Bool == true)
        }
        let template = desk.cluster.things["/_index_template/logs-tomcat.access"]
        let settings = (template?["template"] as? [String: Any])?["settings"] as? [String: Any]
        #expect((settings?["index"] as? [String: Any])?["default_pipeline"] == nil)
    }

    @Test("a key goes into a new file that only its owner reads, or alone to standard output")
    func key() throws {
        let directory = TemporaryDirectory()
        let path = directory.path.appending("key")
        #expect(desk.install(key: .file(path)) == .done)
        #expect(desk.output.contains("created    API key tailproof\n"))
        #expect(!desk.output.contains("aTE6azE=") && !desk.errors.contains("aTE6azE="))
        let attributes = try FileManager.default.attributesOfItem(atPath: path.description)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try readSmallFile(path, limit: 100) == Array("aTE6azE=\n".utf8))
        #expect(desk.install(key: .file(path)) == .done)
        #expect(desk.output.contains("unchanged  API key tailproof\n"))
        #expect(desk.cluster.changes == [])

        #expect(desk.install(key: .output) == .done)
        #expect(desk.output == "aTE6azE=\n")
        #expect(desk.errors.contains("created    API key tailproof\n"))

        desk.cluster.forbidden = ["/_security/api_key"]
        let other = directory.path.appending("other")
        #expect(desk.install(key: .file(other)) == .failed)
        #expect(desk.output.contains("failed     API key tailproof: HTTP 403"))
        #expect(!FileManager.default.fileExists(atPath: other.description))
    }

    @Test("where the first host does not answer, the next is made ready")
    func secondHost() {
        desk.settings.hosts.insert("http://dead:9200", at: 0)
        desk.cluster.deadHosts = [0]
        #expect(desk.install() == .done)
        #expect(desk.errors == "tailproof: http://dead:9200: nobody listens there: refused\n")
        #expect(desk.output.hasPrefix("http://a:9200: Elasticsearch 9.1.0\ncreated"))
    }

    @Test("who may not is told which privilege is missing; nothing else stands still")
    func forbidden() {
        desk.cluster.forbidden = ["/_security/role", "/_ilm"]
        #expect(desk.install() == .failed)
        #expect(desk.output.contains("needs the cluster privilege manage_ilm,"))
        #expect(desk.output.contains("needs the cluster privilege manage_security,"))
        #expect(desk.output.contains("created    index template logs-tomcat.access\n"))
    }

    @Test("what is no Elasticsearch, unreachable, or knows nobody is told apart")
    func strangers() {
        desk.cluster.page = (200, "<html><body>It works!</body></html>")
        #expect(desk.install() == .failed)
        #expect(
            desk.errors
                == "tailproof: http://a:9200: HTTP 200 without JSON: not an Elasticsearch\n")
        desk.cluster.page = (200, #"{"hello":1}"#)
        #expect(desk.install() == .failed)
        #expect(desk.errors.contains("JSON without a version: not an Elasticsearch"))
        desk.cluster.page = nil
        desk.cluster.knowsUs = false
        #expect(desk.install() == .failed)
        #expect(desk.errors.contains("HTTP 401: the credentials"))
        desk.cluster.failure = BulkFailure(kind: .connect, description: "refused", uploaded: 0)
        desk.settings.hosts.append("http://b:9200")
        #expect(desk.install() == .failed)
        #expect(
            desk.errors == """
                tailproof: http://a:9200: nobody listens there: refused
                tailproof: http://b:9200: nobody listens there: refused

                """)
        #expect(desk.cluster.things.isEmpty)
    }
}

@Suite("What setup prints")
struct SetupPrintTests {
    private let desk = SetupDesk()

    @Test("--print shows what would be sent, word for word, and asks nobody")
    func requests() throws {
        #expect(desk.install(key: .output) == .done)
        let sent = desk.cluster.things
        desk.cluster.failure = BulkFailure(kind: .connect, description: "asked", uploaded: 0)
        var shown: [String: [String: Any]] = [:]
        for line in desk.printed(key: true).split(separator: "\n") {
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let path = try #require(object["path"] as? String)
            shown[path] = object["body"] as? [String: Any]
        }
        #expect(NSDictionary(dictionary: shown) == NSDictionary(dictionary: sent))
    }

    @Test("a console takes it: the pipeline")
    func console() {
        desk.choices.pipeline = true
        let text = desk.printed(openSearch: true, json: false)
        #expect(
            text.contains(
                """
                PUT _ingest/pipeline/tailproof
                {
                  "description": "Made by tailproof setup: user agent, place, time of arrival",
                  "processors": [
                    {
                      "user_agent": {"field": "user_agent.original", "ignore_missing": true, \
                "ignore_failure": true}
                    },
                    {
                      "set": {"field": "event.ingested", "value": "{{{_ingest.timestamp}}}", \
                "ignore_failure": true}
                    }
                  ]
                }


                """))
    }

    @Test(
        "the requests of both products are those that are known to be right",
        arguments: [false, true])
    func golden(openSearch: Bool) throws {
        desk.choices.keep = 90
        desk.choices.pipeline = true
        let name = openSearch ? "setup-opensearch.txt" : "setup-elasticsearch.txt"
        let page = try repositoryFile("Tests/AgentTests/Setup/Golden/\(name)")
        #expect(desk.printed(openSearch: openSearch, key: true, json: false) == page)
    }
}
