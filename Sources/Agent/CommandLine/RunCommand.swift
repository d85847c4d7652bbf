// `tailproof run`: the agent.
import Platform

@Sendable func runAgent(_ arguments: ParsedArguments) -> ExitCode {
    do throws(ConfigurationErrors) {
        let directory = ProcessEnvironment.workingDirectory ?? "/"
        return say(try RunOptions(arguments).configuration(in: directory).yaml)
    } catch {
        return complain(error.description + "\n", .refused)
    }
}
