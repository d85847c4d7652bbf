// The commands of tailproof, and those that need no more than a page.
import AccessLog
import Platform

extension CommandTable {
    /// Every command there is.
    package static let tailproof = CommandTable([
        Command(
            "cat", "Prints the documents that the lines of files become", operands: "FILE...|-",
            count: 1...10_000, options: CatOptions.table, run: runCat),
        Command(
            "run", "Runs the agent: follows files and ships their lines until it is stopped",
            operands: "[PATH...]", count: 0...256, options: RunOptions.table, run: runAgent),
        Command(
            "check", "Checks a configuration and prints it with every default",
            options: CheckOptions.table, run: runCheck),
        Command(
            "setup", "Makes a server ready: template, lifecycle, least-privilege role, API key",
            options: SetupOptions.table, run: runSetup),
        Command(
            "files", "Shows every file the agent knows: lineage, offset, lag, outcomes",
            options: InspectionOptions.files, run: runFiles),
        Command(
            "audit", "Compares ledger, files and park, and the server's documents when asked to",
            options: InspectionOptions.audit, run: runAudit),
        Command(
            "explain", "Says what became of a line of a file", operands: "FILE", count: 1...1,
            options: InspectionOptions.explain, run: runExplain),
        Command(
            "replay", "Sends committed lines of a file again, under the same ids",
            operands: "FILE", count: 1...1, options: InspectionOptions.replay, run: runReplay),
        Command(
            "parked list", "Lists the lines that the server refused for good",
            options: ParkedOptions.common + [ParkedOptions.json], run: runParkedList),
        Command(
            "parked show", "Shows parked lines, all without N", operands: "[N]...",
            count: 0...10_000, options: ParkedOptions.common + ParkedOptions.show,
            run: runParkedShow),
        Command(
            "parked retry", "Sends parked lines again and says what became of each",
            operands: "[N]...", count: 0...10_000,
            options: ParkedOptions.common + ParkedOptions.retry, run: runParkedRetry),
        Command(
            "status", "Says whether the agent lives and is ready; for people and for probes",
            options: StatusOptions.table, run: runStatus),
        Command(
            "help", "Shows the help of a command, the manual page, or completions for a shell",
            operands: "[COMMAND]", count: 0...2,
            options: [
                Command.Option("man", "the manual page, for man -l"),
                Command.Option("bash", "completions, for source <(...)"),
            ], run: runHelp),
        Command("version", "Prints the version", run: runVersion),
    ])

    /// Understands the arguments, by default those of the process, and does what they say. The one
    /// entry of the program.
    package func run(_ arguments: [[UInt8]] = ProcessEnvironment.arguments) -> ExitCode {
        do throws(Usage) {
            switch try parse(arguments) {
            case .help(nil): return say(help)
            case .help(let command?): return say(help(of: command))
            case .groupHelp(let group): return say(help(ofGroup: group))
            case .version: return say("tailproof \(Agent.version)\n")
            case .run(let command, let arguments): return command.run(arguments)
            }
        } catch {
            return complain(error.description, .refused)
        }
    }
}

/// Prints a text on standard output. A reader that has gone is no failure to speak of.
package func say(_ text: String) -> ExitCode {
    do throws(SystemError) {
        try StandardStream.output.write(text)
        return .done
    } catch {
        if error.isBrokenPipe { return .failed }
        return complain("tailproof: standard output: \(error.reason)\n", .failed)
    }
}

/// Prints a text on standard error, as well as it can, and hands the code on.
package func complain(_ text: String, _ code: ExitCode) -> ExitCode {
    try? StandardStream.error.write(text)
    return code
}

@Sendable private func runHelp(_ arguments: ParsedArguments) -> ExitCode {
    let table = CommandTable.tailproof
    let isPage = arguments.has("man") || arguments.has("bash")
    if isPage, let operand = arguments.operands.first {
        let message = "unexpected operand \(quoted(operand.description))"
        return complain(Usage(message: message, command: "help").description, .refused)
    }
    if arguments.has("man") { return say(table.manual) }
    if arguments.has("bash") { return say(table.bashCompletions) }
    let asked = arguments.operands.map(\.bytes)
    if asked.count > 1, table.members(of: String(decoding: asked[0], as: UTF8.self)).isEmpty {
        let message = "unexpected operand \(quoted(arguments.operands[1].description))"
        return complain(Usage(message: message, command: "help").description, .refused)
    }
    return table.run(asked + [Array("--help".utf8)])
}

@Sendable private func runVersion(_ arguments: ParsedArguments) -> ExitCode {
    say("tailproof \(version)\n")
}
