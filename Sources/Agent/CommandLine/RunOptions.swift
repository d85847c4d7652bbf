// The options of `tailproof run`, and the configuration they lead to.
import Platform

/// What `run` was asked to do.
package struct RunOptions: Sendable, Equatable {
    package var config: Path?
    package var state: Path?
    package var output: Configuration.Style?
    package var paths: [Path]

    package init(_ arguments: ParsedArguments) {
        config = arguments.path("config")
        state = arguments.path("state")
        output = arguments.choice("output")
        paths = arguments.operands
    }

    static let table: [Command.Option] = [
        Command.Option(
            "config", short: "c", takes: .text("FILE"),
            "the configuration; without it Tomcat's access logs are printed"),
        Command.Option(
            "state", takes: .text("DIR"), "where to keep offsets, instead of the configuration's"),
        Command.Option(
            "output", takes: .choice(Configuration.Style.allCases.map(\.rawValue)),
            "print documents instead of shipping them"),
    ]

    /// The file's configuration, or the embedded one, with what the options override, which is held
    /// to the rules of the keys it stands for. Relative paths begin at `directory`, the working
    /// directory.
    package func configuration(in directory: Path) throws(ConfigurationErrors) -> Configuration {
        var configuration =
            try config.map { path throws(ConfigurationErrors) in
                try ConfigurationFile.load(path)
            } ?? .default
        var findings = Findings(file: "tailproof")
        if let state {
            override(&configuration.state, "--state", &findings) { () throws(Refusal) in
                try state.absolute(in: directory).checkedDirectory()
            }
        }
        if let output {
            configuration.printedTarget = configuration.target
            configuration.printedPipeline = configuration.pipeline
            configuration.output = .stdout(output)
            if let problem = configuration.memoryProblem {
                findings.add("memory: " + problem, "--output \(output.rawValue)")
            }
        }
        if !paths.isEmpty { configuration.inputs[0].paths = [] }
        for path in paths {
            var checked = path
            override(&checked, "PATH \(quoted(path.description))", &findings) {
                () throws(Refusal) in try path.absolute(in: directory).checkedPattern()
            }
            configuration.inputs[0].paths.append(checked)
        }
        try findings.check()
        return configuration
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
