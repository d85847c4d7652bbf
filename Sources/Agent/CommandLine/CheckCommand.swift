// `tailproof check`: whether a configuration is valid, and what it means.
import Platform

/// The options of `check`: those that change what `run` goes by, and how it is told.
enum CheckOptions {
    static let table: [Command.Option] = [
        Command.Option("config", short: "c", takes: .text("FILE"), "the configuration; required"),
        RunOptions.stateOption, RunOptions.setOption,
        Command.Option("json", "one JSON object; with --connect one a line"),
        Command.Option("connect", "instead: ask each host whether documents can be created"),
    ]
}

@Sendable func runCheck(_ arguments: ParsedArguments) -> ExitCode {
    guard arguments.has("config") else {
        return complain(
            Usage(message: "--config FILE is missing", command: "check").description, .refused)
    }
    if arguments.has("connect") { return runConnect(arguments) }
    let isJSON = arguments.has("json")
    do throws(ConfigurationErrors) {
        let directory = ProcessEnvironment.workingDirectory ?? "/"
        let effective = try RunOptions(arguments).effective(in: directory)
        return say(isJSON ? effective.json : effective.annotated)
    } catch {
        if isJSON { return say(error.json) == .done ? .refused : .failed }
        return complain(error.description + "\n", .refused)
    }
}
