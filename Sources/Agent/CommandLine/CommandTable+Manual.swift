// The manual page and the completions for bash, written from the table.

extension CommandTable {
    /// The manual page, for man(1).
    package var manual: String {
        var page = """
            .TH TAILPROOF 1 "" "tailproof \(Agent.version)"
            .SH NAME
            tailproof \\- \(CommandTable.summary.roff)
            .SH SYNOPSIS
            .B tailproof
            .I COMMAND
            [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...
            .SH DESCRIPTION
            \(CommandTable.description.roff)
            .SH COMMANDS

            """
        for command in commands {
            page += ".SS \"tailproof \(command.name) [OPTION]... \(command.operands.roff)\"\n"
            page += command.summary.roff + ".\n"
            for option in command.options + [CommandTable.helpOption] {
                page += ".TP\n\\fB" + option.usage.drop { $0 == " " }.description.roff + "\\fR\n"
                page += option.help.roff + "\n"
            }
        }
        page += ".SH EXAMPLES\n"
        for (line, meaning) in CommandTable.examples {
            page += ".TP\n.B \(line.roff)\n\(meaning.roff)\n"
        }
        page += ".SH EXIT STATUS\n"
        for (code, meaning) in CommandTable.exits { page += ".TP\n.B \(code)\n\(meaning.roff)\n" }
        return page
    }

    /// Completions to be sourced by bash: commands, options, and the words of choices; else files.
    package var bashCompletions: String {
        let names = firstWords.joined(separator: " ")
        var cases = "        help:*:[!-]*|help:*:) words=\"\(names)\" ;;\n"
        var groups = ""
        for group in firstWords where !members(of: group).isEmpty {
            let words = members(of: group).map(\.lastWord).joined(separator: " ")
            groups += "        \(group):2) words=\"\(words) --help\" ;;\n"
            groups += "        \(group):*) name=\"$name ${COMP_WORDS[2]}\" ;;\n"
        }
        for command in commands { cases += completionCases(of: command) }
        return """
            _tailproof() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=""
                local name=${COMP_WORDS[1]}
                if [ "$before" = "=" ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
                word=${word#=}
                if [ "$COMP_CWORD" -eq 1 ]; then
                    words="\(names) --help --version"
                else
                    case "$name:$COMP_CWORD" in
            \(groups)        esac
                    case "$name:$before:$word" in
            \(cases)        esac
                fi
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
            }
            complete -o default -F _tailproof tailproof

            """
    }

    /// A command's part of the cases, by its name, the word before and the word at the cursor.
    private func completionCases(of command: Command) -> String {
        let name = command.name.map { $0 == " " ? "\\ " : String($0) }.joined()
        var cases = ""
        for option in command.options {
            guard case .choice(let words) = option.value else { continue }
            let spellings = ["--" + option.name] + (option.short.map { ["-\($0)"] } ?? [])
            let pattern = spellings.map { "\(name):\($0):*" }.joined(separator: "|")
            cases += "        \(pattern)) words=\"\(words.joined(separator: " "))\" ;;\n"
        }
        let options = [CommandTable.helpOption] + command.options
        let words = options.map { "--" + $0.name }.joined(separator: " ")
        return cases + "        \(name):*:-*) words=\"\(words)\" ;;\n"
    }
}

extension String {
    /// The text so that roff takes it literally.
    fileprivate var roff: String {
        var result = ""
        for character in self {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            case "'": result += "\\(aq"
            case ".": result += result.isEmpty ? "\\&." : "."
            default: result.append(character)
            }
        }
        return result
    }
}
