// `tailproof check --connect`: from arguments to the questions.
import Platform

/// Asks each host, with the configuration that `run` would have.
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
