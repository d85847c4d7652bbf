// A park on a simulated disk, the commands on it, and a server that answers by script.
import Agent
import Bytes
import Elastic
import Platform
import Tail
import TestKit
import Testing

/// Used by one thread.
final class ParkedDesk {
    let disk = SimulatedDisk(clock: ManualClock())
    var configuration = Configuration()
    var output: [UInt8] = []
    var errors = ""
    /// Bodies of the requests and the hosts that they went to.
    var bodies: [String] = []
    var hosts: [Int] = []
    var paths: [String] = []
    /// Answers a request by its events.
    var answer: (Int) -> (BulkOutcome, String) = { events in
        let item = #"{"create":{"status":201}}"#
        let items = Array(repeating: item, count: events).joined(separator: ",")
        return (.reply(status: 200, retryAfter: nil), #"{"items":[\#(items)]}"#)
    }

    let park: Path = "/state/park"

    init() {
        configuration.state = "/state"
        configuration.output = .elasticsearch(Configuration.Elasticsearch())
    }

    var text: String { String(decoding: output, as: UTF8.self) }

    func line(_ number: Int) -> ParkedLine {
        ParkedLine(
            path: "/logs/a.txt", offset: UInt64(number) * 100, length: 7, status: 400,
            type: "some_exception", reason: "reason \(number)",
            time: WallTime(nanoseconds: 1_700_000_000_000_000_000),
            raw: Array("line \(number)\n".utf8),
            posted: Array(
                "{\"create\":{\"_index\":\"logs-a\",\"_id\":\"id\(number)\"}}\n{\"m\":\(number)}\n"
                    .utf8))
    }

    func fill(_ lines: [ParkedLine], limit: Int = 1 << 20) throws {
        var file = try ParkFile(directory: park, files: disk, limit: limit)
        #expect(try file.append(lines) == lines.count)
    }

    /// Runs a command; what it printed before is forgotten.
    func run(_ body: (inout Parked) -> ExitCode) -> ExitCode {
        output = []
        errors = ""
        var surroundings = CommandSurroundings(
            output: { bytes in self.output += bytes.array },
            errors: { self.errors += $0 },
            post: { request, body, reply in
                self.bodies.append(String(decoding: body.array, as: UTF8.self))
                self.hosts.append(request.host)
                self.paths.append(request.path)
                let (outcome, text) = self.answer(request.events)
                reply.clear()
                reply.append(text: text)
                return outcome
            })
        surroundings.disk = disk
        surroundings.wall = { WallTime(nanoseconds: 7) }
        var parked = Parked(configuration, surroundings)
        return body(&parked)
    }
}
