// `audit`: holds the ledger against the files, the park and, when asked to, the server.
import Bytes
import Elastic
import Platform
import Tail

/// What an audit found of one file.
struct FileAudit {
    let file: FoundFile
    /// Lines before the committed offset, counted in the file; nil where it cannot be read.
    var lines: UInt64?
    /// Lines of the file in the park, and how many of these a retry has stored.
    var parked: (all: UInt64, retried: UInt64) = (0, 0)
    /// What the server has; nil where it was not asked or did not answer.
    var server: ServerCount?
    /// What does not add up.
    var problems: [String] = []
    /// What is worth knowing, and no contradiction.
    var notes: [String] = []

    init(_ file: FoundFile) { self.file = file }
}

/// What the server has of one file.
struct ServerCount {
    /// Lines whose ids were asked for, those that were found, and those in more than one index.
    var asked: UInt64 = 0
    var found: UInt64 = 0
    var twice: UInt64 = 0
    /// First bytes of a few that were not found.
    var missing: [UInt64] = []
}

extension Inspection {
    /// Prints what adds up and what does not. Done when everything does.
    package mutating func audit(server isAsked: Bool, json: Bool) -> ExitCode {
        let park = ParkedEvents(configuration.state, disk)
        if let problem = park.problem { page.complain(problem) }
        var inquiry: Inquiry?
        if isAsked {
            inquiry = makeInquiry()
            if inquiry == nil { return .refused }
        }
        var audits: [FileAudit] = []
        for file in findFiles() {
            var audit = FileAudit(file)
            judgeSum(&audit)
            judgeFile(&audit)
            judgePark(&audit, park)
            if inquiry != nil { askServer(&audit, &inquiry) }
            audits.append(audit)
        }
        json ? appendJSON(audits) : appendText(audits)
        return audits.contains { !$0.problems.isEmpty } ? .failed : .done
    }

    /// Size = stored + … + abandoned + pending, and so: what is settled lies between base and
    /// committed offset.
    private func judgeSum(_ audit: inout FileAudit) {
        let record = audit.file.record
        let start = record.tally.bytes(.abandonedAtStart)
        let copied = record.tally.bytes(.filteredCopies)
        let abandoned = Outcome.allCases.filter(\.isAbandoned).reduce(0) {
            $0 + record.tally.bytes($1)
        }
        let settled = record.tally.allBytes - abandoned - copied
        let owed = record.committed - record.base
        if settled != owed {
            audit.problems.append(
                "the outcomes sum up to \(settled) bytes, the committed offset to \(owed): "
                    + difference(settled, owed, "byte"))
        }
        if start > 0, start != record.base {
            audit.problems.append(
                "\(start) bytes are counted as abandoned at the start, and reading began at byte "
                    + "\(record.base): " + difference(start, record.base, "byte"))
        }
        if copied > 0 {
            audit.notes.append(
                "\(copied) bytes before byte \(record.base) were settled in the file that this is "
                    + "a copy of")
        } else if record.base > start {
            audit.notes.append(
                "\(record.base - start) bytes before byte \(record.base) were settled under "
                    + "former ids: the state came from another home")
        }
    }

    /// The file on the disk has as many lines up to the committed offset as were counted.
    private func judgeFile(_ audit: inout FileAudit) {
        let file = audit.file
        let record = file.record
        switch file.presence {
        case .present:
            do throws(SystemError) {
                let handle = try logs.openForReading(file.path)
                defer { logs.close(handle) }
                var lines = try FileLines(handle, logs)
                    .count(from: record.base, to: record.committed)
                if try isTorn(handle, record) { lines += 1 }
                audit.lines = lines
                if record.tally.bytes(.filteredHoles) > 0 {
                    // What a writer lost in the midst of a line is no line, and no newline.
                    audit.notes.append("it has holes: its lines are not held against the events")
                    return
                }
                let events = Outcome.settled.reduce(0) { $0 + record.tally.events($1) }
                // A fragment that was shipped at a shutdown is an event beside its line.
                if lines > events || (lines < events && configuration.shutdown.fragments == .keep) {
                    audit.problems.append(
                        "\(events) lines are counted, the file has \(lines) up to byte "
                            + "\(record.committed): " + difference(events, lines, "line"))
                }
            } catch {
                audit.problems.append("the file cannot be read: \(error)")
            }
        case .truncated:
            audit.notes.append(
                "its bytes are gone: the file was truncated or overwritten" + left(file))
        case .replaced: audit.notes.append("another file has its name" + left(file))
        case .missing: audit.notes.append("the file is gone" + left(file))
        case .unreadable:
            audit.problems.append(
                "the file cannot be read: \(file.error.map(String.init(describing:)) ?? "")")
        }
    }

    private func left(_ file: FoundFile) -> String {
        file.pending == 0
            ? "" : "; the agent has \(file.pending) bytes left only while it holds it open"
    }

    /// The last event before the committed offset has no newline.
    private func isTorn(_ handle: FileHandle, _ record: FileRecord) throws(SystemError) -> Bool {
        guard record.committed > record.base else { return false }
        var last = ByteBuffer(capacity: 1)
        _ = try logs.readAll(handle, at: record.committed - 1, 1, into: &last)
        return last.count == 1 && last.bytes[0] != 0x0a
    }

    private func judgePark(_ audit: inout FileAudit, _ park: ParkedEvents) {
        let record = audit.file.record
        let counted = record.tally.events(.parked)
        audit.parked = park.count(of: record.incarnation, below: record.committed)
        let kept = audit.parked.all
        if kept < counted {
            let gap =
                Inspection.count(Int(counted), "line") + " counted as parked, \(kept) in the park"
            if park.isShortened {
                audit.notes.append(gap + "; segments were removed from it")
            } else if park.isWhole {
                audit.problems.append(gap + ": " + difference(kept, counted, "line"))
            }
        } else if kept > counted {
            audit.notes.append(
                "the park has \(kept) of its lines, \(counted) are counted as parked: the others "
                    + "were stored after a restart")
        }
    }

    func difference(_ one: UInt64, _ other: UInt64, _ noun: String) -> String {
        let count = one > other ? one - other : other - one
        return "\(count) \(noun)\(count == 1 ? "" : "s") too \(one > other ? "many" : "few")"
    }
}
