// `explain`: what became of one line of a file, and what its document is called.
import Bytes
import Elastic
import Platform
import Tail

/// Which line of a file is meant.
package enum LinePlace: Sendable, Equatable {
    /// By its number, from 1.
    case line(UInt64)
    /// By any of its bytes.
    case offset(UInt64)
}

/// What is known of a line.
struct Explanation {
    /// One word or two, and what it means here.
    var fate: String
    var meaning: String
    var offset: UInt64
    /// With the newline.
    var length: UInt64
    /// The place that was asked for, where the line begins before it.
    var asked: UInt64?
    /// Its bytes, up to `max_line` of them.
    var raw: [UInt8] = []
    var isCut = false
    var isTorn = false
    /// nil for lines that become no document, or not yet.
    var document: Sought?
    /// The indices that hold it; nil where nobody was asked.
    var indices: [String]?
}

extension Inspection {
    /// Prints what became of a line. Failed where the file or the line is not known.
    package mutating func explain(
        _ path: Path, _ place: LinePlace, server isAsked: Bool, json: Bool
    ) -> ExitCode {
        var inquiry: Inquiry?
        if isAsked {
            inquiry = makeInquiry()
            if inquiry == nil { return .refused }
        }
        return withFile(path) { run, file, handle throws(SystemError) in
            guard
                var explanation = try run.explanation(of: place, in: file, handle)
            else { return .failed }
            if inquiry != nil, let document = explanation.document {
                switch inquiry?.find([document]) {
                case .found(let found)?: explanation.indices = found[document.id] ?? []
                case .failed(let reason)?:
                    run.page.complain("the server was asked in vain: \(reason)")
                case nil: break
                }
            }
            json
                ? run.appendJSON(explanation, of: file) : run.appendText(explanation, of: file)
            return .done
        }
    }

    /// Opens the file that a path names, with the record that proves to be its own. Says why where
    /// there is none.
    mutating func withFile(
        _ path: Path,
        _ body: (inout Inspection, FoundFile, FileHandle) throws(SystemError) -> ExitCode
    ) -> ExitCode {
        do throws(SystemError) {
            let handle = try disk.openForReading(path)
            defer { disk.close(handle) }
            let status = try disk.status(of: handle)
            guard status.kind == .regular else {
                page.complain("\(path): not a regular file")
                return .failed
            }
            let records = state.records.filter { $0.inode == status.inode }.sorted {
                $0.incarnation.birthMilliseconds > $1.incarnation.birthMilliseconds
            }
            for record in records
            where try record.isProven(
                on: handle, status, page.surroundings.disk, &scratch)
            {
                let file = FoundFile(
                    record: record, presence: .present, path: path, size: record.textSize(status))
                return try body(&self, file, handle)
            }
            page.complain("\(path): " + stranger(path, isKnown: !records.isEmpty))
        } catch {
            page.complain("\(path): \(error)")
        }
        return .failed
    }

    /// Why no record speaks of a file.
    private func stranger(_ path: Path, isKnown: Bool) -> String {
        if isKnown {
            return "its bytes are not those that were read: it was truncated or overwritten, and "
                + "the state does not know it yet"
        }
        let isMeant = settings.inputs.contains { $0.matches(path) }
        return "the state in \(configuration.state) does not know the file; "
            + (isMeant
                ? "an input names it, so the agent has not found it yet"
                : "no input names it by this path; 'tailproof files' lists those it knows")
    }

    // MARK: - The line

    private mutating func explanation(
        of place: LinePlace, in file: FoundFile, _ handle: FileHandle
    ) throws(SystemError) -> Explanation? {
        let record = file.record
        guard let offset = try start(of: place, in: file, handle) else { return nil }
        var line = Explanation(fate: "", meaning: "", offset: offset, length: 0)
        if case .offset(let asked) = place, asked != offset { line.asked = asked }
        let newline = try FileLines(handle, disk).newline(from: offset)
        var end = newline.map { $0 + 1 } ?? file.size
        line.isTorn = offset < record.committed && (newline == nil || record.committed < end)
        // Whatever was written behind a torn line later is a line of its own.
        if line.isTorn { end = record.committed }
        line.length = end - offset
        let isWhole = newline != nil && !line.isTorn
        line.isCut = line.length - (isWhole ? 1 : 0) > UInt64(configuration.maxLine)
        try readRaw(&line, handle)
        if offset < record.base {
            let isStart = record.tally.bytes(.abandonedAtStart) > 0
            let isCopy = record.tally.bytes(.filteredCopies) > 0
            line.fate = isStart ? "abandoned" : "settled"
            line.meaning =
                isCopy
                ? "under the id of the same line in the file that this one is a copy of"
                : isStart
                    ? "it stood in the file before the first start, and the input begins at the end"
                    : "under a former id: the state came from another home"
            return line
        }
        if newline == nil, !line.isTorn {
            line.fate = "pending"
            line.meaning = "it has no newline yet, so it is no line yet"
            return line
        }
        guard let input = input(of: record) else {
            page.complain("\(file.path): no input of the configuration names the file any more")
            return nil
        }
        let time = try LineWalk.inheritedTime(
            record, input: input, handle, disk, settings, before: offset)
        var walk = LineWalk(
            record, input: input, handle, disk, settings, from: offset, to: end, lastTime: time)
        guard try walk.step() else {
            page.complain("\(file.path): became shorter while it was read")
            return nil
        }
        line.document = walk.sought.first?.document
        let id = line.document.flatMap { EventID(text: Array($0.id.utf8).span) }
        judge(&line, record, id)
        return line
    }

    private mutating func readRaw(
        _ line: inout Explanation, _ handle: FileHandle
    ) throws(SystemError) {
        let kept = Int(min(line.length, UInt64(configuration.maxLine) + 1))
        var bytes = ByteBuffer(capacity: kept)
        _ = try disk.readAll(handle, at: line.offset, kept, into: &bytes)
        line.raw = bytes.array
        if line.raw.last == 0x0a { line.raw.removeLast() }
        if line.raw.count > configuration.maxLine { line.raw.removeLast() }
    }

    private mutating func judge(
        _ line: inout Explanation, _ record: FileRecord, _ id: EventID?
    ) {
        let park = ParkedEvents(configuration.state, disk)
        if let problem = park.problem { page.complain(problem) }
        let isSettled = line.offset < record.committed
        if let event = id.flatMap({ park.events[$0] }) {
            line.fate = "parked"
            line.meaning =
                "number \(event.number); the server said \(event.status) "
                + Printout.printable(event.type)
                + (event.isRetried ? "; a retry was taken since" : "")
        } else if id == nil {
            line.fate = isSettled ? "filtered" : "pending"
            line.meaning = "it is empty, and empty lines are not sent"
        } else if !isSettled {
            line.fate = "pending"
            line.meaning =
                "the committed offset is \(record.committed); it is not read yet or on its way"
        } else {
            (line.fate, line.meaning) = Inspection.fate(in: record.tally, parkIsWhole: park.isWhole)
        }
    }

    /// What the tally can tell of a line that is settled and not in the park.
    private static func fate(
        in tally: Tally, parkIsWhole: Bool
    ) -> (fate: String, meaning: String) {
        let possible = Outcome.settled.filter { outcome in
            tally.events(outcome) > 0 && outcome != .filtered
        }
        if possible.allSatisfy({ $0 == .stored || $0 == .duplicate }) {
            return (
                "stored", "the server has acknowledged it: every line of the file but empty ones"
            )
        }
        let words = possible.map { "\(title($0)) \(tally.events($0))" }.joined(separator: ", ")
        return (
            "settled",
            "the ledger counts by file, not by line: \(words)"
                + (parkIsWhole ? "; it is not in the park" : "")
        )
    }

    /// The first byte of the line that is meant; says what is wrong where there is none.
    private mutating func start(
        of place: LinePlace, in file: FoundFile, _ handle: FileHandle
    ) throws(SystemError) -> UInt64? {
        let lines = FileLines(handle, disk)
        switch place {
        case .offset(let offset):
            if offset < file.size {
                let start = try lines.start(of: offset)
                let committed = file.record.committed
                return start < committed && committed <= offset ? committed : start
            }
            page.complain("\(file.path): ends at byte \(file.size), there is no byte \(offset)")
        case .line(let number):
            return try start(of: number, file, lines)
        }
        return nil
    }
}
