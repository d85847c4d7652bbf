// `replay`: sends a committed stretch of a file once more, under the same ids.
import Bytes
import Elastic
import Platform
import Tail

/// Which stretch of a file is meant.
package enum Stretch: Sendable, Equatable {
    /// From the first byte of a line to the first byte of another, which is not sent.
    case bytes(from: UInt64, to: UInt64)
    /// From one line to another by their numbers, from 1, both sent.
    case lines(first: UInt64, last: UInt64)
}

/// What became of a stretch.
private struct ReplaySum {
    var lines = 0
    var created = 0
    var there = 0
    var dropped = 0
    var diverted = 0
    var refused = 0
    var failed = 0
    var empty: UInt64 = 0
}

extension Inspection {
    /// Posts the documents of a stretch again, each once. Done when the server has taken all.
    package mutating func replay(_ path: Path, _ stretch: Stretch, json: Bool) -> ExitCode {
        guard var sender = BulkSender(configuration, page.surroundings) else {
            page.complain("output: no elasticsearch is configured to send the lines to")
            return .refused
        }
        return withFile(path) { run, file, handle throws(SystemError) in
            guard let range = try run.range(of: stretch, in: file, handle) else { return .refused }
            let sum = try run.send(range, of: file, handle, &sender, json: json)
            guard let sum else { return .failed }
            run.append(sum, json: json)
            return sum.refused + sum.failed == 0 ? .done : .failed
        }
    }

    private mutating func send(
        _ range: Range<UInt64>, of file: FoundFile, _ handle: FileHandle,
        _ sender: inout BulkSender, json: Bool
    ) throws(SystemError) -> ReplaySum? {
        guard let input = input(of: file.record) else {
            page.complain("\(file.path): no input of the configuration names the file any more")
            return nil
        }
        let time = try LineWalk.inheritedTime(
            file.record, input: input, handle, disk, settings, before: range.lowerBound)
        var walk = LineWalk(
            file.record, input: input, handle, disk, settings, from: range.lowerBound,
            to: range.upperBound, lastTime: time)
        var sum = ReplaySum()
        while try walk.step() {
            sum.empty += walk.filtered.events(.filtered)
            let outcomes = sender.post(walk.documents)
            for (event, outcome) in zip(walk.batch.events, outcomes) {
                sum.add(outcome)
                if case .taken = outcome { continue }
                if case .failed = outcome { continue }
                say(event.offset, outcome, json: json)
            }
            if let reason = sender.stopped {
                page.complain("not everything was sent: \(Printout.printable(reason))")
                break
            }
        }
        if walk.place < range.upperBound {
            page.complain("lines from byte \(walk.place) on were not sent")
        }
        return sum
    }

    private mutating func say(_ offset: UInt64, _ outcome: SendOutcome, json: Bool) {
        if json {
            page.out.append("{")
            page.member("offset", offset)
            page.appendMembers(of: outcome)
            page.out.append("}\n")
        } else {
            page.out.append(text: "byte \(offset)  ")
            page.append(outcome)
            page.out.append("\n")
        }
        page.flush(from: 64 << 10)
    }

    private mutating func append(_ sum: ReplaySum, json: Bool) {
        let counts: [(StaticString, Int)] = [
            ("created", sum.created), ("already_there", sum.there), ("dropped", sum.dropped),
            ("diverted", sum.diverted), ("refused", sum.refused), ("failed", sum.failed),
            ("empty", Int(sum.empty)),
        ]
        if json {
            page.out.append("{")
            page.member("lines", UInt64(sum.lines))
            for (name, count) in counts { page.member(name, UInt64(count)) }
            page.out.append("}\n")
            return
        }
        var words = ["\(sum.created) created", "\(sum.there) already there"]
        for (name, count) in counts[2...] where count > 0 { words.append("\(count) \(name)") }
        let lines = Inspection.count(sum.lines, "line")
        page.out.append(text: "\(lines): \(words.joined(separator: ", "))\n")
    }

    // MARK: - The stretch

    /// The bytes that are meant; says what is wrong where they are not to be sent.
    private mutating func range(
        of stretch: Stretch, in file: FoundFile, _ handle: FileHandle
    ) throws(SystemError) -> Range<UInt64>? {
        let lines = FileLines(handle, disk)
        let (from, to): (UInt64, UInt64)
        switch stretch {
        case .bytes(let first, let last): (from, to) = (first, last)
        case .lines(let first, let last):
            guard let firstStart = try start(of: first, file, lines),
                let lastStart = try start(of: last, file, lines)
            else { return nil }
            from = firstStart
            to = try lines.newline(from: lastStart).map { $0 + 1 } ?? file.size
        }
        let record = file.record
        if to > record.committed {
            page.complain(
                "\(file.path): committed up to byte \(record.committed), not to \(to): what comes "
                    + "behind it the agent sends by itself")
            return nil
        }
        if from < record.base {
            page.complain(
                "\(file.path): byte \(from) stands before \(record.base), where reading began: "
                    + "what stands there has no ids")
            return nil
        }
        for offset in [from, to] where offset != record.committed {
            let start = try lines.start(of: offset)
            if start == offset { continue }
            page.complain(
                "\(file.path): no line begins at byte \(offset); the one that holds it begins at "
                    + "\(start)")
            return nil
        }
        return from..<to
    }

    /// The first byte of a line, counted from 1; nil, and said, where there is none.
    mutating func start(
        of line: UInt64, _ file: FoundFile, _ lines: FileLines
    ) throws(SystemError) -> UInt64? {
        let found = try lines.start(ofLine: line)
        if let offset = found.offset, offset < file.size { return offset }
        page.complain(
            "\(file.path): has \(Inspection.count(Int(found.newlines), "line")), there is no "
                + "line \(line)")
        return nil
    }
}

extension ReplaySum {
    mutating func add(_ outcome: SendOutcome) {
        lines += 1
        switch outcome {
        case .taken(.stored): created += 1
        case .taken(.duplicate): there += 1
        case .taken(.dropped): dropped += 1
        case .taken(.diverted): diverted += 1
        case .taken, .failed: failed += 1
        case .refused: refused += 1
        }
    }
}

extension LineWalk {
    /// The documents of the step before, each as its two lines.
    var documents: [[UInt8]] {
        batch.events.indices.map { batch.body.bytes(batch.range(of: $0)).array }
    }
}
