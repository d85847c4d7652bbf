// `parked retry`: posts the kept lines once more and notes which of them the server has taken.
import Bytes
import Elastic
import Platform
import Tail

/// What became of a line that was sent again.
private enum RetryOutcome {
    case taken(Fate)
    /// Refused by itself, for the server's reason: status, type, reason.
    case refused(UInt16, String, String)
    /// Its request came to nothing.
    case failed(String)
}

extension Parked {
    /// Lines that are posted together: so many, and so many bytes unless one alone is longer.
    private static let mostLines = 1000
    private static let mostBytes = 1 << 20

    /// A run's way through the lines.
    private struct Retrying: ~Copyable {
        let hosts: [String]
        let path: String
        let json: Bool
        var host = 0
        var requests = 0
        var body = ByteBuffer(capacity: 4096)
        var reply = ByteBuffer(capacity: 4096)
        /// The lines of the next request.
        var waiting: [ParkRecord] = []
        var waitingBytes = 0
        var living: LivingLines
        /// Why nothing more is sent.
        var stopped: String?
        var taken = 0
        var lines = 0
    }

    /// Sends the lines with these numbers again, or all that were not taken yet when there are
    /// none. Each is sent once.
    package mutating func retry(_ numbers: [UInt64], json: Bool) -> ExitCode {
        guard case .elasticsearch(let settings) = configuration.output else {
            complain("output: no elasticsearch is configured to send the lines to")
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
        else { return result }
        report(survey)
        reportMissing(missing)
        if !survey.isWhole { living = LivingLines() }
        let path = BulkRequest.path(requiringDataStream: settings.requireDataStream)
        var run = Retrying(hosts: settings.hosts, path: path, json: json, living: living)
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
            out.append(text: "\(run.taken) of \(run.lines) taken\n")
        }
        flush()
        if run.taken < run.lines { result = .failed }
        return result
    }

    private mutating func send(_ run: inout Retrying) {
        let lines = run.waiting
        run.waiting = []
        run.waitingBytes = 0
        if lines.isEmpty { return }
        var notes: [ParkNote] = []
        for (record, outcome) in zip(lines, post(lines[...], &run)) {
            say(record, outcome, json: run.json)
            guard case .taken(let fate) = outcome else { continue }
            run.taken += 1
            notes.append(
                ParkNote(
                    number: record.number, key: record.line.key, time: surroundings.wall(),
                    status: fate.status))
        }
        flush()
        do throws(SystemError) {
            try ParkRetries.add(
                notes, in: directory, files: surroundings.disk, living: run.living)
        } catch {
            complain(
                "\(directory.appending(ParkRetries.name)): \(error); what was taken is not noted, "
                    + "and can be sent again without harm")
        }
    }

    /// Posts lines, in halves where they are refused together; an outcome for each.
    private func post(
        _ lines: ArraySlice<ParkRecord>, _ run: inout Retrying
    ) -> [RetryOutcome] {
        if let stopped = run.stopped {
            return lines.map { _ in .failed("not sent: " + stopped) }
        }
        run.body.clear()
        for record in lines { run.body.append(record.line.posted) }
        let outcome = attempt(lines.count, &run)
        var reply = BulkReply()
        let items: Int? =
            (try? reply.parse(run.reply.bytes, limit: lines.count)) == nil
            ? nil : reply.items.count
        let verdict = Verdict.request(
            outcome, items: items, sent: lines.count, history: AttemptHistory())
        switch verdict {
        case .items: return reply.items.map { RetryOutcome($0, run.reply.bytes) }
        case .bisect, .halve:
            if lines.count > 1 {
                let middle = lines.startIndex + lines.count / 2
                let first = post(lines[..<middle], &run)
                return first + post(lines[middle...], &run)
            }
            guard case .reply(let status, _) = outcome else { return [.failed(outcome.reason)] }
            var whole = reply.failure ?? BulkItem()
            whole.status = UInt16(status)
            return [RetryOutcome(whole, run.reply.bytes)]
        case .resend, .credentials, .configuration, .busy:
            let reason = outcome.reason
            run.stopped = reason
            return lines.map { _ in .failed(reason) }
        }
    }

    /// One request; where nobody answers the next host is asked.
    private func attempt(_ events: Int, _ run: inout Retrying) -> BulkOutcome {
        var tries = 0
        while true {
            run.requests += 1
            tries += 1
            let request = BulkRequest(
                host: run.host, path: run.path, encoding: .plain,
                rawBytes: run.body.count, events: events, number: run.requests)
            let outcome = surroundings.post(request, of: run.body, into: &run.reply)
            guard case .failed = outcome, tries < run.hosts.count else { return outcome }
            run.host = (run.host + 1) % run.hosts.count
        }
    }

    // MARK: - What is said of a line

    private mutating func say(_ record: ParkRecord, _ outcome: RetryOutcome, json: Bool) {
        json ? sayJSON(record, outcome) : sayText(record, outcome)
        flush(from: 64 << 10)
    }

    private mutating func sayText(_ record: ParkRecord, _ outcome: RetryOutcome) {
        out.append(decimal: record.number)
        switch outcome {
        case .taken(let fate): out.append(text: "  \(fate.word)\n")
        case .refused(let status, let type, let reason):
            out.append(text: "  refused: \(status) ")
            out.append(printable: type)
            out.append(": ")
            out.append(printable: reason)
            out.append("\n")
        case .failed(let reason):
            out.append("  failed: ")
            out.append(printable: reason)
            out.append("\n")
        }
    }

    private mutating func sayJSON(_ record: ParkRecord, _ outcome: RetryOutcome) {
        out.append("{\"number\":")
        out.append(decimal: record.number)
        switch outcome {
        case .taken(let fate): member("outcome", Array(fate.word.utf8))
        case .refused(let status, let type, let reason):
            member("outcome", Array("refused".utf8))
            out.append(",\"status\":")
            out.append(decimal: UInt64(status))
            member("type", Array(type.utf8))
            member("reason", Array(reason.utf8))
        case .failed(let reason):
            member("outcome", Array("failed".utf8))
            member("reason", Array(reason.utf8))
        }
        out.append("}\n")
    }
}

extension Parked.Surroundings {
    /// A function of its own: a span of the body forbids changing anything beside it.
    fileprivate func post(
        _ request: BulkRequest, of body: borrowing ByteBuffer, into reply: inout ByteBuffer
    ) -> BulkOutcome {
        post(request, body.bytes, &reply)
    }
}

extension RetryOutcome {
    /// What an item of a reply says.
    fileprivate init(_ item: BulkItem, _ reply: Span<UInt8>) {
        if case .settled(let fate) = Verdict.item(item, company: false) {
            self = .taken(fate)
        } else {
            self = .refused(
                item.status, reply.decoded(item.errorType), reply.decoded(item.errorReason))
        }
    }
}

extension Span where Element == UInt8 {
    /// The text that stands in this range between quotes, escapes resolved.
    fileprivate func decoded(_ range: Range<UInt32>) -> String {
        if range.isEmpty { return "" }
        var scanner = JSONScanner(extracting(Int(range.lowerBound) - 1..<Int(range.upperBound) + 1))
        guard let token = try? scanner.next(), case .string(let text) = token else { return "" }
        var buffer = ByteBuffer(capacity: range.count)
        scanner.decode(text, into: &buffer)
        return buffer.bytes.text
    }
}

extension BulkOutcome {
    /// Why a request as a whole came to nothing.
    fileprivate var reason: String {
        switch self {
        case .reply(200, _): "a reply that cannot be understood"
        case .reply(let status, _): "HTTP \(status)"
        case .failed(let failure): "\(failure.kind.rawValue): \(failure.description)"
        }
    }
}

extension Fate {
    fileprivate var word: String {
        switch self {
        case .stored: "stored"
        case .dropped: "dropped by the server's pipeline"
        case .diverted: "stored in the failure store"
        case .duplicate: "stored before"
        case .pending, .straggling, .rejected: "open"
        }
    }

    /// HTTP status of the item.
    fileprivate var status: UInt16 {
        switch self {
        case .dropped: 200
        case .duplicate: 409
        default: 201
        }
    }
}
