// Documents that are sent again by a command, each once: in one request, or in halves.
import Bytes
import Elastic

/// What became of a line that was sent again.
enum SendOutcome {
    case taken(Fate)
    /// Refused by itself, for the server's reason: status, type, reason.
    case refused(UInt16, String, String)
    /// Its request came to nothing.
    case failed(String)
}

/// The hosts of the configuration, asked one after the other where nobody answers.
struct HostTurn {
    private let surroundings: CommandSurroundings
    private let hosts: [String]
    private var host = 0
    private var requests = 0

    /// nil without a server in the configuration.
    init?(_ configuration: Configuration, _ surroundings: CommandSurroundings) {
        guard case .elasticsearch(let settings) = configuration.output else { return nil }
        hosts = settings.hosts
        self.surroundings = surroundings
    }

    /// Posts a body until a host answers.
    mutating func post(
        _ body: borrowing ByteBuffer, to path: String, events: Int, into reply: inout ByteBuffer
    ) -> BulkOutcome {
        var tries = 0
        while true {
            requests += 1
            tries += 1
            let request = BulkRequest(
                host: host, path: path, encoding: .plain, rawBytes: body.count, events: events,
                number: requests)
            let outcome = surroundings.post(request, of: body, into: &reply)
            guard case .failed = outcome, tries < hosts.count else { return outcome }
            host = (host + 1) % hosts.count
        }
    }
}

/// Sends documents, and says what became of each. Owned by one thread.
struct BulkSender: ~Copyable {
    private var turn: HostTurn
    private let path: String
    private var body = ByteBuffer(capacity: 4096)
    private var reply = ByteBuffer(capacity: 4096)
    /// Why nothing more is sent.
    private(set) var stopped: String?

    /// nil without a server in the configuration.
    init?(_ configuration: Configuration, _ surroundings: CommandSurroundings) {
        guard case .elasticsearch(let settings) = configuration.output,
            let turn = HostTurn(configuration, surroundings)
        else { return nil }
        self.turn = turn
        path = BulkRequest.path(requiringDataStream: settings.requireDataStream)
    }

    /// Posts documents, each as its action line and its source line, in halves where they are
    /// refused together; an outcome for each.
    mutating func post(_ documents: [[UInt8]]) -> [SendOutcome] { post(documents[...]) }

    private mutating func post(_ documents: ArraySlice<[UInt8]>) -> [SendOutcome] {
        if let stopped { return documents.map { _ in .failed("not sent: " + stopped) } }
        body.clear()
        for document in documents { body.append(document) }
        let outcome = turn.post(body, to: path, events: documents.count, into: &reply)
        var content = BulkReply()
        let isRead = (try? content.parse(reply.bytes, limit: documents.count)) != nil
        let verdict = Verdict.request(
            outcome, items: isRead ? content.items.count : nil, sent: documents.count,
            history: AttemptHistory())
        switch verdict {
        case .items: return content.items.map { SendOutcome($0, reply.bytes) }
        case .bisect, .halve:
            if documents.count > 1 {
                let middle = documents.startIndex + documents.count / 2
                let first = post(documents[..<middle])
                return first + post(documents[middle...])
            }
            guard case .reply(let status, _) = outcome else { return [.failed(outcome.reason)] }
            var whole = content.failure ?? BulkItem()
            whole.status = UInt16(status)
            return [SendOutcome(whole, reply.bytes)]
        case .resend, .credentials, .configuration, .busy:
            let reason = outcome.reason
            stopped = reason
            return documents.map { _ in .failed(reason) }
        }
    }
}

extension SendOutcome {
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
    var reason: String {
        switch self {
        case .reply(200, _): "a reply that cannot be understood"
        case .reply(let status, _): "HTTP \(status)"
        case .failed(let failure): "\(failure.kind.rawValue): \(failure.description)"
        }
    }
}

extension Fate {
    /// What it means, for people.
    var word: String {
        switch self {
        case .stored: "stored"
        case .dropped: "dropped by the server's pipeline"
        case .diverted: "stored in the failure store"
        case .duplicate: "stored before"
        case .pending, .straggling, .rejected: "open"
        }
    }
}

extension Printout {
    /// An outcome in words.
    mutating func append(_ outcome: SendOutcome) {
        switch outcome {
        case .taken(let fate): out.append(text: fate.word)
        case .refused(let status, let type, let reason):
            out.append(text: "refused: \(status) ")
            out.append(printable: type)
            out.append(": ")
            out.append(printable: reason)
        case .failed(let reason):
            out.append("failed: ")
            out.append(printable: reason)
        }
    }

    mutating func appendMembers(of outcome: SendOutcome) {
        switch outcome {
        case .taken(let fate): member("outcome", text: fate.word)
        case .refused(let status, let type, let reason):
            member("outcome", text: "refused")
            member("status", UInt64(status))
            member("type", text: type)
            member("reason", text: reason)
        case .failed(let reason):
            member("outcome", text: "failed")
            member("reason", text: reason)
        }
    }
}
