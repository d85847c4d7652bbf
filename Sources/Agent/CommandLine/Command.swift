// What a command is: a row of the table from which arguments are parsed and help is written.
import Platform

/// How the process ends, as others may rely on.
package enum ExitCode: Int32, Sendable {
    case done = 0
    /// Something failed; standard error says what.
    case failed = 1
    /// Wrong usage or configuration; nothing was done.
    case refused = 2
    /// `run` after SIGTERM: something is left. It is safe on the volume.
    case left = 3
}

/// A command of the program.
package struct Command: Sendable {
    /// What an option takes.
    package enum Value: Sendable {
        case none
        /// Any text; the name stands for it in the help.
        case text(String)
        /// One of a few words.
        case choice([String])
    }

    package struct Option: Sendable {
        /// The long name, without dashes.
        package let name: String
        package let short: Character?
        package let value: Value
        /// A short clause without a full stop, with the default.
        package let help: String

        package init(
            _ name: String, short: Character? = nil, takes value: Value = .none, _ help: String
        ) {
            self.name = name
            self.short = short
            self.value = value
            self.help = help
        }
    }

    /// One word, or two: then the first is shared with others.
    package let name: String
    /// One sentence without its full stop.
    package let summary: String
    /// The operands as the help shows them, empty for none.
    package let operands: String
    /// How many operands there may be.
    package let operandCount: ClosedRange<Int>
    package let options: [Option]
    package let run: @Sendable (ParsedArguments) -> ExitCode

    package init(
        _ name: String, _ summary: String, operands: String = "",
        count: ClosedRange<Int> = 0...0, options: [Option] = [],
        run: @escaping @Sendable (ParsedArguments) -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        operandCount = count
        self.options = options
        self.run = run
    }

    private var words: [Substring] { name.split(separator: " " as Character) }

    /// The first word of a name of two; nil for others.
    var group: String? { words.count > 1 ? String(words[0]) : nil }
    var lastWord: String { String(words[words.count - 1]) }
}

/// The options and operands of one command, checked against its row.
package struct ParsedArguments: Sendable {
    private var values: [String: [[UInt8]]] = [:]
    /// What is no option, in order. `-` is standard input by convention.
    package let operands: [Path]

    init(values: [String: [[UInt8]]], operands: [Path]) {
        self.values = values
        self.operands = operands
    }

    /// Whether an option was given.
    package func has(_ option: String) -> Bool { values[option] != nil }

    /// The value of an option, the last one given; nil when it was not.
    package func text(_ option: String) -> String? {
        values[option]?.last.map { String(decoding: $0, as: UTF8.self) }
    }

    /// All values of an option that may be given more than once, in their order.
    package func texts(_ option: String) -> [String] {
        values[option, default: []].map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same as the path it is.
    package func path(_ option: String) -> Path? {
        values[option]?.last.map(Path.init(bytes:))
    }

    /// The same as a word of an enumeration whose words are the option's choice.
    package func choice<Value: RawRepresentable<String>>(_ option: String) -> Value? {
        text(option).flatMap(Value.init(rawValue:))
    }
}

/// Arguments that make no sense: what is wrong, and with which command.
package struct Usage: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    /// nil: the program itself.
    package let command: String?

    package init(message: String, command: String?) {
        self.message = message
        self.command = command
    }

    /// Two lines for standard error.
    package var description: String {
        let help = ["tailproof", command, "--help"].compactMap(\.self).joined(separator: " ")
        return "tailproof: \(message)\nTry '\(help)'.\n"
    }
}
