// `tailproof check --connect`: from arguments to the questions.
import Platform

/// The options of `check` that belong to `--connect`.
enum ConnectOptions {
    static let table: [Command.Option] = [
        Command.Option("connect", "instead: ask each host whether documents can be created"),
        Command.Option("json", "with --connect: one JSON a line"),
    ]
}

func runConnect(_ arguments: ParsedArguments) -> ExitCode {
    withConfiguration(arguments) { configuration, surroundings in
        guard case .elasticsearch(let settings) = configuration.output else {
            return complain("tailproof: the configuration has no output: elasticsearch\n", .refused)
        }
        var check = ConnectionCheck(
            settings, configuration, surroundings, json: arguments.has("json"))
        return check.run()
    }
}
