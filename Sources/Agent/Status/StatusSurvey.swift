// Finds the agent that is asked for among the processes of this machine or container.
import Bytes
import Platform

/// Looks for agents. Reads `/proc` alone: neither the state volume nor a log may be waited for.
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

    /// The agent with this state directory; nil: the only one there is.
    package func standing(ofState state: Path?) -> Standing {
        let (found, refused) = MemoryFile.find(
            Pulse.fileName, ofProgram: "tailproof", files: files)
        var agents: [(pulse: Pulse, process: Int, sharesMounts: Bool)] = []
        for file in found {
            defer { files.close(file.handle) }
            guard let pulse = read(file.handle), state == nil || pulse.state == state else {
                continue
            }
            agents.append((pulse, file.process, file.sharesMounts))
        }
        // Those of other containers come second: a path is another place there.
        if agents.contains(where: \.sharesMounts) { agents.removeAll { !$0.sharesMounts } }
        if agents.count == 1 {
            return Standing(agents[0].pulse, of: agents[0].process, now: now, limit: limit)
        }
        return Standing(
            absence: StatusSurvey.absence(
                state, agents: agents.map(\.process).sorted(), refused: refused))
    }

    private static func absence(_ state: Path?, agents: [Int], refused: [Int]) -> String {
        if !agents.isEmpty {
            let list = agents.map { String($0) }.joined(separator: ", ")
            return "several agents run here (processes \(list)); name one with --state DIR"
        }
        let none = "no agent runs here" + (state.map { " with the state \($0)" } ?? "")
        if let process = refused.first {
            return none + ", but process \(process) may not be looked at; ask as its user"
        }
        return none
    }

    /// Once more where it was just being written.
    private func read(_ handle: FileHandle) -> Pulse? {
        for _ in 0..<5 {
            var bytes = ByteBuffer(capacity: Pulse.limit)
            guard let count = try? files.readAll(handle, at: 0, Pulse.limit, into: &bytes),
                count > 0
            else { return nil }
            if let pulse = Pulse(bytes.bytes) { return pulse }
        }
        return nil
    }
}
