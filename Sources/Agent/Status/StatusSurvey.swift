// Finds the agent that is asked for among the processes of this machine or container.
import Platform

/// Looks for agents by the names of their threads. Waits for no disk, unless a state is asked for.
package struct StatusSurvey {
    package let files: any FileSystem
    package let now: Instant
    /// How far the pump may be behind its promise.
    package let limit: Duration

    package init(files: any FileSystem, now: Instant, limit: Duration) {
        self.files = files
        self.now = now
        self.limit = limit
    }

    /// The agent that holds this state directory; nil: the only one there is.
    package func standing(ofState state: Path?) -> Standing {
        var agents = ThreadNames.ofSameProgram(files).compactMap { process, names in
            names.compactMap { Pulse($0) }.first.map { (process: process, pulse: $0) }
        }
        if let state {
            let holders = ThreadNames.holders(ofLock: state.appending("lock"), files)
            agents.removeAll { !holders.contains($0.process) }
        }
        if agents.count == 1 {
            return Standing(agents[0].pulse, of: agents[0].process, now: now, limit: limit)
        }
        if agents.isEmpty {
            return Standing(
                absence: "no agent runs here" + (state.map { " with the state \($0)" } ?? ""))
        }
        let list = agents.map(\.process).sorted().map { String($0) }.joined(separator: ", ")
        return Standing(
            absence: "several agents run here (processes \(list)); name one with --state DIR")
    }
}
