// The commands of a program: from arguments to the one that is meant, or to what is wrong.
import Platform

/// Arguments, understood.
package enum Invocation: Sendable {
    /// `--help`, of the program (nil) or a command.
    case help(Command?)
    /// `--help` of commands whose names begin with the same word.
    case groupHelp(String)
    case version
    case run(Command, ParsedArguments)
}

/// A table of commands. Parsing is pure: it looks at nothing but the arguments.
package struct CommandTable: Sendable {
    package let commands: [Command]

    package init(_ commands: [Command]) { self.commands = commands }

    static let helpOption = Command.Option("help", short: "h", "show this help")
    static let versionOption = Command.Option("version", "show the version")

    /// Understands arguments, those without the program's name.
    package func parse(_ arguments: [[UInt8]]) throws(Usage) -> Invocation {
        let options = [CommandTable.helpOption, CommandTable.versionOption]
        let scanned = try scan(arguments, options, nil, untilOperand: true)
        if scanned.options.first?.index == 0 { return .help(nil) }
        if scanned.options.first?.index == 1 { return .version }
        guard let word = scanned.operands.first else {
            throw Usage(message: "a command is missing", command: nil)
        }
        let name = String(decoding: word, as: UTF8.self)
        let rest = Array(scanned.operands.dropFirst())
        if commands.contains(where: { $0.group == name }) { return try parse(rest, ofGroup: name) }
        guard let command = commands.first(where: { $0.name == name }) else {
            let meant = nearestName(to: name, among: firstWords)
            throw Usage(
                message: "unknown command \(quoted(name))" + CommandTable.suggestion(meant),
                command: nil)
        }
        return try parse(rest, of: command)
    }

    /// What may stand first: names of commands, or the words that several of them begin with.
    var firstWords: [String] {
        var words: [String] = []
        for command in commands where words.last != command.group ?? command.name {
            words.append(command.group ?? command.name)
        }
        return words
    }

    /// The commands whose names begin with a word.
    func members(of group: String) -> [Command] { commands.filter { $0.group == group } }

    private func parse(
        _ arguments: [[UInt8]], ofGroup group: String
    ) throws(Usage) -> Invocation {
        let scanned = try scan(arguments, [CommandTable.helpOption], group, untilOperand: true)
        if !scanned.options.isEmpty { return .groupHelp(group) }
        let members = members(of: group)
        let words = members.map(\.lastWord)
        guard let word = scanned.operands.first else {
            throw Usage(message: "\(words.alternatives) is missing", command: group)
        }
        let name = String(decoding: word, as: UTF8.self)
        guard let command = members.first(where: { $0.lastWord == name }) else {
            throw Usage(
                message: "expected \(words.alternatives), not \(quoted(name))"
                    + CommandTable.suggestion(nearestName(to: name, among: words)), command: group)
        }
        return try parse(Array(scanned.operands.dropFirst()), of: command)
    }

    private func parse(
        _ arguments: [[UInt8]], of command: Command
    ) throws(Usage) -> Invocation {
        let options = [CommandTable.helpOption] + command.options
        let scanned = try scan(arguments, options, command.name, untilOperand: false)
        var values: [String: [[UInt8]]] = [:]
        for occurrence in scanned.options {
            let option = options[occurrence.index]
            if occurrence.index == 0 { return .help(command) }
            let value = occurrence.value ?? []
            if case .choice(let words) = option.value { try check(value, words, option, command) }
            values[option.name, default: []].append(value)
        }
        let operands = scanned.operands.map(Path.init(bytes:))
        if operands.count < command.operandCount.lowerBound {
            throw Usage(message: "\(command.operands) is missing", command: command.name)
        }
        if operands.count > command.operandCount.upperBound {
            let operand = operands[command.operandCount.upperBound]
            throw Usage(
                message: "unexpected operand \(quoted(operand.description))", command: command.name)
        }
        return .run(command, ParsedArguments(values: values, operands: operands))
    }

    private func check(
        _ value: [UInt8], _ words: [String], _ option: Command.Option, _ command: Command
    ) throws(Usage) {
        let word = String(decoding: value, as: UTF8.self)
        if words.contains(word) { return }
        let meant = nearestName(to: word, among: words)
        throw Usage(
            message: "--\(option.name) takes \(words.alternatives), not \(quoted(word))"
                + CommandTable.suggestion(meant), command: command.name)
    }

    private func scan(
        _ arguments: [[UInt8]], _ options: [Command.Option], _ command: String?,
        untilOperand: Bool
    ) throws(Usage) -> ScannedOptions {
        let spellings = options.map(\.spelling)
        do throws(OptionFault) {
            return try scanOptions(arguments, spellings, untilOperand: untilOperand)
        } catch {
            let message: String
            switch error {
            case .unknown(let written):
                let name = String(decoding: written, as: UTF8.self)
                let names = options.map { "--" + $0.name }
                let meant =
                    nearestName(to: name, among: names)
                    ?? names.first { name.utf8.count > 3 && $0.hasPrefix(name) }
                message = "unknown option \(quoted(name))" + CommandTable.suggestion(meant)
            case .missingValue(let index):
                message = "--\(options[index].name) needs a value"
            case .unwantedValue(let index):
                message = "--\(options[index].name) takes no value"
            }
            throw Usage(message: message, command: command)
        }
    }

    private static func suggestion(_ meant: String?) -> String {
        meant.map { "; did you mean \"\($0)\"?" } ?? ""
    }
}

extension Command.Option {
    fileprivate var spelling: OptionSpelling {
        let takesValue = if case .none = value { false } else { true }
        return OptionSpelling(name: name, short: short?.asciiValue, takesValue: takesValue)
    }
}

extension [String] {
    /// "a, b or c".
    var alternatives: String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}
