// What check --connect finds out, and what it says is to be done.
import Agent
import Elastic
import Foundation
import Testing

@Suite("Checking the connection")
struct ConnectionCheckTests {
    private let desk = SetupDesk()
    private let stream = "logs-tomcat.access-default"

    @Test("all is well where setup was run; nothing is changed")
    func good() throws {
        #expect(desk.install() == .done)
        desk.cluster.changes = []
        #expect(desk.check() == .done)
        #expect(
            desk.output == """
                HOST           CHECK       RESULT  DETAIL
                http://a:9200  connection  ok      answers
                http://a:9200  product     ok      Elasticsearch 9.1.0
                http://a:9200  sign-in     ok      API key k of u
                http://a:9200  target      ok      \(stream): not there yet; the first document \
                makes it, by the template logs-tomcat.access
                http://a:9200  privileges  ok      \(stream): create_doc and auto_configure

                """)
        #expect(desk.cluster.changes == [] && desk.cluster.bulks == [])
        #expect(desk.check(json: true) == .done)
        let lines = try desk.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(
            lines.map { $0["check"] as? String }
                == ["connection", "product", "sign-in", "target", "privileges"])
        #expect(lines[3]["subject"] as? String == stream)
        #expect(lines.allSatisfy { $0["result"] as? String == "ok" })
    }

    @Test("of several hosts each is asked")
    func hosts() {
        desk.settings.hosts = ["http://a:9200", "http://b:9200"]
        desk.cluster.streams = [stream]
        desk.cluster.deadHosts = [1]
        #expect(desk.check() == .failed)
        #expect(desk.output.contains("http://a:9200  privileges  ok"))
        #expect(
            desk.output.contains(
                "http://b:9200  connection  failed  nobody listens there: refused"))
        #expect(desk.output.contains("To mend it: see output.elasticsearch.hosts"))
    }

    @Test(
        "a privilege that is missing is named, with what grants it",
        arguments: [
            ["create_doc"], ["auto_configure"], ["create_doc", "auto_configure"],
        ])
    func privileges(missing: [String]) {
        desk.cluster.streams = [stream]
        desk.cluster.privileges.subtract(missing)
        #expect(desk.check() == .failed)
        #expect(
            desk.row("privileges").hasSuffix(
                "failed  \(stream): \(missing.joined(separator: " and ")) missing"))
        #expect(
            desk.output.contains(
                #"PUT _security/role/tailproof {"indices":[{"names":["logs-tomcat.access-*"],"#
                    + #""privileges":["create_doc","auto_configure"]}]}"#))
    }

    @Test("a role that may nothing else: what it may not look at is unknown, and that is well")
    func leastPrivilege() {
        desk.cluster.forbidden = ["/_resolve", "/_index_template", "/_ingest", "/_nodes"]
        desk.settings.pipeline = .named("p")
        #expect(desk.check() == .done)
        #expect(desk.row("target").contains("unknown  \(stream): these credentials may not look"))
        #expect(desk.row("pipeline").contains("unknown  p: these credentials may not look"))
        #expect(desk.row("privileges").contains("ok "))
    }

    @Test("without a template no data stream can come to be; an index in its place is no better")
    func target() {
        #expect(desk.check() == .failed)
        #expect(desk.row("target").contains("no template would make a data stream of it"))
        #expect(desk.output.contains("To mend it: 'tailproof setup' installs the index template"))
        desk.cluster.things["/_index_template/wide"] = [
            "index_patterns": ["x", "logs-*acc*"], "priority": 9,
        ]
        #expect(desk.check() == .failed)
        #expect(desk.row("target").contains("the template wide would make an index of it"))
        desk.cluster.things["/_index_template/better"] = [
            "index_patterns": ["logs-*-*"], "priority": 10, "data_stream": [String: Any](),
        ]
        #expect(desk.check() == .done)
        #expect(desk.row("target").contains("by the template better"))
        desk.cluster.indices = [stream]
        #expect(desk.check() == .failed)
        #expect(desk.row("target").contains("an index or alias has this name"))
        desk.cluster.streams = [stream]
        desk.cluster.indices = []
        #expect(desk.check() == .done)
        #expect(desk.row("target").contains("a data stream that exists"))
    }

    @Test("an index is asked for by its name of today, privileges by its pattern")
    func index() {
        desk.settings.target = .index("access-%{yyyy.MM.dd}")
        #expect(desk.check() == .done)
        #expect(desk.row("target").contains("access-2023.11.14: not there yet; the first document"))
        #expect(desk.row("privileges").contains("access-*: create_doc and auto_configure"))
        desk.cluster.indices = ["access-2023.11.14"]
        #expect(desk.check() == .done)
        #expect(desk.row("target").contains("an index that exists"))
    }

    @Test("a pipeline that is named must exist; _none is none")
    func pipeline() {
        desk.cluster.streams = [stream]
        desk.settings.pipeline = .named("geo")
        #expect(desk.check() == .failed)
        #expect(desk.row("pipeline").contains("failed  geo: does not exist"))
        desk.cluster.things["/_ingest/pipeline/geo"] = ["processors": [String]()]
        #expect(desk.check() == .done)
        desk.settings.pipeline = .named("_none")
        #expect(desk.check() == .done)
        #expect(!desk.output.contains("pipeline"))
    }

    @Test("wrong credentials end the questions")
    func stranger() {
        desk.cluster.knowsUs = false
        #expect(desk.check() == .failed)
        #expect(desk.row("sign-in").contains("failed  HTTP 401"))
        #expect(desk.output.contains("To mend it: see output.elasticsearch.auth"))
        #expect(!desk.output.contains("privileges"))
    }

    @Test("no sign-in is no fault; HTML is")
    func others() {
        desk.cluster.hasSignIn = false
        desk.cluster.streams = [stream]
        #expect(desk.check() == .done)
        #expect(desk.row("sign-in").hasSuffix("ok      this server asks for none"))
        desk.cluster.page = (502, "<html>\u{1b}[2J</html>")
        #expect(desk.check() == .failed)
        #expect(
            desk.row("product").hasSuffix("failed  HTTP 502 without JSON: not an Elasticsearch"))
    }

    @Test("OpenSearch is tried with a line that cannot be stored, once the target is there")
    func openSearch() {
        let desk = SetupDesk(.openSearch)
        #expect(desk.install() == .done)
        #expect(desk.check() == .done)
        #expect(desk.row("privileges").contains("unknown  \(stream): not tried"))
        #expect(desk.cluster.bulks == [])
        desk.cluster.streams = [stream]
        #expect(desk.check() == .done)
        #expect(
            desk.row("privileges").contains("ok       \(stream): documents may be created")
                || desk.row("privileges").contains("ok      \(stream): documents may be created"))
        #expect(desk.cluster.bulks == ["{\"create\":{\"_index\":\"\(stream)\"}}\nnot a document\n"])
        desk.cluster.itemStatus = 403
        #expect(desk.check() == .failed)
        #expect(desk.row("privileges").contains("failed  \(stream): documents may not be created"))
    }

    @Test(
        "transport failures are told apart",
        arguments: [
            (BulkFailure.Kind.dns, "the name is not known: x", "hosts"),
            (.tls, "TLS: x", "output.elasticsearch.tls"),
            (.timeout, "no answer in time: x", ""),
        ])
    func failures(kind: BulkFailure.Kind, words: String, remedy: String) {
        desk.cluster.failure = BulkFailure(kind: kind, description: "x", uploaded: 0)
        #expect(desk.check() == .failed)
        #expect(desk.row("connection").hasSuffix("failed  " + words))
        #expect(desk.output.contains(remedy) || remedy.isEmpty)
    }
}
