// The options of `tailproof cat`, and what they mean.
import AccessLog
import Platform

/// What `cat` was asked to do.
package struct CatOptions: Sendable, Equatable {
    /// When documents are printed in colour.
    package enum Color: String, Sendable, CaseIterable { case auto, always, never }

    /// In the order given; `-` is standard input.
    package var files: [Path]
    package var follow: Bool
    package var format: LineFormat
    package var output: Configuration.Style
    package var color: Color
    package var progress: Bool

    package init(_ arguments: ParsedArguments) {
        files = arguments.operands
        follow = arguments.has("follow")
        format = arguments.choice("format") ?? .auto
        output = arguments.choice("output") ?? .pretty
        color = arguments.choice("color") ?? .auto
        progress = !arguments.has("no-progress")
    }

    static let table: [Command.Option] = [
        Command.Option("follow", short: "f", "go on reading as files grow and rotate"),
        Command.Option(
            "format", takes: .choice(LineFormat.allCases.map(\.rawValue)),
            "how lines are laid out (auto)"),
        Command.Option(
            "output", short: "o", takes: .choice(Configuration.Style.allCases.map(\.rawValue)),
            "for people, one JSON a line, or what would be posted (pretty)"),
        Command.Option(
            "color", takes: .choice(Color.allCases.map(\.rawValue)),
            "colours; auto: on a terminal, unless NO_COLOR is set (auto)"),
        Command.Option("no-progress", "no progress bar on a terminal"),
    ]

    /// Whether documents get colours. `noColor` is the value of NO_COLOR: set and not empty, it
    /// forbids them where nobody asked for them (no-color.org).
    package func isColored(isTerminal: Bool, noColor: String?) -> Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: isTerminal && (noColor ?? "").isEmpty
        }
    }
}
