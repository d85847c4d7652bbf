// `tailproof run`: the agent.
import Platform

@Sendable func runAgent(_ arguments: ParsedArguments) -> ExitCode {
    let configuration: Configuration
    do {
        let directory = ProcessEnvironment.workingDirectory ?? "/"
        configuration = try RunOptions(arguments).configuration(in: directory)
    } catch {
        return complain(error.description + "\n", .refused)
    }
    do {
        return try Supervisor(configuration).run()
    } catch {
        return complain("tailproof: \(error)\n", .failed)
    }
}
