// The commands on parked lines: what they print, what they send, what they note.
import Agent
import Bytes
import Elastic
import Foundation
import Platform
import ScriptedServer
import Tail
import TestKit
import Testing

@Suite("Parked lines")
struct ParkedTests {
    private let desk = ParkedDesk()

    private func json(_ line: Substring) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test("an empty park, and none at all, is no line and no error")
    func empty() {
        #expect(desk.run { $0.list(json: false) } == .done)
        #expect(desk.text == "0 lines, 0 retried; 0 bytes of 64MiB\n")
        #expect(desk.run { $0.show([], as: .text) } == .done)
        #expect(desk.run { $0.retry([], json: false) } == .done)
        #expect(desk.text == "0 of 0 taken\n")
        #expect(desk.bodies.isEmpty && desk.errors == "" && desk.disk.names.isEmpty)
    }

    @Test("the list is a table and a total")
    func list() throws {
        try desk.fill((1...10).map { desk.line($0) })
        #expect(desk.run { $0.retry([2], json: false) } == .done)
        #expect(desk.run { $0.list(json: false) } == .done)
        let rows = desk.text.split(separator: "\n")
        #expect(
            rows.prefix(3) == [
                " N  TIME                  STATUS  TYPE            TARGET  STATE    FILE:OFFSET",
                " 1  2023-11-14T22:13:20Z  400     some_exception  logs-a  parked   /logs/a.txt:100",
                " 2  2023-11-14T22:13:20Z  400     some_exception  logs-a  retried  /logs/a.txt:200",
            ])
        #expect(rows.count == 12)
        let size = desk.disk.names[desk.park.appending("park-00000001")]
            .flatMap { desk.disk.inodes[$0]?.bytes.count }
        #expect(rows.last == "10 lines, 1 retried; \(size ?? 0) bytes of 64MiB")
        #expect(desk.run { $0.list(json: true) } == .done)
        let objects = try desk.text.split(separator: "\n").map { try json($0) }
        #expect(objects.count == 11)
        #expect(objects[1]["number"] as? Int == 2)
        #expect(objects[1]["retried"] as? Bool == true)
        #expect(objects[1]["target"] as? String == "logs-a")
        #expect(objects[10]["lines"] as? Int == 10)
        #expect(objects[10]["bytes"] as? Int == size)
    }

    @Test("whatever a line holds, a terminal gets none of it unescaped, and --raw all of it")
    func strangers() throws {
        var line = desk.line(1)
        line.path = Path(bytes: Array("/logs/\u{1b}[2Jä".utf8) + [0xff])
        line.type = "t\u{9b}31m"
        line.reason = "r\u{202e}\n\u{7}"
        line.raw = Array("GET \u{1b}]0;x\u{7}é".utf8) + [0xc3, 0x0a]
        line.posted = Array(
            "{\"create\":{\"_index\":\"\\u001b[1m\",\"_id\":\"i\\u009b\"}}\n{}\n".utf8)
        try desk.fill([line, desk.line(2)])
        for body: (inout Parked) -> ExitCode in [
            { $0.list(json: false) }, { $0.show([], as: .text) }, { $0.list(json: true) },
            { $0.show([], as: .json) },
        ] {
            #expect(desk.run(body) == .done)
            for scalar in desk.text.unicodeScalars where scalar != "\n" {
                #expect(scalar.value >= 0x20 && scalar.value != 0x7f, "\(desk.text)")
            }
        }
        #expect(desk.run { $0.show([1], as: .text) } == .done)
        for text in [
            "file     /logs/\\x1b[2Jä\\xff\n", "type     t\\xc2\\x9b31m\n",
            "reason   r\\xe2\\x80\\xae\\x0a\\x07\n", "target   \\x1b[1m\n",
            "id       i\\xc2\\x9b\n",
            "line     GET \\x1b]0;x\\x07é\\xc3\\x0a\n", "offset   100\n", "retried  no\n",
        ] {
            #expect(desk.text.contains(text), "\(text)")
        }
        #expect(desk.run { $0.show([1, 2], as: .raw) } == .done)
        #expect(desk.output == line.raw! + desk.line(2).raw!)
        #expect(desk.run { $0.show([], as: .json) } == .done)
        let objects = try desk.text.split(separator: "\n").map { try json($0) }
        #expect(objects[0]["raw_hex"] as? String == "474554201b5d303b7807c3a9c30a")
        #expect(objects[1]["raw"] as? String == "line 2\n")
        #expect(objects[1]["source"] as? String == "{\"m\":2}")
        #expect(objects[1]["id"] as? String == "id2")
    }

    @Test("a line whose bytes are gone is named, one without its end gets it")
    func gone() throws {
        var gone = desk.line(1)
        gone.raw = nil
        var torn = desk.line(2)
        torn.raw = Array("torn".utf8)
        try desk.fill([gone, torn, desk.line(3)])
        #expect(desk.run { $0.show([], as: .raw) } == .failed)
        #expect(desk.text == "torn\nline 3\n")
        #expect(desk.errors.hasPrefix("tailproof: line 1: its bytes are gone"))
        #expect(desk.run { $0.show([7, 3, 9], as: .raw) } == .failed)
        #expect(desk.text == "line 3\n")
        #expect(desk.errors == "tailproof: no line 7 is parked\ntailproof: no line 9 is parked\n")
    }

    @Test("damage is named with its place, the rest is shown")
    func damage() throws {
        try desk.fill([desk.line(1), desk.line(2)])
        let inode = try #require(desk.disk.names["/state/park/park-00000001"])
        var bytes = desk.disk.inodes[inode]?.bytes ?? []
        bytes[100] ^= 1
        desk.disk.remove("/state/park/park-00000001")
        desk.disk.append(bytes, to: desk.disk.createFile("/state/park/park-00000001"))
        #expect(desk.run { $0.show([], as: .raw) } == .failed)
        #expect(desk.text == "line 2\n")
        #expect(desk.errors.hasPrefix("tailproof: /state/park/park-00000001: "))
        #expect(desk.errors.hasSuffix(" bytes from byte 40 on are damaged\n"))
    }

    @Test("what is kept is sent as it was, and what was taken is noted and not sent again")
    func retry() throws {
        let lines = (1...4).map { desk.line($0) }
        try desk.fill(lines)
        desk.answer = { _ in
            let reason = #""reason":"no \u001b\"x\"","type":"t""#
            let items = [
                #"{"create":{"status":201}}"#, #"{"create":{"status":400,"error":{\#(reason)}}}"#,
                #"{"create":{"status":409}}"#,
                #"{"create":{"status":201,"failure_store":"used"}}"#,
            ]
            return (
                .reply(status: 200, retryAfter: nil),
                "{\"items\":[\(items.joined(separator: ","))]}"
            )
        }
        #expect(desk.run { $0.retry([], json: false) } == .failed)
        #expect(
            desk.text.split(separator: "\n") == [
                "1  stored", "2  refused: 400 t: no \\x1b\"x\"", "3  stored before",
                "4  stored in the failure store", "3 of 4 taken",
            ])
        #expect(desk.bodies == [String(decoding: lines.flatMap(\.posted), as: UTF8.self)])
        desk.answer = { _ in
            (.reply(status: 200, retryAfter: nil), #"{"items":[{"create":{"status":200}}]}"#)
        }
        #expect(desk.run { $0.retry([], json: true) } == .done)
        let objects = try desk.text.split(separator: "\n").map { try json($0) }
        #expect(objects.map { $0["number"] as? Int } == [2])
        #expect(objects[0]["outcome"] as? String == "dropped by the server's pipeline")
        #expect(desk.bodies.last == String(decoding: lines[1].posted, as: UTF8.self))
        #expect(desk.bodies.count == 2)
        #expect(desk.run { $0.retry([1, 5], json: false) } == .failed)
        #expect(desk.text == "1  stored before\n1 of 1 taken\n")
        #expect(desk.errors == "tailproof: no line 5 is parked\n")
        #expect(desk.bodies.count == 2)
        let retries = try ParkRetries(directory: desk.park, files: desk.disk)
        #expect(retries.places.compactMap { $0?.status } == [201, 409, 201, 200])
        #expect(retries.places.allSatisfy { $0?.time == WallTime(nanoseconds: 7) })
    }

    @Test("a request that is refused whole is sent in halves, down to single lines")
    func bisecting() throws {
        try desk.fill((1...5).map { desk.line($0) })
        let healthy = desk.answer
        desk.answer = { [desk] events in
            if desk.bodies[desk.bodies.count - 1].contains("\"id4\"") {
                return (
                    .reply(status: 400, retryAfter: nil),
                    #"{"error":{"type":"parse","reason":"bad"},"status":400}"#
                )
            }
            return healthy(events)
        }
        #expect(desk.run { $0.retry([], json: false) } == .failed)
        #expect(
            desk.text.split(separator: "\n") == [
                "1  stored", "2  stored", "3  stored", "4  refused: 400 parse: bad", "5  stored",
                "4 of 5 taken",
            ])
    }

    @Test("where nobody answers every host is asked once, then nothing more is sent")
    func unreachable() throws {
        var settings = Configuration.Elasticsearch()
        settings.hosts = ["http://a:1", "http://b:1"]
        desk.configuration.output = .elasticsearch(settings)
        try desk.fill((1...1001).map { desk.line($0) })
        desk.answer = { _ in
            (.failed(BulkFailure(kind: .connect, description: "refused", uploaded: 0)), "")
        }
        #expect(desk.run { $0.retry([], json: false) } == .failed)
        #expect(desk.hosts == [0, 1])
        let rows = desk.text.split(separator: "\n")
        #expect(rows.first == "1  failed: connect: refused")
        #expect(rows[1000] == "1001  failed: not sent: connect: refused")
        #expect(rows.last == "0 of 1001 taken")
        #expect(try ParkRetries(directory: desk.park, files: desk.disk).places.isEmpty)
    }

    @Test("lines are posted as the agent posts them, to data streams or nothing where it says so")
    func path() throws {
        try desk.fill([desk.line(1), desk.line(2)])
        #expect(desk.run { $0.retry([1], json: false) } == .done)
        var settings = Configuration.Elasticsearch()
        settings.requireDataStream = true
        desk.configuration.output = .elasticsearch(settings)
        #expect(desk.run { $0.retry([2], json: false) } == .done)
        #expect(desk.paths == [BulkRequest.path, BulkRequest.path(requiringDataStream: true)])
    }

    @Test("without an elasticsearch there is nobody to send to")
    func noServer() throws {
        try desk.fill([desk.line(1)])
        desk.configuration.output = .stdout(.json)
        #expect(desk.run { $0.retry([], json: false) } == .refused)
        #expect(desk.errors.contains("no elasticsearch"))
    }

    @Test("notes that cannot be written are a failure, and the line may be sent again")
    func unnoted() throws {
        try desk.fill([desk.line(1)])
        desk.disk.stateFaults = [ENOSPC]
        #expect(desk.run { $0.retry([], json: false) } == .failed)
        #expect(desk.text == "1  stored\n1 of 1 taken\n")
        #expect(desk.errors.contains("/state/park/retried: pwrite: No space left"))
        #expect(desk.run { $0.retry([], json: false) } == .done)
        #expect(desk.bodies.count == 2)
    }

    @Test("places of notes whose lines are gone are used again, others never")
    func noteRoom() throws {
        try desk.fill((1...6).map { desk.line($0) })
        #expect(desk.run { $0.retry([1, 2, 3], json: false) } == .done)
        desk.disk.remove("/state/park/park-00000001")
        // The numbers begin anew, for nothing is left.
        try desk.fill((11...15).map { desk.line($0) })
        #expect(desk.run { $0.retry([2, 3], json: false) } == .done)
        #expect(desk.run { $0.retry([], json: false) } == .done)
        let retries = try ParkRetries(directory: desk.park, files: desk.disk)
        #expect(retries.places.count == 5)
        for number in 1...5 {
            #expect(retries.contains(UInt64(number), key: desk.line(10 + number).key))
        }
    }

    @Test("two that note at once do not lose a note of each other")
    func concurrentNotes() async throws {
        let root = FileManager.default.temporaryDirectory.appending(
            path: "tailproof-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let directory = Path(root.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<25 {
                        let note = ParkNote(
                            number: UInt64(task * 25 + number), key: 1,
                            time: WallTime(nanoseconds: 0), status: 201)
                        try ParkRetries.add(
                            [note], in: directory, files: LinuxFileSystem(), living: nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        let retries = try ParkRetries(directory: directory, files: LinuxFileSystem())
        #expect(Set(retries.places.compactMap { $0?.number }).count == 100)
        #expect(retries.places.count == 100)
    }

    @Test("over the product's transport the lines arrive as they were kept")
    func transport() throws {
        let server = try ScriptedElasticsearch()
        defer { server.stop() }
        var settings = Configuration.Elasticsearch()
        settings.hosts = [server.url]
        desk.configuration.output = .elasticsearch(settings)
        var line = desk.line(1)
        line.posted = Array(
            (#"{"create":{"_index":"logs-a-default","_id":"abc"}}"# + "\n"
                + #"{"@timestamp":"2026-01-01T00:00:00.000Z","message":"x"}"# + "\n").utf8)
        try desk.fill([line])
        let poster = Poster(desk.configuration)
        var lines: [String] = []
        for _ in 0..<2 {
            var surroundings = CommandSurroundings(
                output: { lines.append(String(decoding: $0.array, as: UTF8.self)) },
                errors: { Issue.record("\($0)") },
                post: { request, body, reply in poster.post(request, body, &reply) })
            surroundings.disk = desk.disk
            var parked = Parked(desk.configuration, surroundings)
            #expect(parked.retry([], json: false) == .done)
            desk.disk.remove("/state/park/retried")
        }
        #expect(lines.joined().contains("1  stored\n"))
        #expect(lines.joined().contains("1  stored before\n"))
    }
}
