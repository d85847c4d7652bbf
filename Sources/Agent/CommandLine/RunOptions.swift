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

    /// The file's configuration, or the embedded one, with what the options override. Relative
    /// paths begin at `directory`, the working directory.
    package func configuration(in directory: Path) throws(ConfigurationErrors) -> Configuration {
        var configuration =
            try config.map { path throws(ConfigurationErrors) in
                try ConfigurationFile.load(path)
            } ?? .default
        if let state { configuration.state = state.absolute(in: directory) }
        if let output { configuration.output = .stdout(output) }
        if !paths.isEmpty {
            configuration.inputs[0].paths = paths.map { $0.absolute(in: directory) }
        }
        return configuration
    }
}

extension Path {
    fileprivate func absolute(in directory: Path) -> Path {
        bytes.first == UInt8(ascii: "/") ? self : directory.appending(self)
    }
}
