// `tailproof status`: whether the agent lives and is ready, for people and for probes.
import Bytes
import Platform

/// The options of `status`.
enum StatusOptions {
    static let table: [Command.Option] =
        ParkedOptions.common + [
            Command.Option("live", "only whether its pump keeps its own promises"),
            Command.Option("ready", "only whether it has looked through its inputs once"),
            Command.Option(
                "limit", takes: .text("DURATION"), "how late the pump may be and still live (60s)"),
            ParkedOptions.json,
        ]
}

@Sendable func runStatus(_ arguments: ParsedArguments) -> ExitCode {
    let limit: Duration
    do throws(Refusal) {
        limit =
            try arguments.text("limit").map { text throws(Refusal) in
                try checkedDuration(from: text, within: .milliseconds(1) ... .seconds(86_400))
            } ?? .seconds(60)
    } catch {
        return refuse("--limit: \(error.message)", "status")
    }
    // Not read unless it is asked for: a probe must not fail by a file that is edited.
    var state: Path?
    if arguments.has("config") || arguments.has("state") || arguments.has("set") {
        do throws(ConfigurationErrors) {
            state = try RunOptions(arguments).configuration(
                in: ProcessEnvironment.workingDirectory ?? "/"
            ).state
        } catch {
            return complain(error.description + "\n", .refused)
        }
    }
    let standing = StatusSurvey(files: LinuxFileSystem(), now: .now(), limit: limit)
        .standing(ofState: state)
    let both = arguments.has("live") == arguments.has("ready")
    let asksLive = both || arguments.has("live")
    let asksReady = both || arguments.has("ready")
    let isWell = (standing.isLive || !asksLive) && (standing.isReady || !asksReady)
    var text = ""
    if arguments.has("json") {
        text = standing.json
    } else {
        if both, let process = standing.process { text += "agent: process \(process)\n" }
        if asksLive { text += standing.liveText + "\n" }
        if asksReady { text += standing.readyText + "\n" }
    }
    let code = say(text)
    return code == .done && !isWell ? .failed : code
}

extension Standing {
    /// The same as one line of JSON.
    package var json: String {
        var printout = Printout(
            CommandSurroundings(
                output: { _ in }, errors: { _ in },
                post: { _, _, _ in preconditionFailure("status asks no server") }))
        printout.out.append("{")
        printout.member("live", isLive)
        printout.member("ready", isReady)
        if let process {
            printout.member("process", UInt64(process))
            printout.member("overdue_ms", UInt64(max(overdue, .zero).milliseconds))
        }
        if let absence { printout.member("reason", text: absence) }
        printout.out.append("}\n")
        return printout.out.bytes.text
    }
}
