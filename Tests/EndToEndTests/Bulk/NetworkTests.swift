// What the environment says of networks and secrets, and the agent does not heed.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Environment") struct NetworkTests {
        @Test("D71: proxies, netrc and certificates of the environment are not used")
        func d71() throws {
            let proxy = try ScriptedElasticsearch()
            defer { proxy.stop() }
            let stage = try Stage()
            let home = try stage.scratch.directory("home")
            try "machine 127.0.0.1 login someone password secret\n".write(
                toFile: "\(home)/.netrc", atomically: true, encoding: .utf8)
            var environment = ["HOME": home, "NO_PROXY": "", "no_proxy": ""]
            for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                environment[name] = proxy.url
            }
            for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"] {
                environment[name] = "\(home)/absent"
            }
            try stage.writer().write(1000)
            let agent = try stage.start(environment: environment)
            stage.expectAllOnce(from: agent)
            #expect(proxy.connections == 0)
            #expect(stage.server.requests.allSatisfy { $0.header("authorization") == nil })
            #expect(stage.server.requests.allSatisfy { $0.header("proxy-connection") == nil })
        }
    }
}
