// What replies are asked to name, and what is made of it.
import Elastic
import Platform
import Testing

@Suite("Shipper, names in replies")
struct ShipperNamesTests {
    private func stored(_ seen: Seen, index: String) -> Answer {
        .items(
            seen.events.map {
                #"{"create":{"_index":"\#(index)","_id":"\#(eventID($0))","status":201}}"#
            })
    }

    private func duplicates(_ drive: ShipperDrive) -> [ShipperNotice] {
        drive.notices.filter { if case .possiblyDuplicate = $0 { true } else { false } }
    }

    @Test func `a host's first reply is asked for ids and indices, later ones for neither`() {
        let drive = ShipperDrive()
        for _ in 0..<130 { drive.ship([0]) { stored($0, index: ".ds-a-1") } }
        let paths = drive.seen.map(\.request.path)
        #expect(paths[0].hasSuffix(",items.*._index,items.*._id"))
        #expect(paths[1] == BulkRequest.path())
        // Now and then the index, so that a rollover is known before an outcome is not.
        let named = paths.indices.filter { paths[$0].hasSuffix("._index") }
        #expect(named == [64, 128])
        #expect(drive.notices.isEmpty)
    }

    @Test func `a new connection after a failure is asked again`() {
        let drive = ShipperDrive()
        drive.ship([0]) { stored($0, index: "i") }
        drive.ship([0]) {
            $0.request.number == 2 ? .failed(.connect) : stored($0, index: "i")
        }
        #expect(drive.seen[2].request.path.hasSuffix("._id"))
    }

    @Test(arguments: [
        Answer.failed(.replyReset), .failed(.timeout), .failed(.truncated), .reply(200, "<html>"),
        .reply(502, ""), .reply(500, ""),
    ])
    func `stored in another index after an unknown outcome, an event may be there twice`(
        answer: Answer
    ) {
        let drive = ShipperDrive()
        drive.ship([0]) { stored($0, index: ".ds-a-000001") }
        drive.ship([0, 0]) {
            $0.request.number == 2 ? answer : stored($0, index: ".ds-a-000002")
        }
        #expect(drive.seen.last?.request.path.contains("items.*._index") == true)
        #expect(duplicates(drive) == [.possiblyDuplicate(events: 2, id: eventID(0))])
        #expect(drive.shipper.counters.possiblyDuplicate == 2)
    }

    @Test(arguments: [Answer.failed(.connect), .failed(.dns), .reply(429, ""), .reply(401, "")])
    func `what the server surely did not do cannot be there twice`(answer: Answer) {
        let drive = ShipperDrive()
        drive.ship([0]) { stored($0, index: ".ds-a-000001") }
        drive.ship([0, 0]) {
            $0.request.number == 2 ? answer : stored($0, index: ".ds-a-000002")
        }
        #expect(duplicates(drive).isEmpty)
    }

    @Test func `an event that straggles after an unknown outcome is still told`() {
        let drive = ShipperDrive()
        drive.ship([0]) { stored($0, index: ".ds-a-000001") }
        drive.ship([0, 0]) { seen in
            switch seen.request.number {
            case 2: .failed(.replyReset)
            case 3:
                .items([
                    #"{"create":{"_index":".ds-a-000001","status":409}}"#,
                    #"{"create":{"_index":"a","status":429,"error":{"type":"x","reason":"y"}}}"#,
                ])
            default: stored(seen, index: ".ds-a-000002")
            }
        }
        #expect(duplicates(drive) == [.possiblyDuplicate(events: 1, id: eventID(1))])
    }

    @Test func `in the same index nothing is there twice`() {
        let drive = ShipperDrive()
        drive.ship([0]) { stored($0, index: "dated-2026.11.21") }
        drive.ship([0]) {
            $0.request.number == 2 ? .failed(.replyReset) : stored($0, index: "dated-2026.11.21")
        }
        #expect(duplicates(drive).isEmpty)
    }

    @Test func `ids that are not ours raise an alarm`() {
        let drive = ShipperDrive()
        drive.ship([0, 0]) { seen in
            .items(
                seen.events.map {
                    let id = $0 == 0 ? eventID(0) : "1d-0f-th3-s3rv3rs-0wn"
                    return #"{"create":{"_index":"a","_id":"\#(id)","status":201}}"#
                })
        }
        #expect(drive.notices == [.foreignIDs(events: 1)])
    }
}
