// `tailproof setup`: from arguments to what is installed or printed.
import Platform

/// The options of `setup`.
enum SetupOptions {
    static let table: [Command.Option] = [
        Command.Option("config", short: "c", takes: .text("FILE"), "the configuration; required"),
        RunOptions.setOption,
        Command.Option("print", "print the requests for a console, and ask no server"),
        Command.Option(
            "for", takes: .choice(["elasticsearch", "opensearch"]),
            "what to print them for (elasticsearch)"),
        Command.Option("pipeline", "also a pipeline: user agent, place, time of arrival"),
        Command.Option(
            "api-key", takes: .text("FILE|-"),
            "also an API key: in a new file, or on standard output"),
        Command.Option(
            "keep", takes: .text("DAYS"), "delete data so long after its rollover (never)"),
        Command.Option(
            "name", takes: .text("NAME"),
            "of lifecycle policy, role, pipeline and key (tailproof)"),
        Command.Option("force", "replace what is there and differs"),
        ParkedOptions.json,
    ]
}

@Sendable func runSetup(_ arguments: ParsedArguments) -> ExitCode {
    let command = "setup"
    if arguments.path("config") == nil { return refuse("--config FILE is missing", command) }
    let prints = arguments.has("print")
    if prints, arguments.has("force") {
        return refuse("--print and --force exclude each other", command)
    }
    if arguments.has("for"), !prints { return refuse("--for needs --print", command) }
    var choices = SetupChoices()
    choices.pipeline = arguments.has("pipeline")
    if let name = arguments.text("name") {
        guard isSetupName(name) else {
            return refuse(
                "--name takes lower case letters, digits, \".\", \"_\" and \"-\", "
                    + "not \(quoted(name))",
                command)
        }
        choices.name = name
    }
    do throws(Usage) {
        choices.keep = try number(arguments, "keep", from: 1, command)
    } catch {
        return complain(error.description, .refused)
    }
    let place = arguments.path("api-key").map { path -> Setup.KeyPlace in
        path == "-" ? .output : .file(path)
    }
    if place == .output, arguments.has("json"), !prints {
        return refuse("--api-key - and --json exclude each other", command)
    }
    return withConfiguration(arguments) { configuration, surroundings in
        guard case .elasticsearch(let settings) = configuration.output else {
            return complain("tailproof: the configuration has no output: elasticsearch\n", .refused)
        }
        var setup = Setup(
            settings, configuration, surroundings, choices: choices,
            force: arguments.has("force"), json: arguments.has("json"), key: place)
        if !prints { return setup.install() }
        return setup.printRequests(
            isOpenSearch: arguments.text("for") == "opensearch", withKey: place != nil,
            json: arguments.has("json"))
    }
}

/// Whether every product takes it for a policy, a role, a pipeline and a key.
private func isSetupName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !"_-.".utf8.contains(first), name.utf8.count <= 100 else {
        return false
    }
    return name.utf8.allSatisfy { byte in
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "._-".utf8.contains(byte)
    }
}
