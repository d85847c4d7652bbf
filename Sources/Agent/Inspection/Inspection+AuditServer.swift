// `audit --server`: asks for every line that the ledger calls settled, by its id.
import Bytes
import Elastic
import Platform
import Tail

extension Inspection {
    /// Lines that are named when they are missing.
    private static let named = 5
    /// How often what was not found is asked for again: search sees what was stored a moment ago
    /// with the next refresh.
    private static let patience = 3

    mutating func askServer(_ audit: inout FileAudit, _ inquiry: inout Inquiry?) {
        let file = audit.file
        let record = file.record
        guard file.presence == .present else {
            audit.notes.append("the server cannot be asked: ids are made of the file's bytes")
            return
        }
        guard let input = input(of: record) else {
            audit.problems.append(
                "the server cannot be asked: no input of the configuration names the file")
            return
        }
        var count = ServerCount()
        do throws(SystemError) {
            let handle = try logs.openForReading(file.path)
            defer { logs.close(handle) }
            let time = try LineWalk.inheritedTime(
                record, input: input, handle, logs, settings, before: record.base)
            var walk = LineWalk(
                record, input: input, handle, logs, settings, from: record.base,
                to: record.committed, lastTime: time, lines: Inquiry.page)
            while try walk.step() {
                if let failure = ask(walk.sought, &count, &inquiry) {
                    audit.problems.append("the server was asked in vain: " + failure)
                    return
                }
            }
        } catch {
            audit.problems.append("the file cannot be read: \(error)")
            return
        }
        audit.server = count
        judge(count, &audit)
    }

    /// Asks for some lines; says why where nobody answers.
    private func ask(
        _ lines: [(offset: UInt64, document: Sought)], _ count: inout ServerCount,
        _ inquiry: inout Inquiry?
    ) -> String? {
        var left = lines
        count.asked += UInt64(lines.count)
        for attempt in 0...Inspection.patience where !left.isEmpty {
            if attempt > 0 { page.surroundings.pause(.seconds(1)) }
            switch inquiry?.find(left.map(\.document)) {
            case .found(let found)?:
                for indices in found.values where indices.count > 1 { count.twice += 1 }
                let before = left.count
                left.removeAll { found[$0.document.id] != nil }
                count.found += UInt64(before - left.count)
            case .failed(let reason)?: return reason
            case nil: return "no server"
            }
        }
        for line in left.prefix(Inspection.named - min(Inspection.named, count.missing.count)) {
            count.missing.append(line.offset)
        }
        return nil
    }

    private func judge(_ count: ServerCount, _ audit: inout FileAudit) {
        let tally = audit.file.record.tally
        let stored = tally.events(.stored) + tally.events(.duplicate)
        // Fragments that were shipped at a shutdown are documents beside those of lines.
        let events = Outcome.settled.reduce(0) { $0 + tally.events($1) }
        let fragments = events - min(events, audit.lines ?? events)
        let owed = stored - min(stored, fragments)
        if count.found < owed {
            let isExact = stored + tally.events(.filtered) == events
            let places = count.missing.map { String($0) }.joined(separator: ", ")
            audit.problems.append(
                "the server has \(count.found) of \(owed) lines that were stored: "
                    + "\(owed - count.found) missing"
                    + (isExact ? ", the first at byte \(places)" : ""))
        } else if count.found > owed + audit.parked.all {
            audit.problems.append(
                "the server has \(count.found) lines, \(owed) are counted as stored: "
                    + difference(count.found, owed, "line"))
        }
        if count.twice > 0 {
            audit.problems.append(
                "\(count.twice) line\(count.twice == 1 ? " is" : "s are") in more than one index")
        }
    }
}

extension LineWalk {
    /// The documents of the step before: where their lines begin, and where to look for them.
    var sought: [(offset: UInt64, document: Sought)] {
        batch.events.indices.map { index in
            let lines = batch.body.bytes(batch.range(of: index))
            let action = PostedAction(lines)
            return (
                batch.events[index].offset,
                Sought(target: action.index, id: String(decoding: action.id, as: UTF8.self))
            )
        }
    }
}
