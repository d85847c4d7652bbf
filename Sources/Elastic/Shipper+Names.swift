// What replies name beside statuses: indices, for duplicates across a rollover, and ids.
import Bytes

/// What the replies of a request gave away about ids, gathered for one notice each.
struct NameFindings: Sendable {
    /// Events that may be stored twice, and the id of the first.
    var duplicates = 0
    var firstDuplicate = ""
    /// Events that were stored under ids that are not ours.
    var foreign = 0
}

extension Shipper {
    /// Remembers which events were sent by a request of which nobody knows what the server did.
    mutating func noteUnknown(_ outcome: BulkOutcome, _ request: BulkRequest) {
        if case .failed = outcome { introduced.remove(request.host) }
        guard Verdict.mayHaveActed(outcome) else { return }
        for event in sent where notes[Int(event)]?.unknownSince == nil {
            notes[Int(event), default: Stragglers.Note()].unknownSince = request.number
        }
    }

    /// Looks at the index and id that a reply names for an event that it settles.
    mutating func checkNames(
        _ event: Int, _ item: BulkItem, _ body: Span<UInt8>, _ request: BulkRequest
    ) {
        if !item.id.isEmpty, isForeign(item, body, batch, event) { findings.foreign += 1 }
        if item.index.isEmpty { return }
        let name = body.extracting(Int(item.index.lowerBound)..<Int(item.index.upperBound))
        let isSecond = pool.judge(
            target: batch.events[event].target, index: xxh3(name),
            request: request.number, unknownSince: notes[event]?.unknownSince)
        guard isSecond, item.status == 201 else { return }
        counters.possiblyDuplicate += 1
        if findings.duplicates == 0 { findings.firstDuplicate = sentID(batch, event) }
        findings.duplicates += 1
    }

    mutating func noticeNames() {
        if findings.duplicates > 0 {
            notices.append(
                .possiblyDuplicate(events: findings.duplicates, id: findings.firstDuplicate))
        }
        if findings.foreign > 0 { notices.append(.foreignIDs(events: findings.foreign)) }
        findings = NameFindings()
    }
}

// Free functions: a span of the batch would forbid changing anything beside it.

private func isForeign(
    _ item: BulkItem, _ body: Span<UInt8>, _ batch: borrowing Batch, _ event: Int
) -> Bool {
    item.namesForeignID(body, sent: batch.body.bytes(batch.range(of: event)))
}

private func sentID(_ batch: borrowing Batch, _ event: Int) -> String {
    let lines = batch.body.bytes(batch.range(of: event))
    guard let place = ActionLine.id(in: lines) else { return "unknown" }
    return lines.extracting(place).text
}
