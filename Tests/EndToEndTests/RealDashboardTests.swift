// Elastic's own dashboard for Tomcat's access logs: what its panels ask for is there.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.RealServerTests {
    /// A panel of the dashboard as a query: documents of the data set with a status in this range,
    /// by the values of a field.
    private struct Panel {
        var statuses: Range<Int>?
        var field: String
        var values: [String: Int]

        var query: String {
            var filters = [#"{"match_phrase":{"event.dataset":"apache_tomcat.access"}}"#]
            if let statuses {
                filters.append(
                    #"{"range":{"http.response.status_code":"#
                        + #"{"gte":\#(statuses.lowerBound),"lt":\#(statuses.upperBound)}}}"#)
            }
            return #"{"size":0,"query":{"bool":{"filter":[\#(filters.joined(separator: ","))]}},"#
                + #""aggs":{"panel":{"terms":{"field":"\#(field)"}}}}"#
        }
    }

    /// As the dashboard of the integration's versions up to 1.10 is. Its panels about response
    /// times, connections and operating systems need fields that a common or combined line, or a
    /// server without the processor for user agents, does not have.
    private static let panels = [
        Panel(statuses: 400..<500, field: "source.ip", values: ["10.0.0.1": 2, "10.0.0.2": 1]),
        Panel(statuses: 500..<600, field: "source.ip", values: ["10.0.0.3": 1]),
        Panel(
            statuses: 400..<599, field: "http.response.status_code",
            values: ["404": 2, "403": 1, "503": 1]),
        Panel(
            field: "http.response.status_code", values: ["200": 1, "404": 2, "403": 1, "503": 1]),
        Panel(statuses: 400..<599, field: "url.original", values: ["/a?b": 3, "/c": 1]),
    ]

    @Test(arguments: RealServer.engines)
    func `Elastic's dashboard for Tomcat finds what it asks for`(
        _ engine: RealServer.Engine
    ) throws {
        let server = try RealServer.shared(engine)
        let stage = try Stage()
        let mark = "dash\(UInt32.random(in: 0...UInt32.max))"
        stage.settings.hosts = [server.url]
        stage.settings.dataset = "apache_tomcat.access"
        stage.settings.namespace = mark
        stage.settings.target = .dataStream("logs-%{dataset}-%{namespace}")
        try stage.writeSettings()
        let setup = try stage.run("setup", "--name", mark)
        #expect(setup.code == 0, "\(setup.output)\(setup.errors)")
        let lines = [
            ("10.0.0.1", "/a?b", 404), ("10.0.0.1", "/c", 404), ("10.0.0.2", "/a?b", 403),
            ("10.0.0.3", "/a?b", 503), ("10.0.0.4", "/a?b", 200),
        ].map { address, path, status in
            "\(address) - - [20/Sep/2018:10:00:00 +0000] \"GET \(path) HTTP/1.1\" \(status) 5\n"
        }
        try lines.joined().write(
            toFile: "\(stage.logs)/access.log", atomically: false, encoding: .utf8)
        let agent = try stage.start()
        let target = "logs-apache_tomcat.access-\(mark)"
        #expect(try server.waitForCount(lines.count, in: target))
        #expect(agent.terminate() == .exited(0))
        for panel in Self.panels {
            let reply = try server.ask("POST", "/\(target)/_search", panel.query)
            let found = (reply["aggregations"] as? [String: Any])?["panel"] as? [String: Any]
            let buckets = try #require(found?["buckets"] as? [[String: Any]])
            var values: [String: Int] = [:]
            for bucket in buckets {
                let key = try #require(bucket["key"])
                values["\(key)"] = bucket["doc_count"] as? Int
            }
            #expect(values == panel.values, "\(panel.field)")
        }
    }
}
