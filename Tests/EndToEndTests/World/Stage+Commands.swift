// Commands that run beside a stage's agent, with its configuration.
import Foundation
import ScriptedServer
import Testing

/// How a command ended, and what it said.
struct CommandRun {
    let code: Int32
    let output: String
    let errors: String

    /// The output as objects, one a line.
    var objects: [[String: Any]] {
        get throws {
            try output.split(separator: "\n").map { try StrictJSON.object(Array($0.utf8)[...]) }
        }
    }
}

extension Stage {
    func run(_ arguments: String...) throws -> CommandRun {
        let process = try ChildProcess(
            [AgentProcess.binary] + arguments + ["--config", "\(scratch.path)/tailproof.yaml"])
        defer { process.end() }
        guard case .exited(let code)? = process.wait(atMost: patience) else {
            Issue.record("\(arguments) did not end")
            return CommandRun(code: -1, output: "", errors: "")
        }
        return CommandRun(
            code: code, output: process.text(.out), errors: process.text(.error))
    }

    /// What the state counts as this outcome, in all files, also in those that are gone.
    func bytes(_ outcome: String) throws -> Int {
        let total = try run("files", "--json").objects.last ?? [:]
        let counts = (total["outcomes"] as? [String: Any])?[outcome] as? [String: Any]
        return try #require(counts?["bytes"] as? Int)
    }

    /// Waits until the state says that nothing is left, or so many bytes, with something done
    /// `meanwhile`; what `files` says then.
    func settledFiles(leaving rest: Int = 0, meanwhile: () throws -> Void = {}) throws -> [[String:
        Any]]
    {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            let files = try run("files", "--json").objects
            if files.last?["lag"] as? Int == rest { return files }
            try meanwhile()
            Thread.sleep(forTimeInterval: 0.2)
        }
        Issue.record("something is left")
        return []
    }
}
