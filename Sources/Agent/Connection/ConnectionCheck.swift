// `tailproof check --connect`: can documents be created, host by host? Nothing is written.
import Bytes
import Elastic
import Platform

/// One run of the command. Used by one thread.
package struct ConnectionCheck: ~Copyable {
    private let settings: Configuration.Elasticsearch
    let destinations: [Destination]
    /// Seconds since 1970, for the names of dated indices.
    let now: Int64
    private let json: Bool
    private var print: Printout
    private(set) var findings: [ConnectionFinding] = []

    package init(
        _ settings: Configuration.Elasticsearch, _ configuration: Configuration,
        _ surroundings: CommandSurroundings, json: Bool
    ) {
        self.settings = settings
        self.json = json
        destinations = Destination.all(of: configuration)
        now = surroundings.wall().nanoseconds / 1_000_000_000
        print = Printout(surroundings)
    }

    /// Asks every host and prints what it finds; fails where anything would keep documents out.
    package mutating func run() -> ExitCode {
        for host in settings.hosts.indices {
            let client = ServerClient(print.surroundings, settings, host: host)
            do throws(NoAnswer) {
                try ask(client)
            } catch {
                note(
                    client, "connection", nil, .failed, error.words,
                    remedy: ConnectionCheck.remedy(for: error.failure.kind))
            }
        }
        report()
        let isGood = !findings.contains { $0.result == .failed }
        if !isGood { print.result = .failed }
        return print.result
    }

    private static func remedy(for kind: BulkFailure.Kind) -> String? {
        switch kind {
        case .dns, .connect: "see output.elasticsearch.hosts: is it the right name and port?"
        case .tls: "see output.elasticsearch.tls, and whether the host wants http or https"
        default: nil
        }
    }

    mutating func note(
        _ client: ServerClient, _ check: String, _ subject: String?,
        _ result: ConnectionFinding.Result, _ detail: String, remedy: String? = nil
    ) {
        findings.append(
            ConnectionFinding(
                host: client.url, check: check, subject: subject, result: result, detail: detail,
                remedy: remedy))
    }

    // MARK: - Asking

    private mutating func ask(_ client: ServerClient) throws(NoAnswer) {
        let product: Product
        switch try client.greet() {
        case .stranger:
            note(client, "connection", nil, .good, "answers")
            noteStranger(client)
            return
        case .other(let what):
            note(
                client, "product", nil, .failed, what,
                remedy: ConnectionCheck.remedy(for: .connect))
            return
        case .product(let found): product = found
        }
        note(client, "connection", nil, .good, "answers")
        note(client, "product", nil, .good, product.words)
        guard let hasSignIn = try signIn(client, product) else { return }
        for destination in destinations {
            let isThere = try look(for: destination, on: client)
            if hasSignIn {
                try privileges(for: destination, isThere: isThere, product, on: client)
            }
        }
        let pipelines = destinations.flatMap(\.pipelines)
        for (index, name) in pipelines.enumerated() where name != "_none" {
            if !pipelines[..<index].contains(name) { try pipeline(name, on: client) }
        }
    }

    private mutating func noteStranger(_ client: ServerClient) {
        note(
            client, "sign-in", nil, .failed,
            "HTTP 401: the server does not know these credentials, or wants some",
            remedy: "see output.elasticsearch.auth; an administrator makes a key with "
                + "'tailproof setup --api-key FILE'")
    }

    /// Whether there is sign-in on this server; nil where it failed.
    private mutating func signIn(
        _ client: ServerClient, _ product: Product
    ) throws(NoAnswer) -> Bool? {
        let path =
            product.isOpenSearch ? "/_plugins/_security/authinfo" : "/_security/_authenticate"
        let answer = try client.get(path)
        if answer.status == 401 {
            noteStranger(client)
            return nil
        }
        if answer.isUnknownRequest {
            note(client, "sign-in", nil, .good, "this server asks for none")
            return false
        }
        guard answer.isGood else {
            note(client, "sign-in", nil, .unknown, "HTTP \(answer.status): \(answer.reason)")
            return true
        }
        let key = answer.body?[path: ["api_key", "name"]]?.string.map { "API key \($0) of " }
        let user = answer.body?["username"]?.string ?? answer.body?["user_name"]?.string ?? ""
        note(client, "sign-in", nil, .good, Printout.printable((key ?? "") + user))
        return true
    }

    private mutating func pipeline(_ name: String, on client: ServerClient) throws(NoAnswer) {
        let answer = try client.get("/_ingest/pipeline/" + APIRequest.encoded(name))
        let subject = Printout.printable(name)
        switch answer.status {
        case 200: note(client, "pipeline", subject, .good, "exists")
        case 404:
            note(
                client, "pipeline", subject, .failed,
                "does not exist: every line would wait for it",
                remedy: "'tailproof setup --pipeline' makes it, or pipeline: none")
        case let status:
            note(client, "pipeline", subject, .unknown, ConnectionCheck.unseen(status))
        }
    }

    static func unseen(_ status: Int) -> String {
        status == 403
            ? "these credentials may not look, and need not" : "HTTP \(status) to the question"
    }

    // MARK: - What is said

    private mutating func report() {
        if json {
            for finding in findings { print.out.append(text: finding.json.line + "\n") }
        } else {
            var rows = [["HOST", "CHECK", "RESULT", "DETAIL"]]
            for finding in findings {
                let subject = finding.subject.map { $0 + ": " } ?? ""
                rows.append([
                    finding.host, finding.check, finding.result.rawValue, subject + finding.detail,
                ])
            }
            print.appendTable(rows, isRight: { _ in false })
            var told: [String] = []
            for remedy in findings.compactMap(\.remedy) where !told.contains(remedy) {
                told.append(remedy)
                print.out.append(text: "\nTo mend it: \(remedy)\n")
            }
        }
        print.flush()
    }
}
