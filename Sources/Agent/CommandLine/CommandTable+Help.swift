// The help texts, written from the table.

extension CommandTable {
    static let summary = "ships access logs to Elasticsearch"
    static let description = "Ships access logs to Elasticsearch: nothing lost, nothing twice."
    static let exits: KeyValuePairs<Int32, String> = [
        0: "done",
        1: "failed; standard error says what",
        2: "wrong usage or configuration",
        3: "run: stopped with something left, which is safe in the state directory",
    ]
    static let examples: KeyValuePairs<String, String> = [
        "tailproof cat access_log.txt": "the documents that a file becomes",
        "tailproof run --state /tmp/t '*_log.*.txt'": "the same of files that grow and rotate",
        "tailproof check --config tailproof.yaml": "what is wrong with a configuration",
        "tailproof run --config tailproof.yaml": "the agent",
    ]

    /// The help of the program.
    package var help: String {
        var text = """
            Usage: tailproof COMMAND [OPTION]... [OPERAND]...
            \(CommandTable.description)

            Commands:

            """
        text += CommandTable.rows(commands)
        text += "\nOptions:\n"
        text += CommandTable.rows([CommandTable.helpOption, CommandTable.versionOption])
        text += "\nExamples:\n"
        let longest = CommandTable.examples.map(\.key.count).max() ?? 0
        for (line, meaning) in CommandTable.examples {
            text += "  " + line.padded(to: longest) + "  \(meaning)\n"
        }
        text += "\nExit status:\n"
        for (code, meaning) in CommandTable.exits { text += "  \(code)  \(meaning)\n" }
        return text + "\n'tailproof COMMAND --help' tells more of a command.\n"
    }

    /// The help of one command.
    package func help(of command: Command) -> String {
        let operands = command.operands.isEmpty ? "" : " " + command.operands
        return """
            Usage: tailproof \(command.name) [OPTION]...\(operands)
            \(command.summary).

            Options:
            \(CommandTable.rows(command.options + [CommandTable.helpOption]))
            """
    }

    /// The help of commands whose names begin with the same word.
    package func help(ofGroup group: String) -> String {
        """
        Usage: tailproof \(group) COMMAND [OPTION]... [OPERAND]...

        Commands:
        \(CommandTable.rows(members(of: group)))
        'tailproof \(group) COMMAND --help' tells more of a command.

        """
    }

    private static func rows(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { "  " + $0.name.padded(to: width) + "  \($0.summary)\n" }.joined()
    }

    private static func rows(_ options: [Command.Option]) -> String {
        let spellings = options.map(\.usage)
        let width = spellings.map(\.count).max() ?? 0
        return zip(spellings, options).map { spelling, option in
            "  " + spelling.padded(to: width) + "  \(option.help)\n"
        }.joined()
    }
}

extension Command.Option {
    /// The option as the help shows it, short form first.
    var usage: String {
        let short = short.map { "-\($0), " } ?? "    "
        switch value {
        case .none: return short + "--" + name
        case .text(let placeholder): return short + "--\(name) \(placeholder)"
        case .choice(let words): return short + "--\(name) " + words.joined(separator: "|")
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
