// The commands on files that the real pump has shipped: what they say, and what they send.
import Bytes
import Elastic
import Foundation
import Platform
import Tail
import TestKit
import Testing

@testable import Agent

@Suite("Commands beside the agent") struct InspectionTests {
    private static let access =
        #"192.0.2.1 - - [17/May/2015:10:05:00 +0000] "GET /a HTTP/1.1" 200 1 "-" "x""# + "\n"

    /// Lines of every kind: readable ones, some without a time, empty ones, carriage returns, long
    /// ones that fit into a window and one that does not.
    private static func mixed(_ desk: InspectionDesk, lines: Int = 400) -> String {
        var random = Seed.generator(33)
        var text = "\u{feff}no time at the head\n"
        for number in 0..<lines {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: text += "\n"
            case 1: text += "no time \(number)\n"
            case 2: text += "no time, carriage return \(number)\r\n"
            case 3: text += String(repeating: "l", count: 1100 + number) + "\n"
            case 4 where number % 40 == 0: text += String(repeating: "w", count: 90_000) + "\n"
            default: text += access
            }
        }
        return text
    }

    // MARK: - The documents

    @Test("the way of lines once more makes the pump's documents, from wherever it begins")
    func sameDocuments() throws {
        let desk = try InspectionDesk {
            $0.maxLine = 1024
            $0.inputs[0].dataset = "d"
            var output = Configuration.Elasticsearch()
            output.target = .index("access-%{yyyy.MM.dd}")
            $0.output = .elasticsearch(output)
        }
        let content = Self.mixed(desk)
        desk.pumping.file("/logs/a.log", content)
        desk.pumping.rest()
        let record = try #require(try desk.pumping.stateRecords().first)
        #expect(record.committed == UInt64(content.utf8.count))
        let whole = desk.pumping.cut.map(\.body).joined()
        let settings = try PumpSettings(
            desk.configuration,
            origin: DocumentTemplate.Origin(host: "h", version: "0", id: "a"))
        let disk = desk.pumping.world
        let handle = try disk.openForReading("/logs/a.log")
        let bytes = Array(content.utf8)
        var random = Seed.generator(34)
        let starts = [0] + bytes.indices.filter { bytes[$0] == 0x0a }.map { UInt64($0 + 1) }
        for _ in 0..<60 {
            let from = try #require(starts.dropLast().randomElement(using: &random))
            let time = try LineWalk.inheritedTime(
                record, input: 0, handle, disk, settings, before: from)
            var walk = LineWalk(
                record, input: 0, handle, disk, settings, from: from, to: record.committed,
                lastTime: time, lines: Int.random(in: 1...50, using: &random))
            var body = ""
            while try walk.step() { body += String(decoding: walk.batch.body.array, as: UTF8.self) }
            #expect(whole.hasSuffix(body), "from \(from)")
            let events = starts.dropLast().filter { $0 >= from }.count { start in
                let line = bytes[Int(start)...].prefix { $0 != 0x0a }
                return !line.isEmpty
            }
            #expect(body.utf8.count { $0 == 0x0a } == events * 2)
        }
    }

    // MARK: - files

    @Test("files are listed by lineage and age, with lag and outcomes")
    func files() throws {
        let desk = try InspectionDesk()
        desk.pumping.file("/logs/b.log", "one\n\ntwo\nopen")
        desk.pumping.rest()
        desk.pumping.world.rename("/logs/b.log", to: "/logs/b.log.1")
        desk.pumping.file("/logs/b.log", "three\n")
        desk.pumping.file("/logs/a.log", "four\n")
        desk.pumping.rest()
        #expect(desk.run { $0.files(json: true) } == .done)
        let files = desk.objects
        #expect(
            files.map { $0["path"] as? String } == [
                "/logs/a.log", "/logs/b.log.1", "/logs/b.log", nil,
            ])
        #expect(files[1]["lineage"] as? String == "/logs/b.log")
        #expect(files[1]["lag"] as? Int == 4)
        #expect(files[1]["size"] as? Int == 13)
        #expect(files[1]["committed"] as? Int == 9)
        let outcomes = try #require(files[1]["outcomes"] as? [String: [String: Int]])
        #expect(outcomes["stored"] == ["events": 2, "bytes": 8])
        #expect(outcomes["filtered"] == ["events": 1, "bytes": 1])
        #expect(files[3]["files"] as? Int == 3)
        let prefix = try #require(files[1]["id_prefix"] as? String)
        #expect(desk.posted.contains { String(decoding: $0.id, as: UTF8.self).hasPrefix(prefix) })
        // Renamed, cut and removed behind the back of an agent that is not there.
        desk.pumping.world.rename("/logs/b.log.1", to: "/logs/c")
        desk.pumping.world.remove("/logs/a.log")
        let inode = try #require(desk.pumping.world.names["/logs/b.log"])
        desk.pumping.world.truncate(inode)
        #expect(desk.run { $0.files(json: true) } == .done)
        #expect(
            desk.objects.map { $0["presence"] as? String } == [
                "missing", "present", "truncated", nil,
            ])
        #expect(desk.objects[1]["path"] as? String == "/logs/c")
        #expect(desk.run { $0.files(json: false) } == .done)
        #expect(desk.text.contains("3 files, lag 4 bytes, stored 4, filtered 1; files that"))
    }

    @Test("no state, and one of a newer version, are named with what to do")
    func noState() throws {
        let desk = try InspectionDesk()
        desk.configuration.state = "/nowhere"
        #expect(desk.run { $0.files(json: false) } == .failed)
        #expect(desk.errors.contains("/nowhere holds no state"))
        #expect(desk.errors.contains("--state DIR"))
    }

    @Test("behind a hole lines are the pump's own, too")
    func holes() throws {
        let desk = try InspectionDesk()
        let inode = desk.pumping.file("/logs/a.log", "one\n")
        desk.pumping.rest()
        desk.pumping.world.skip(inode, to: 100_000)
        desk.pumping.append("two\nthree\n", to: inode)
        desk.pumping.pump.take(.written("/logs/a.log"))
        desk.pumping.rest()
        desk.storeAll()
        #expect(desk.run { $0.audit(server: true, json: true) } == .done)
        #expect((desk.objects[0]["server"] as? [String: Int])?["found"] == 3)
        #expect((desk.objects[0]["notes"] as? [String])?.count == 1)
        #expect(
            desk.run { $0.replay("/logs/a.log", .bytes(from: 0, to: 100_010), json: false) }
                == .done)
        #expect(desk.stored.count == 3)
    }

    // MARK: - audit

    @Test("everything adds up while the agent runs, for lines of every kind")
    func addsUp() throws {
        let desk = try InspectionDesk { $0.maxLine = 1024 }
        desk.pumping.file("/logs/a.log", Self.mixed(desk) + "open")
        desk.pumping.rest()
        desk.storeAll()
        #expect(desk.run { $0.audit(server: true, json: true) } == .done, "\(desk.text)")
        #expect(desk.objects[0]["adds_up"] as? Bool == true)
        let server = try #require(desk.objects[0]["server"] as? [String: Int])
        #expect(server["found"] == desk.pumping.lineCount)
        #expect(server["asked"] == desk.pumping.lineCount)
        #expect(desk.run { $0.audit(server: false, json: false) } == .done)
        #expect(desk.text.hasSuffix("1 file: everything adds up\n"))
        #expect(desk.pauses.isEmpty)
    }

    @Test("what does not add up is said: which file, and by how much")
    func mismatches() throws {
        let desk = try InspectionDesk()
        let inode = desk.pumping.file("/logs/a.log", "one\ntwo\nthree\n")
        desk.pumping.rest()
        desk.storeAll()
        // A line less on the server.
        let id = try #require(desk.posted.first.map { String(decoding: $0.id, as: UTF8.self) })
        desk.stored[id] = nil
        #expect(desk.run { $0.audit(server: true, json: false) } == .failed)
        #expect(
            desk.text.contains(
                "/logs/a.log: the server has 2 of 3 lines that were stored: 1 missing, "
                    + "the first at byte 0"))
        #expect(desk.pauses.count == 3)
        // It was only not searchable yet.
        desk.beforeAnswer = { if desk.pauses.count == 4 { desk.storeAll() } }
        #expect(desk.run { $0.audit(server: true, json: false) } == .done, "\(desk.text)")
        #expect(desk.pauses.count == 4)
        desk.beforeAnswer = {}
        desk.stored[id]?.append(".ds-2")
        #expect(desk.run { $0.audit(server: true, json: false) } == .failed)
        #expect(desk.text.contains("1 line is in more than one index"))
        // A ledger that counts a line and a byte too many.
        let state = try desk.pumping.stateRecords()
        var record = try #require(state.first)
        record.tally.add(.stored, bytes: 1)
        try write([record], desk)
        #expect(desk.run { $0.audit(server: false, json: true) } == .failed)
        let problems = try #require(desk.objects[0]["problems"] as? [String])
        #expect(problems.count == 2, "\(problems)")
        #expect(
            problems[0].hasSuffix("1 byte too many") && problems[1].hasSuffix("1 line too many"))
        // A file whose bytes are gone.
        try write(state, desk)
        desk.pumping.world.truncate(inode)
        #expect(desk.run { $0.audit(server: true, json: false) } == .done)
        #expect(desk.text.contains("/logs/a.log: its bytes are gone"))
    }

    /// Writes another image, as the keeper would.
    private func write(_ records: [FileRecord], _ desk: InspectionDesk) throws {
        let volume = VolumeRecord(home: "home", agentID: [UInt8](repeating: 1, count: 16))
        var image = ByteBuffer(capacity: 1024)
        var scratch = ByteBuffer(capacity: 1024)
        StatePayload.append(volume, to: &image)
        for record in records { StatePayload.append(record, scratch: &scratch, to: &image) }
        guard
            case .image(_, nil) = desk.pumping.keeper.perform(.image(image))
        else {
            Issue.record("no image")
            return
        }
    }

    @Test("lines that are counted as parked are in the park, or it says how many are not")
    func park() throws {
        let desk = try parkedDesk()
        #expect(desk.run { $0.audit(server: true, json: true) } == .done, "\(desk.text)")
        #expect((desk.objects[0]["park"] as? [String: Int])?["lines"] == 1)
        let path = Path("/state/park/park-00000001")
        desk.pumping.world.remove(path)
        #expect(desk.run { $0.audit(server: false, json: false) } == .failed)
        #expect(
            desk.text.contains(
                "1 line counted as parked, 0 in the park: 1 line too few"))
    }

    /// Three lines, the second of which is parked.
    private func parkedDesk() throws -> InspectionDesk {
        let desk = try InspectionDesk()
        desk.pumping.ships = false
        desk.pumping.file("/logs/a.log", "one\ntwo\nthree\n")
        desk.pumping.run()
        desk.pumping.giveBack(straggling: [], rejected: [4])
        desk.pumping.rest()
        desk.storeAll()
        let posted = try #require(desk.pumping.parked.first?.posted)
        desk.stored[String(decoding: PostedAction(posted.span).id, as: UTF8.self)] = nil
        var park = try ParkFile(
            directory: "/state/park", files: desk.pumping.world, limit: 1 << 20)
        #expect(try park.append(desk.pumping.parked) == 1)
        return desk
    }

    // MARK: - explain

    private func explain(
        _ desk: InspectionDesk, _ place: LinePlace, server: Bool = false
    ) -> [String: Any] {
        let code = desk.run { $0.explain("/logs/a.log", place, server: server, json: true) }
        return code == .done ? desk.objects[0] : ["fate": desk.errors]
    }

    @Test("each line is explained by its fate, with the id that was posted")
    func fates() throws {
        let desk = try parkedDesk()
        let inode = try #require(desk.pumping.world.names["/logs/a.log"])
        desk.pumping.ships = true
        desk.pumping.append("\nfive\n", to: inode)
        desk.pumping.rest()
        desk.storeAll()
        desk.pumping.append("six\nopen", to: inode)
        let lines = (1...7).map { explain(desk, .line($0)) }
        #expect(
            lines.map { $0["fate"] as? String } == [
                "settled", "parked", "settled", "filtered", "settled", "pending", "pending",
            ])
        #expect(
            lines.map { $0["raw"] as? String } == [
                "one", "two", "three", "", "five", "six", "open",
            ])
        #expect(lines.map { $0["offset"] as? Int } == [0, 4, 8, 14, 15, 20, 24])
        let ids = desk.posted.map { String(decoding: $0.id, as: UTF8.self) }
        let explained = [lines[0], lines[1], lines[2], lines[4]].map { $0["id"] as? String }
        #expect(explained == ids)
        #expect(lines[3]["id"] == nil && lines[6]["id"] == nil)
        #expect(
            (lines[1]["meaning"] as? String)?.hasPrefix("number 1; the server said 400") == true)
        #expect((lines[0]["meaning"] as? String)?.contains("stored 3, parked 1") == true)
        let inside = explain(desk, .offset(17), server: true)
        #expect(inside["offset"] as? Int == 15)
        #expect(inside["indices"] as? [String] == [".ds-logs-tomcat.access-default-1"])
        #expect(
            desk.run { $0.explain("/logs/a.log", .offset(17), server: false, json: false) } == .done
        )
        #expect(desk.text.contains("note     byte 17 is inside it\n"))
    }

    @Test("where nothing else is possible a line is stored; a cut one has the id of its head")
    func storedAndCut() throws {
        let desk = try InspectionDesk { $0.maxLine = 1024 }
        desk.pumping.file(
            "/logs/a.log", "one\n" + String(repeating: "x", count: 100_000) + "\nend\n")
        desk.pumping.rest()
        let line = explain(desk, .offset(50_000))
        #expect(line["fate"] as? String == "stored")
        #expect(line["cut"] as? Bool == true)
        #expect(line["length"] as? Int == 100_001)
        #expect((line["raw"] as? String)?.utf8.count == 1024)
        #expect(line["id"] as? String == String(decoding: desk.posted[1].id, as: UTF8.self))
    }

    @Test("what stood there before the first start is abandoned")
    func skipped() throws {
        let desk = try InspectionDesk { $0.inputs[0].start = .end }
        let inode = desk.pumping.file("/logs/a.log", "old\nolder\n")
        desk.pumping.rest()
        desk.pumping.append("new\n", to: inode)
        desk.pumping.rest()
        #expect(explain(desk, .line(2))["fate"] as? String == "abandoned")
        #expect(explain(desk, .line(3))["fate"] as? String == "stored")
        #expect(desk.run { $0.audit(server: false, json: false) } == .done, "\(desk.text)")
        #expect(
            desk.run { $0.replay("/logs/a.log", .bytes(from: 0, to: 14), json: false) } == .refused)
        #expect(desk.errors.contains("byte 0 stands before 10"))
    }

    @Test("a file or a line that is not known is named")
    func unknown() throws {
        let desk = try InspectionDesk()
        desk.pumping.file("/logs/a.log", "one\n")
        desk.pumping.rest()
        for (path, place, words) in [
            ("/logs/a.log", LinePlace.line(2), "has 1 line, there is no line 2"),
            ("/logs/a.log", .offset(4), "ends at byte 4, there is no byte 4"),
            ("/logs/none.log", .line(1), "No such file"),
            ("/logs/new.log", .line(1), "the agent has not found it yet"),
            ("/logs/other", .line(1), "no input names it"),
        ] {
            if desk.pumping.world.names[Path(path)] == nil, !path.hasSuffix("none.log") {
                desk.pumping.file(Path(path), "x\n")
            }
            let code = desk.run { $0.explain(Path(path), place, server: false, json: false) }
            #expect(code == .failed)
            #expect(desk.errors.contains(words), "\(desk.errors)")
        }
    }

    // MARK: - replay

    @Test("a stretch is sent again under its ids: what is missing is created, the rest is there")
    func replay() throws {
        let desk = try InspectionDesk { $0.maxLine = 1024 }
        let content = Self.mixed(desk, lines: 1500)
        desk.pumping.file("/logs/a.log", content)
        desk.pumping.rest()
        desk.storeAll()
        let all = desk.stored
        for id in all.keys.sorted().prefix(40) { desk.stored[id] = nil }
        let end = UInt64(content.utf8.count)
        #expect(
            desk.run { $0.replay("/logs/a.log", .bytes(from: 0, to: end), json: true) } == .done)
        #expect(desk.objects.last?["created"] as? Int == 40)
        #expect(desk.objects.last?["already_there"] as? Int == all.count - 40)
        #expect(Set(desk.stored.keys) == Set(all.keys))
        #expect(desk.requests.count > 1)
        #expect(
            desk.run { $0.replay("/logs/a.log", .lines(first: 1, last: 1), json: false) } == .done)
        #expect(desk.text == "1 line: 0 created, 1 already there\n")
        desk.refusal = { $0 == 0 ? #"{"create":{"status":400,"error":{"type":"t"}}}"# : nil }
        #expect(
            desk.run { $0.replay("/logs/a.log", .lines(first: 1, last: 1), json: false) } == .failed
        )
        #expect(
            desk.text == "byte 0  refused: 400 t: \n1 line: 0 created, 0 already there, 1 refused\n"
        )
    }

    @Test("stretches that are not committed or do not begin with a line are refused")
    func badStretch() throws {
        let desk = try InspectionDesk()
        desk.pumping.file("/logs/a.log", "one\ntwo\nopen")
        desk.pumping.rest()
        for (stretch, words) in [
            (Stretch.bytes(from: 0, to: 12), "committed up to byte 8, not to 12"),
            (.bytes(from: 2, to: 8), "no line begins at byte 2; the one that holds it begins at 0"),
            (.bytes(from: 0, to: 7), "no line begins at byte 7; the one that holds it begins at 4"),
            (.lines(first: 2, last: 3), "committed up to byte 8"),
            (.lines(first: 2, last: 9), "has 2 lines, there is no line 9"),
        ] {
            #expect(desk.run { $0.replay("/logs/a.log", stretch, json: false) } == .refused)
            #expect(desk.errors.contains(words), "\(desk.errors)")
        }
        #expect(desk.requests.isEmpty)
    }
}
