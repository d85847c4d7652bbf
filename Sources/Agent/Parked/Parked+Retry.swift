// `parked retry`: posts the kept lines once more and notes which of them the server has taken.
import Bytes
import Elastic
import Platform
import Tail

extension Parked {
    /// Lines that are posted together: so many, and so many bytes unless one alone is longer.
    private static let mostLines = 1000
    private static let mostBytes = 1 << 20

    /// A run's way through the lines.
    private struct Retrying: ~Copyable {
        var sender: BulkSender
        let json: Bool
        /// The lines of the next request.
        var waiting: [ParkRecord] = []
        var waitingBytes = 0
        var living: LivingLines
        var taken = 0
        var lines = 0
    }

    /// Sends the lines with these numbers again, or all that were not taken yet when there are
    /// none. Each is sent once.
    package mutating func retry(_ numbers: [UInt64], json: Bool) -> ExitCode {
        guard let sender = BulkSender(configuration, page.surroundings) else {
            page.complain("output: no elasticsearch is configured to send the lines to")
            return .refused
        }
        var missing = Set(numbers)
        let wanted = missing
        var living = LivingLines()
        // Places of notes are used again only where the whole park is known.
        guard
            let survey = read({ _, record, _ in
                living.insert(record.number, key: record.line.key)
                missing.remove(record.number)
            })
        else { return page.result }
        report(survey)
        reportMissing(missing)
        if !survey.isWhole { living = LivingLines() }
        var run = Retrying(sender: sender, json: json, living: living)
        let isRead = read { parked, record, isRetried in
            guard wanted.isEmpty || wanted.contains(record.number) else { return }
            if isRetried, wanted.isEmpty { return }
            run.lines += 1
            if isRetried {
                run.taken += 1
                parked.say(record, .taken(.duplicate), json: json)
                return
            }
            let bytes = record.line.posted.count
            if run.waiting.count == Parked.mostLines
                || (run.waitingBytes + bytes > Parked.mostBytes && !run.waiting.isEmpty)
            {
                parked.send(&run)
            }
            run.waiting.append(record)
            run.waitingBytes += bytes
        }
        send(&run)
        if isRead != nil, !json {
            page.out.append(text: "\(run.taken) of \(run.lines) taken\n")
        }
        page.flush()
        if run.taken < run.lines { page.result = .failed }
        return page.result
    }

    private mutating func send(_ run: inout Retrying) {
        let lines = run.waiting
        run.waiting = []
        run.waitingBytes = 0
        if lines.isEmpty { return }
        var notes: [ParkNote] = []
        for (record, outcome) in zip(lines, run.sender.post(lines.map(\.line.posted))) {
            say(record, outcome, json: run.json)
            guard case .taken(let fate) = outcome else { continue }
            run.taken += 1
            notes.append(
                ParkNote(
                    number: record.number, key: record.line.key, time: page.surroundings.wall(),
                    status: fate.status))
        }
        page.flush()
        do throws(SystemError) {
            try ParkRetries.add(
                notes, in: directory, files: page.surroundings.disk, living: run.living)
        } catch {
            page.complain(
                "\(directory.appending(ParkRetries.name)): \(error); what was taken is not noted, "
                    + "and can be sent again without harm")
        }
    }

    // MARK: - What is said of a line

    private mutating func say(_ record: ParkRecord, _ outcome: SendOutcome, json: Bool) {
        json ? sayJSON(record, outcome) : sayText(record, outcome)
        page.flush(from: 64 << 10)
    }

    private mutating func sayText(_ record: ParkRecord, _ outcome: SendOutcome) {
        page.out.append(decimal: record.number)
        page.out.append("  ")
        page.append(outcome)
        page.out.append("\n")
    }

    private mutating func sayJSON(_ record: ParkRecord, _ outcome: SendOutcome) {
        page.out.append("{")
        page.member("number", record.number)
        page.appendMembers(of: outcome)
        page.out.append("}\n")
    }
}

extension Fate {
    /// HTTP status of the item.
    fileprivate var status: UInt16 {
        switch self {
        case .dropped: 200
        case .duplicate: 409
        default: 201
        }
    }
}
