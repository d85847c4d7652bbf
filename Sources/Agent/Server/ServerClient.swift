// Asks one server and tells it to do things: a method, a path, JSON there and back.
import Bytes
import Elastic

/// What a server answered.
struct Answer {
    let status: Int
    /// nil where the body is no JSON.
    let body: JSONValue?

    var isGood: Bool { (200..<300).contains(status) }

    /// The type of the error, empty without one.
    var errorType: String { body?[path: ["error", "type"]]?.string ?? "" }

    /// Why the server refused, in its words; safe for a terminal.
    var reason: String {
        let error = body?["error"]
        let text = error?["reason"]?.string ?? error?.string ?? body?["message"]?.string ?? ""
        return Printout.printable(text)
    }

    /// Whether the server does not know the request at all.
    ///
    /// Measured: 400 "no handler found for uri", 405 "Incorrect HTTP method for uri". Serverless
    /// Elasticsearch answers 410 to what it does not offer; 500 is security that is switched off in
    /// Elasticsearch 7.
    var isUnknownRequest: Bool {
        if status == 405 || status == 410 || status == 501 { return true }
        if status == 400 { return reason.hasPrefix("no handler found for uri") }
        return status == 500 && reason.hasPrefix("Security must be explicitly enabled")
    }
}

/// No answer: where the way to the server ended.
struct NoAnswer: Error {
    let failure: BulkFailure

    /// For people.
    var words: String {
        let description = Printout.printable(failure.description)
        let way =
            switch failure.kind {
            case .dns: "the name is not known"
            case .connect: "nobody listens there"
            case .tls: "TLS"
            case .timeout: "no answer in time"
            // Such as a file of the configuration that cannot be used.
            case .other: ""
            default: "no answer"
            }
        return way.isEmpty ? description : "\(way): \(description)"
    }
}

/// One of the configured hosts. Used by one thread.
struct ServerClient {
    private let surroundings: CommandSurroundings
    /// Which of the hosts.
    let host: Int
    /// As configured.
    let url: String

    init(_ surroundings: CommandSurroundings, _ settings: Configuration.Elasticsearch, host: Int) {
        self.surroundings = surroundings
        self.host = host
        url = settings.hosts[host]
    }

    func get(_ path: String) throws(NoAnswer) -> Answer { try send(.get, path, nil) }

    func put(_ path: String, _ body: JSONValue) throws(NoAnswer) -> Answer {
        try send(.put, path, body)
    }

    func post(_ path: String, _ body: JSONValue?) throws(NoAnswer) -> Answer {
        try send(.post, path, body)
    }

    func send(
        _ method: APIRequest.Method, _ path: String, _ body: JSONValue?
    ) throws(NoAnswer) -> Answer {
        try send(method, path, text: body?.line ?? "")
    }

    /// The same with any body.
    func send(
        _ method: APIRequest.Method, _ path: String, text: String
    ) throws(NoAnswer) -> Answer {
        var sent = ByteBuffer(capacity: 1024)
        sent.append(text: text)
        var reply = ByteBuffer(capacity: 4096)
        let request = APIRequest(method, host: host, path: path)
        switch surroundings.ask(request, of: sent, into: &reply) {
        case .failed(let failure): throw NoAnswer(failure: failure)
        case .reply(let status, _):
            return Answer(status: status, body: try? JSONValue(reply.bytes))
        }
    }
}
