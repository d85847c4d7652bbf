// Arguments are understood or answered with what is wrong; the documents say what the table says.
import AccessLog
import Agent
import Foundation
import Platform
import Testing

/// Arguments and the words that answer them.
private struct Wrong: Sendable, CustomTestStringConvertible {
    let arguments: String
    let message: String
    let command: String?

    init(_ arguments: String, _ message: String, _ command: String? = nil) {
        self.arguments = arguments
        self.message = message
        self.command = command
    }

    var testDescription: String { arguments }
}

@Suite("The command line")
struct CommandTableTests {
    private let table = CommandTable.tailproof

    private func words(_ text: String) -> [[UInt8]] {
        text.split(separator: " ").map { $0 == "''" ? [] : Array($0.utf8) }
    }

    private func parsed(_ text: String) throws -> ParsedArguments {
        guard case .run(_, let arguments) = try table.parse(words(text)) else {
            throw Usage(message: "not a command", command: nil)
        }
        return arguments
    }

    @Test("wrong usage is answered with what is wrong", arguments: wrongUsage)
    fileprivate func wrong(usage: Wrong) {
        #expect(throws: Usage(message: usage.message, command: usage.command)) {
            try table.parse(words(usage.arguments))
        }
    }

    @Test("a usage error names the help to look into")
    func hint() {
        #expect(
            Usage(message: "no", command: "run").description
                == "tailproof: no\nTry 'tailproof run --help'.\n")
        #expect(
            Usage(message: "no", command: nil).description
                == "tailproof: no\nTry 'tailproof --help'.\n")
    }

    @Test("options and operands mix, -- ends options, the last value counts")
    func cat() throws {
        let arguments = try parsed("cat a -fo json --output=bulk - --color never -- --follow -x")
        let options = CatOptions(arguments)
        #expect(options.files == ["a", "-", "--follow", "-x"])
        #expect(options.follow)
        #expect(options.output == .bulk)
        #expect(options.color == .never)
        #expect(options.format == .auto)
        #expect(options.progress)
    }

    @Test("values stand behind = or in the next word, short ones also at once")
    func values() throws {
        for text in ["-c f", "-cf", "--config f", "--config=f"] {
            #expect(try parsed("check \(text)").path("config") == "f")
        }
        #expect(try parsed("check --config=").path("config") == "")
        #expect(try parsed("check --config --help").path("config") == "--help")
        #expect(try parsed("check -c -c").path("config") == "-c")
    }

    @Test("operands keep their bytes")
    func bytes() throws {
        let name: [UInt8] = [0x2F, 0xFF, 0xC3, 0x28]
        guard case .run(let command, let arguments) = try table.parse([Array("cat".utf8), name])
        else {
            Issue.record("no command")
            return
        }
        #expect(command.name == "cat")
        #expect(arguments.operands == [Path(bytes: name)])
    }

    @Test("help and version win wherever they stand before an error")
    func helpAndVersion() throws {
        for text in ["-h", "--help", "--help cat", "--help --version"] {
            guard case .help(nil) = try table.parse(words(text)) else {
                Issue.record("\(text)")
                continue
            }
        }
        for command in table.commands {
            for option in ["--help", "-h", "-h surplus operand"] {
                guard case .help(let found?) = try table.parse(words("\(command.name) \(option)"))
                else {
                    Issue.record("\(command.name) \(option)")
                    continue
                }
                #expect(found.name == command.name)
            }
        }
        guard case .version = try table.parse(words("--version")) else {
            Issue.record("--version")
            return
        }
    }

    @Test("parsing the same arguments in many threads gives the same answer")
    func concurrent() async throws {
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let text = "run --config f\(index) -- p\(index)"
                    let arguments = try? parsed(text)
                    return arguments?.text("config") == "f\(index)"
                        && arguments?.operands == [Path("p\(index)")]
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("colours: asked for, forbidden, or by terminal and NO_COLOR")
    func colors() throws {
        let always = CatOptions(try parsed("cat --color always -"))
        let never = CatOptions(try parsed("cat --color never -"))
        let auto = CatOptions(try parsed("cat -"))
        #expect(always.isColored(isTerminal: false, noColor: "1"))
        #expect(!never.isColored(isTerminal: true, noColor: nil))
        #expect(auto.isColored(isTerminal: true, noColor: nil))
        #expect(auto.isColored(isTerminal: true, noColor: ""))
        #expect(!auto.isColored(isTerminal: true, noColor: "1"))
        #expect(!auto.isColored(isTerminal: false, noColor: nil))
    }

    @Test(
        "the options of run override the configuration, relative paths from the working directory")
    func run() throws {
        let plain = try RunOptions(try parsed("run")).configuration(in: "/work")
        #expect(plain == .default)
        let text = "run --state s --output bulk logs/*.txt /var/log/a"
        let overridden = try RunOptions(try parsed(text)).configuration(in: "/home/me")
        var expected = Configuration.default
        expected.state = "/home/me/s"
        expected.output = .stdout(.bulk)
        expected.inputs[0].paths = ["/home/me/logs/*.txt", "/var/log/a"]
        #expect(overridden == expected)
        let here = try RunOptions(try parsed("run --state ./s ./a/./*.log")).configuration(in: "/w")
        #expect(here.state == "/w/s")
        #expect(here.inputs[0].paths == ["/w/a/*.log"])
        #expect(throws: ConfigurationErrors.self) {
            try RunOptions(try parsed("run -c /nowhere")).configuration(in: "/")
        }
    }

    @Test("overrides are held to the rules of the keys, and errors name the option")
    func refusedOverrides() throws {
        let text = "run --state '' logs/ ok '' ../a /x/**/y"
        do throws(ConfigurationErrors) {
            _ = try RunOptions(try! parsed(text)).configuration(in: "/w")
            Issue.record("taken")
        } catch {
            #expect(
                error.description.split(separator: "\n") == [
                    "tailproof: --state: a path must not be empty",
                    "tailproof: PATH \"logs/\": names a directory; add a pattern of file names, "
                        + "such as \"*.log\"",
                    "tailproof: PATH \"\": a path must not be empty",
                    "tailproof: PATH \"../a\": \".\" and \"..\" are not supported in a path",
                    "tailproof: PATH \"/x/**/y\": \"**\" is not supported; a pattern matches "
                        + "within one directory level",
                ])
        }
    }

    @Test("--output prints what would be posted, and needs the memory for it")
    func printed() throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "tailproof-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let keys = "output: {elasticsearch: {index: access, compression: none, connections: 1}}"
        try "memory: 8MiB\n\(keys)".write(to: file, atomically: true, encoding: .utf8)
        let options = RunOptions(try parsed("run -c \(file.path) --output bulk"))
        #expect(try options.configuration(in: "/").target == .index("access"))
        let small = "memory: 1200KiB\nbatch: {bytes: 64KiB, lines: 10}"
        try "\(small)\n\(keys)".write(to: file, atomically: true, encoding: .utf8)
        do throws(ConfigurationErrors) {
            _ = try options.configuration(in: "/")
            Issue.record("taken")
        } catch {
            #expect(
                error.description
                    == "tailproof: --output bulk: memory: 1200KiB cannot hold 3 batches of 64KiB and "
                    + "10 lines, their output, and a line of 256KiB; the least is 1333KiB")
        }
    }

    @Test("docs/command-line.md holds the help of the program and of every command, word for word")
    func documented() throws {
        let page = try repositoryFile("docs/command-line.md")
        for text in [table.help] + table.commands.map(table.help(of:)) {
            #expect(page.contains("```\n\(text)```\n"), "\(text)")
        }
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("## tailproof ") }
        #expect(headings == table.commands.map { "## tailproof \($0.name)" })
    }

    @Test("commands of one word share a help, and each has its own")
    func groups() throws {
        for text in ["parked --help", "parked -h list"] {
            guard case .groupHelp("parked") = try table.parse(words(text)) else {
                Issue.record("\(text)")
                continue
            }
        }
        for name in ["parked list", "parked show", "parked retry"] {
            #expect(table.help(ofGroup: "parked").contains("  \(name)"))
        }
        let shown = try parsed("parked show -c f 3 --raw 4")
        #expect(shown.operands == ["3", "4"])
        #expect(shown.has("raw") && shown.path("config") == "f")
    }

    @Test("which parked lines are meant is said clearly, or nothing is done")
    func parkedOperands() {
        for text in [
            "parked retry", "parked retry --all 3", "parked show --raw --json", "parked show 0",
            "parked show x", "parked retry -1", "parked show -c /nowhere/at/all",
            "help version cat",
        ] {
            #expect(table.run(words(text)) == .refused, "\(text)")
        }
    }

    @Test("which line or stretch is meant is said clearly, or nothing is done")
    func inspectionOperands() {
        for text in [
            "explain f", "explain f --line 1 --offset 2", "explain f --line 0",
            "explain f --line x",
            "explain f --offset -1", "explain f --offset 281474976710656", "explain --line 1",
            "replay f", "replay f --from 1", "replay f --to 1", "replay f --from 3 --to 3",
            "replay f --lines 3", "replay f --lines 0-3", "replay f --lines 4-3",
            "replay f --lines 1-2-3", "replay f --lines 1-2 --to 3", "audit f", "files f",
            "files -c /nowhere/at/all", "audit --config /nowhere/at/all",
        ] {
            #expect(table.run(words(text)) == .refused, "\(text)")
        }
    }

    @Test("a page of help takes no operand")
    func surplusOperand() {
        #expect(table.run(words("help --man run")) == .refused)
        #expect(table.run(words("help --bash run")) == .refused)
    }

    @Test("the manual page names every command and option")
    func manual() {
        let page = table.manual
        for command in table.commands {
            #expect(page.contains(".SS \"tailproof \(command.name) "))
            for option in command.options {
                let name = option.name.replacing("-", with: "\\-")
                #expect(page.contains("\\-\\-" + name), "\(option.name)")
            }
        }
    }

    @Test(
        "bash completes commands, options and choices",
        arguments: [
            ("tailproof ver", "version"), ("tailproof --v", "--version"),
            ("tailproof cat --fol", "--follow"), ("tailproof cat x -o pr", "pretty"),
            ("tailproof cat --output = b", "bulk"),
            ("tailproof cat --color =", "auto always never"),
            ("tailproof help che", "check"), ("tailproof help --b", "--bash"),
            ("tailproof run /var/lo", ""), ("tailproof par", "parked"),
            ("tailproof parked ''", "list show retry --help"), ("tailproof parked sh", "show"),
            ("tailproof parked show --r", "--raw"), ("tailproof parked retry --a", "--all"),
        ])
    func completions(line: String, expected: String) throws {
        let script =
            table.bashCompletions
            + "COMP_WORDS=(\(line)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tailproof\n"
            + "echo \"${COMPREPLY[*]}\""
        let bash = Process()
        bash.executableURL = URL(fileURLWithPath: "/bin/bash")
        bash.arguments = ["-euc", script]
        let output = Pipe()
        bash.standardOutput = output
        try bash.run()
        let answer = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        bash.waitUntilExit()
        #expect(answer == expected + "\n")
        #expect(bash.terminationStatus == 0)
    }

    @Test("the table keeps the rules of option names")
    func rules() {
        for command in table.commands {
            let names = command.options.map(\.name) + ["help"]
            let shorts = command.options.compactMap(\.short) + ["h"]
            #expect(Set(names).count == names.count && Set(shorts).count == shorts.count)
            #expect(shorts.allSatisfy { $0.isASCII && $0.isLetter })
            for line in table.help(of: command).split(separator: "\n") {
                #expect(line.count <= 100)
            }
        }
    }
}

private let wrongUsage = [
    Wrong("", "a command is missing"),
    Wrong("''", "unknown command \"\""),
    Wrong("chek", "unknown command \"chek\"; did you mean \"check\"?"),
    Wrong("frobnicate", "unknown command \"frobnicate\""),
    Wrong("--verson", "unknown option \"--verson\"; did you mean \"--version\"?"),
    Wrong("--vers", "unknown option \"--vers\"; did you mean \"--version\"?"),
    Wrong("-x cat", "unknown option \"-x\""),
    Wrong("--help=yes", "--help takes no value"),
    Wrong("cat", "FILE...|- is missing", "cat"),
    Wrong("cat --fol a", "unknown option \"--fol\"; did you mean \"--follow\"?", "cat"),
    Wrong("cat --follw a", "unknown option \"--follw\"; did you mean \"--follow\"?", "cat"),
    Wrong("cat --fo json a", "unknown option \"--fo\"; did you mean \"--follow\"?", "cat"),
    Wrong("cat --out=json a", "unknown option \"--out\"; did you mean \"--output\"?", "cat"),
    Wrong("cat --out", "unknown option \"--out\"; did you mean \"--output\"?", "cat"),
    Wrong("cat --follow=yes a", "--follow takes no value", "cat"),
    Wrong("cat -fz a", "unknown option \"-z\"", "cat"),
    Wrong("cat -= a", "unknown option \"-=\"", "cat"),
    Wrong("cat a -o", "--output needs a value", "cat"),
    Wrong("cat a --output", "--output needs a value", "cat"),
    Wrong(
        "cat a -o jsn",
        "--output takes pretty, json or bulk, not \"jsn\"; did you mean \"json\"?", "cat"),
    Wrong("cat --format= a", "--format takes common, combined or auto, not \"\"", "cat"),
    Wrong("run --config", "--config needs a value", "run"),
    Wrong("check -c f extra", "unexpected operand \"extra\"", "check"),
    Wrong("parked", "list, show or retry is missing", "parked"),
    Wrong("parked --jsn", "unknown option \"--jsn\"", "parked"),
    Wrong(
        "parked lst",
        "expected list, show or retry, not \"lst\"; did you mean \"list\"?", "parked"),
    Wrong("parke list", "unknown command \"parke\"; did you mean \"parked\"?"),
    Wrong("parked list 3", "unexpected operand \"3\"", "parked list"),
    Wrong("parked show --rw", "unknown option \"--rw\"; did you mean \"--raw\"?", "parked show"),
    Wrong("version now", "unexpected operand \"now\"", "version"),
]
