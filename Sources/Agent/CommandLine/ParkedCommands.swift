// `tailproof parked list`, `show` and `retry`: from arguments to what is done with parked lines.
import Platform

/// The options of the `parked` commands.
enum ParkedOptions {
    static let common: [Command.Option] = [
        Command.Option(
            "config", short: "c", takes: .text("FILE"), "the agent's configuration"),
        Command.Option(
            "state", takes: .text("DIR"), "the state directory, instead of the configuration's"),
        RunOptions.setOption,
    ]
    static let json = Command.Option("json", "one JSON a line")
    static let show: [Command.Option] = [
        json, Command.Option("raw", "the lines alone, byte for byte"),
    ]
    static let retry: [Command.Option] = [
        json, Command.Option("all", "every line that was not taken yet"),
    ]
}

@Sendable func runParkedList(_ arguments: ParsedArguments) -> ExitCode {
    runParked(arguments) { parked in parked.list(json: arguments.has("json")) }
}

@Sendable func runParkedShow(_ arguments: ParsedArguments) -> ExitCode {
    let command = "parked show"
    if arguments.has("json"), arguments.has("raw") {
        return refuse("--json and --raw exclude each other", command)
    }
    do throws(Usage) {
        let numbers = try lineNumbers(arguments.operands, command)
        let style: Parked.Style =
            arguments.has("raw") ? .raw : arguments.has("json") ? .json : .text
        return runParked(arguments) { parked in parked.show(numbers, as: style) }
    } catch {
        return complain(error.description, .refused)
    }
}

@Sendable func runParkedRetry(_ arguments: ParsedArguments) -> ExitCode {
    let command = "parked retry"
    if arguments.operands.isEmpty != arguments.has("all") {
        return refuse(
            arguments.has("all") ? "--all and N exclude each other" : "N or --all is missing",
            command)
    }
    do throws(Usage) {
        let numbers = try lineNumbers(arguments.operands, command)
        return runParked(arguments) { parked in
            parked.retry(numbers, json: arguments.has("json"))
        }
    } catch {
        return complain(error.description, .refused)
    }
}

func refuse(_ message: String, _ command: String) -> ExitCode {
    complain(Usage(message: message, command: command).description, .refused)
}

/// Operands as the numbers that `parked list` shows.
func lineNumbers(_ operands: [Path], _ command: String) throws(Usage) -> [UInt64] {
    var numbers: [UInt64] = []
    for operand in operands {
        guard let number = UInt64(operand.description), number > 0 else {
            throw Usage(
                message: "expected the number of a line, not \(quoted(operand.description))",
                command: command)
        }
        numbers.append(number)
    }
    return numbers
}

private func runParked(
    _ arguments: ParsedArguments, _ body: (inout Parked) -> ExitCode
) -> ExitCode {
    withConfiguration(arguments) { configuration, surroundings in
        var parked = Parked(configuration, surroundings)
        return body(&parked)
    }
}

/// Runs a command beside the agent: with the agent's configuration, on the streams of the process.
func withConfiguration(
    _ arguments: ParsedArguments, _ body: (Configuration, CommandSurroundings) -> ExitCode
) -> ExitCode {
    var options = RunOptions(arguments)
    options.paths = []
    let configuration: Configuration
    do throws(ConfigurationErrors) {
        let directory = ProcessEnvironment.workingDirectory ?? "/"
        configuration = try options.configuration(in: directory)
    } catch {
        return complain(error.description + "\n", .refused)
    }
    let poster = Poster(configuration)
    var surroundings = CommandSurroundings(
        output: { (bytes) throws(SystemError) in try StandardStream.output.write(bytes) },
        errors: { try? StandardStream.error.write($0) },
        post: { request, body, reply in poster.post(request, body, &reply) })
    surroundings.ask = { request, body, reply in poster.ask(request, body, &reply) }
    return body(configuration, surroundings)
}
