// `tailproof files`, `audit`, `explain` and `replay`: from arguments to what is asked.
import Platform

/// The options of the commands that look at the agent's files.
enum InspectionOptions {
    static let files = ParkedOptions.common + [ParkedOptions.json]
    static let server = Command.Option("server", "ask Elasticsearch as well")
    static let audit = ParkedOptions.common + [server, ParkedOptions.json]
    static let explain =
        ParkedOptions.common + [
            Command.Option("line", takes: .text("N"), "the line by its number, from 1"),
            Command.Option("offset", takes: .text("BYTE"), "the line by one of its bytes, from 0"),
            server, ParkedOptions.json,
        ]
    static let replay =
        ParkedOptions.common + [
            Command.Option("from", takes: .text("BYTE"), "the first byte of the first line"),
            Command.Option("to", takes: .text("BYTE"), "the first byte that is not sent again"),
            Command.Option("lines", takes: .text("A-B"), "instead: the lines from A to B"),
            ParkedOptions.json,
        ]
}

@Sendable func runFiles(_ arguments: ParsedArguments) -> ExitCode {
    inspect(arguments) { inspection in inspection.files(json: arguments.has("json")) }
}

@Sendable func runAudit(_ arguments: ParsedArguments) -> ExitCode {
    inspect(arguments) { inspection in
        inspection.audit(server: arguments.has("server"), json: arguments.has("json"))
    }
}

@Sendable func runExplain(_ arguments: ParsedArguments) -> ExitCode {
    let command = "explain"
    do throws(Usage) {
        let line = try number(arguments, "line", from: 1, command)
        let offset = try number(arguments, "offset", from: 0, command)
        let place: LinePlace
        switch (line, offset) {
        case (let line?, nil): place = .line(line)
        case (nil, let offset?): place = .offset(offset)
        case (nil, nil): return refuse("--line N or --offset BYTE is missing", command)
        default: return refuse("--line and --offset exclude each other", command)
        }
        return inspect(arguments) { inspection in
            inspection.explain(
                arguments.operands[0], place, server: arguments.has("server"),
                json: arguments.has("json"))
        }
    } catch {
        return complain(error.description, .refused)
    }
}

@Sendable func runReplay(_ arguments: ParsedArguments) -> ExitCode {
    do throws(Usage) {
        let stretch = try stretch(arguments)
        return inspect(arguments) { inspection in
            inspection.replay(arguments.operands[0], stretch, json: arguments.has("json"))
        }
    } catch {
        return complain(error.description, .refused)
    }
}

/// What is to be sent again.
private func stretch(_ arguments: ParsedArguments) throws(Usage) -> Stretch {
    let command = "replay"
    let from = try number(arguments, "from", from: 0, command)
    let to = try number(arguments, "to", from: 0, command)
    if let text = arguments.text("lines") {
        let parts = text.split(separator: "-" as Character, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt64($0) }
        guard parts.count == 2, numbers.count == 2, numbers[0] > 0, numbers[0] <= numbers[1],
            numbers[1] < 1 << 48
        else {
            throw Usage(
                message: "--lines takes two line numbers such as 3-17, not \(quoted(text))",
                command: command)
        }
        if from != nil || to != nil {
            throw Usage(
                message: "--lines excludes --from and --to", command: command)
        }
        return .lines(first: numbers[0], last: numbers[1])
    }
    guard let from, let to else {
        throw Usage(
            message: "--from BYTE and --to BYTE, or --lines A-B, are missing", command: command)
    }
    if from >= to {
        throw Usage(message: "--from \(from) is not before --to \(to)", command: command)
    }
    return .bytes(from: from, to: to)
}

/// The value of an option as a whole number; nil when it was not given.
func number(
    _ arguments: ParsedArguments, _ option: String, from least: UInt64, _ command: String
) throws(Usage) -> UInt64? {
    guard let text = arguments.text(option) else { return nil }
    guard let number = UInt64(text), number >= least, number < 1 << 48 else {
        throw Usage(
            message: "--\(option) takes a whole number from \(least) on, not \(quoted(text))",
            command: command)
    }
    return number
}

private func inspect(
    _ arguments: ParsedArguments, _ body: (inout Inspection) -> ExitCode
) -> ExitCode {
    withConfiguration(arguments) { configuration, surroundings in
        Inspection.run(configuration, surroundings, body)
    }
}
