// `tailproof run`: the agent.
import Platform

@Sendable func runAgent(_ arguments: ParsedArguments) -> ExitCode {
    let options = RunOptions(arguments)
    let configuration: Configuration
    do {
        let directory = ProcessEnvironment.workingDirectory ?? "/"
        configuration = try options.configuration(in: directory)
    } catch {
        return complain(error.description + "\n", .refused)
    }
    do {
        return try Supervisor(configuration, from: options.config).run()
    } catch {
        return complain("tailproof: \(error)\n", .failed)
    }
}
