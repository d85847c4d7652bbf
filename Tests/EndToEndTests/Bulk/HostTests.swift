// The agent before hosts that are dead, slow, elsewhere, or not to be found.
import ScriptedServer
import Testing

extension EndToEnd.Bulk {
    @Suite("Hosts") struct HostTests {
        @Test("D21: a redirect is not followed", arguments: [301, 302, 307, 308])
        func d21(_ status: Int) throws {
            let other = try ScriptedElasticsearch()
            defer { other.stop() }
            let away = [Header("location", "\(other.url)/_bulk")]
            let script = Script(requests: [RequestRule(.first(3), .reply(status, headers: away))])
            let stage = try Stage(script)
            try stage.writer().write(2000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            #expect(stage.server.requests.filter { $0.status == status }.count == 3)
            #expect(agent.log.contains(#""message":"output.configuration""#))
            #expect(other.connections == 0)
        }

        /// A name that does not fit a certificate belongs here, too; there is no TLS yet.
        @Test("D25: a server that cannot be reached is waited for")
        func d25() throws {
            let stage = try Stage()
            stage.server.leave()
            try stage.writer().write(2000 * torture)
            let agent = try stage.start()
            #expect(agent.says(#""kind":"connect""#))
            stage.server.comeBack()
            stage.expectAllOnce(from: agent)
        }

        @Test("D25: a name without an address is asked for again, and no line is lost by it")
        func d25Name() throws {
            let stage = try Stage()
            let server = stage.settings.hosts
            stage.settings.hosts = ["http://nobody.invalid:9200"]
            stage.settings.deadline = "1s"
            try stage.writer().write(2000 * torture)
            let first = try stage.start()
            #expect(first.says(#""kind":"dns""#))
            #expect(first.terminate() == .exited(3))
            stage.settings.hosts += server
            stage.settings.deadline = "20s"
            let second = try stage.start()
            stage.expectAllOnce(from: second)
        }

        @Test("D26: beside a dead host, a slow one gets all", arguments: [true, false])
        func d26(_ isClosed: Bool) throws {
            let dead = try ScriptedElasticsearch(
                script: Script(requests: [
                    RequestRule(.always, .reset(storing: 0), delay: .seconds(3600))
                ]))
            defer { dead.stop() }
            if isClosed { dead.leave() }
            let slow = RequestRule(.always, nil, delay: .milliseconds(100))
            let stage = try Stage(Script(requests: [slow]))
            stage.settings.hosts.append(dead.url)
            stage.settings.timeout = "1s"
            try stage.writer().write(3000 * torture)
            let agent = try stage.start()
            stage.expectAllOnce(from: agent)
            // Each time it is asked costs a timeout.
            #expect(dead.requests.count <= 2 * stage.settings.connections)
            #expect(isClosed || !dead.requests.isEmpty)
        }
    }
}
