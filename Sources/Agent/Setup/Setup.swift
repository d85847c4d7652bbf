// `tailproof setup`: makes a server ready for documents of a configuration, says what it did.
import Bytes
import Elastic
import Platform

/// One run of the command. Used by one thread.
package struct Setup: ~Copyable {
    /// Where the key goes that was asked for.
    package enum KeyPlace: Equatable {
        case output
        case file(Path)
    }

    /// What became of a part.
    enum Outcome {
        case created
        case replaced
        case unchanged
        /// It belongs to another product, as a template of Fleet: the data is welcome there as is.
        case kept(String)
        /// The server has no such thing.
        case lacking(String)
        /// Somebody else's, or made for another configuration: where it differs.
        case differs([String])
        case failed(String)

        var word: String {
            switch self {
            case .created: "created"
            case .replaced: "replaced"
            case .unchanged: "unchanged"
            case .kept: "kept"
            case .lacking: "lacking"
            case .differs: "differs"
            case .failed: "failed"
            }
        }
    }

    let choices: SetupChoices
    let destinations: [Destination]
    private let settings: Configuration.Elasticsearch
    private let force: Bool
    private let json: Bool
    private let keyPlace: KeyPlace?
    var print: Printout

    package init(
        _ settings: Configuration.Elasticsearch, _ configuration: Configuration,
        _ surroundings: CommandSurroundings, choices: SetupChoices = SetupChoices(),
        force: Bool = false, json: Bool = false, key: KeyPlace? = nil
    ) {
        self.settings = settings
        self.choices = choices
        self.force = force
        self.json = json
        keyPlace = key
        destinations = Destination.all(of: configuration)
        print = Printout(surroundings)
    }

    /// Asks the first host that answers and installs what it lacks.
    package mutating func install() -> ExitCode {
        for host in settings.hosts.indices {
            let client = ServerClient(print.surroundings, settings, host: host)
            do throws(NoAnswer) {
                try install(on: client)
                print.flush()
                return print.result
            } catch {
                print.flush()
                print.surroundings.errors("tailproof: \(client.url): \(error.words)\n")
            }
        }
        return .failed
    }

    private mutating func install(on client: ServerClient) throws(NoAnswer) {
        let product: Product
        switch try client.greet() {
        case .product(let found): product = found
        case .stranger:
            return print.complain(
                "\(client.url): HTTP 401: the credentials of the configuration are not known there")
        case .other(let what): return print.complain("\(client.url): \(what)")
        }
        let offer = try client.offer(product)
        let plan = SetupPlan(destinations, choices, offer)
        if !json { print.out.append(text: "\(client.url): \(product.words)\n") }
        for (part, reason) in plan.lacking { report(part, nil, .lacking(reason)) }
        for part in plan.parts {
            report(part.kind.rawValue, part.name, try install(part, on: client))
        }
        if let keyPlace {
            report("API key", choices.name, try makeKey(plan.role, keyPlace, offer, on: client))
        }
    }

    private func install(
        _ part: SetupPart, on client: ServerClient
    ) throws(NoAnswer) -> Outcome {
        let present = try client.get(part.path)
        if present.isUnknownRequest { return .lacking(Setup.absence(of: part)) }
        let there = present.isGood ? part.found(in: present.body) : nil
        if !present.isGood, present.status != 404 {
            return .failed(Setup.refusal(present, part.privilege))
        }
        if let there {
            if part.kind == .template, there[path: ["_meta", "managed_by"]]?.string == "fleet" {
                return .kept("belongs to an integration of Elastic's")
            }
            let differences = JSONValue.differences(there: there, wanted: part.body)
            if differences.isEmpty { return .unchanged }
            if !force { return .differs(differences) }
        }
        let query = part.query(replacing: there == nil ? nil : present.body)
        let reply = try client.put(part.path + query, part.body)
        if reply.isGood { return there == nil ? .created : .replaced }
        if reply.isUnknownRequest { return .lacking(Setup.absence(of: part)) }
        return .failed(Setup.refusal(reply, part.privilege))
    }

    private static func absence(of part: SetupPart) -> String {
        switch part.kind {
        case .role: "no sign-in on this server: no role is needed"
        default: "the server has no such thing"
        }
    }

    /// Why a server refused a request that needs a privilege, and what helps.
    private static func refusal(_ answer: Answer, _ privilege: String) -> String {
        let words = "HTTP \(answer.status)" + (answer.reason.isEmpty ? "" : ": \(answer.reason)")
        if answer.status == 401 { return words + "; the server does not know these credentials" }
        if answer.status != 403 { return words }
        return words
            + "; setup needs the cluster privilege \(privilege), which the agent does not: run it "
            + "with the credentials of an administrator, or have one paste what --print prints"
    }

    // MARK: - The key

    private func makeKey(
        _ role: JSONValue, _ place: KeyPlace, _ offer: ServerOffer, on client: ServerClient
    ) throws(NoAnswer) -> Outcome {
        if offer.isOpenSearch {
            return .lacking(
                "OpenSearch has no API keys: map the role \(choices.name) to a user instead")
        }
        guard case .file(let path) = place else {
            return try makeKey(role, on: client) { (key) throws(SystemError) in
                try print.surroundings.output(key.span)
            }
        }
        // Made before the key is, which else could be kept nowhere.
        let file: NewFile
        do throws(SystemError) { file = try NewFile(path) } catch {
            return error.isPresence ? .unchanged : .failed("\(path): \(error.reason)")
        }
        var isKept = false
        defer { if !isKept { file.remove() } }
        let outcome = try makeKey(role, on: client) { (key) throws(SystemError) in
            try file.write(key.span)
            isKept = true
        }
        return outcome
    }

    private func makeKey(
        _ role: JSONValue, on client: ServerClient, keep: ([UInt8]) throws(SystemError) -> Void
    ) throws(NoAnswer) -> Outcome {
        let reply = try client.post(Setup.keyPath, Setup.key(choices.name, role))
        if reply.isUnknownRequest { return .lacking("no sign-in on this server: no key is needed") }
        guard reply.isGood, let id = reply.body?["id"]?.string,
            let key = reply.body?["api_key"]?.string
        else { return .failed(Setup.refusal(reply, "manage_own_api_key")) }
        // Elasticsearch before 7.16 does not encode it; both forms are taken from a file.
        let secret = reply.body?["encoded"]?.string ?? "\(id):\(key)"
        do throws(SystemError) {
            try keep(Array((secret + "\n").utf8))
            return .created
        } catch {
            return .failed(
                "\(error.reason): the key was made and is lost; its id is "
                    + Printout.printable(id)
            )
        }
    }

    static let keyPath = "/_security/api_key"

    static func key(_ name: String, _ role: JSONValue) -> JSONValue {
        [
            "name": .text(name), "role_descriptors": .object([(name: name, value: role)]),
            "metadata": ["managed_by": "tailproof"],
        ]
    }

    // MARK: - What is said

    /// A line for people on standard output, or on standard error where the key alone goes out.
    private mutating func report(_ part: String, _ name: String?, _ outcome: Outcome) {
        var details: [String] = []
        switch outcome {
        case .created, .replaced, .unchanged: break
        case .kept(let reason), .lacking(let reason): details = [reason]
        case .differs(let places):
            details = places.map { Printout.printable($0) }
            print.result = .failed
        case .failed(let reason):
            details = [reason]
            print.result = .failed
        }
        if json {
            let line: JSONValue = [
                "part": .text(part), "name": name.map { .text($0) } ?? .null,
                "outcome": .text(outcome.word), "details": JSONValue(texts: details),
            ]
            print.out.append(text: line.line + "\n")
        } else {
            let word = outcome.word
            let gap = String(repeating: " ", count: 9 - word.utf8.count)
            print.out.append(text: "\(word)\(gap)  \(part)")
            if let name { print.out.append(text: " " + Printout.printable(name)) }
            if case .differs = outcome {
                print.out.append(text: ": left as it is; --force replaces it\n")
                for place in details { print.out.append(text: "             \(place)\n") }
            } else {
                print.out.append(text: details.map { ": \($0)" }.joined() + "\n")
            }
        }
        if keyPlace == .output {
            // Standard output is the key's alone.
            print.surroundings.errors(print.out.bytes.text)
            print.out.clear()
        } else {
            print.flush()
        }
    }
}
