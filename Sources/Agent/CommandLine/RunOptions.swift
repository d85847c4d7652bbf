// The options of `tailproof run`, and the configuration they lead to.
import Platform

/// What `run` was asked to do.
package struct RunOptions: Sendable, Equatable {
    package var config: Path?
    package var state: Path?
    package var output: Configuration.Style?
    package var paths: [Path]
    /// Each `--set`, as written.
    package var settings: [String]

    package init(_ arguments: ParsedArguments) {
        config = arguments.path("config")
        state = arguments.path("state")
        output = arguments.choice("output")
        paths = arguments.operands
        settings = arguments.texts("set")
    }

    static let stateOption = Command.Option(
        "state", takes: .text("DIR"), "where to keep offsets, instead of the configuration's")
    static let setOption = Command.Option(
        "set", takes: .text("KEY=VALUE"), "a key of the configuration; more than once if need be")

    static let table: [Command.Option] = [
        Command.Option(
            "config", short: "c", takes: .text("FILE"),
            "the configuration; without it Tomcat's access logs are printed"),
        stateOption,
        setOption,
        Command.Option(
            "output", takes: .choice(Configuration.Style.allCases.map(\.rawValue)),
            "print documents instead of shipping them"),
    ]

    /// The file's configuration, or the embedded one, with what the options override, which is held
    /// to the rules of the keys it stands for. Relative paths begin at `directory`, the working
    /// directory.
    package func configuration(in directory: Path) throws(ConfigurationErrors) -> Configuration {
        try effective(in: directory).configuration
    }

    /// The same, with the origins of its values. `variable` is the environment.
    package func effective(
        in directory: Path,
        variable: @escaping (String) -> [UInt8]? = ProcessEnvironment.variableBytes
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        let sources = ConfigurationSources(
            variable: variable, names: { ProcessEnvironment.variableNames }, settings: settings)
        var effective: EffectiveConfiguration
        if let config {
            effective = try ConfigurationFile.load(config, sources)
        } else {
            effective = try ConfigurationFile.embedded(sources)
        }
        try override(&effective, in: directory)
        return effective
    }

    /// Options of their own go before everything.
    private func override(
        _ effective: inout EffectiveConfiguration, in directory: Path
    ) throws(ConfigurationErrors) {
        var configuration = effective.configuration
        var findings = Findings(file: "tailproof")
        if let state {
            effective.note("--state", at: "state")
            override(&configuration.state, "--state", &findings) { () throws(Refusal) in
                try state.absolute(in: directory).checkedDirectory()
            }
        }
        if let output {
            effective.note("--output", at: "output")
            configuration.printedTarget = configuration.target
            configuration.printedPipeline = configuration.pipeline
            configuration.output = .stdout(output)
            if let problem = configuration.memoryProblem {
                findings.add("memory: " + problem, "--output \(output.rawValue)")
            }
        }
        if !paths.isEmpty {
            configuration.inputs[0].paths = []
            effective.note("PATH", at: "inputs[0].paths")
        }
        for path in paths {
            var checked = path
            override(&checked, "PATH \(quoted(path.description))", &findings) {
                () throws(Refusal) in try path.absolute(in: directory).checkedPattern()
            }
            configuration.inputs[0].paths.append(checked)
        }
        try findings.check()
        effective.configuration = configuration
    }

    private func override(
        _ path: inout Path, _ option: String, _ findings: inout Findings,
        by check: () throws(Refusal) -> Path
    ) {
        do throws(Refusal) { path = try check() } catch { findings.add(error.message, option) }
    }
}

extension Path {
    /// The path from the root on, without steps to where one stands. An empty one stays what it is.
    fileprivate func absolute(in directory: Path) -> Path {
        let slash = UInt8(ascii: "/")
        if bytes.isEmpty || bytes.first == slash { return self }
        let parts = bytes.split(separator: slash, omittingEmptySubsequences: false)
            .filter { !$0.elementsEqual(".".utf8) }
        return directory.appending(Path(bytes: Array(parts.joined(separator: [slash]))))
    }
}
