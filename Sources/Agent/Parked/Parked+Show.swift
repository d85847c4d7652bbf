// `parked show`: all that is known of lines, or their bytes alone.
import Bytes
import Platform
import Tail

extension Parked {
    /// How lines are shown.
    package enum Style: Sendable { case text, json, raw }

    /// Prints the lines with these numbers, all when there are none.
    package mutating func show(_ numbers: [UInt64], as style: Style) -> ExitCode {
        var missing = Set(numbers)
        let wanted = missing
        let survey = read { run, record, isRetried in
            guard wanted.isEmpty || wanted.contains(record.number) else { return }
            missing.remove(record.number)
            switch style {
            case .text: run.appendText(record, isRetried)
            case .json: run.appendJSON(record, isRetried)
            case .raw: run.appendRaw(record)
            }
            run.page.flush(from: 64 << 10)
        }
        guard let survey else { return page.result }
        page.flush()
        report(survey)
        reportMissing(missing)
        return page.result
    }

    mutating func reportMissing(_ numbers: Set<UInt64>) {
        for number in numbers.sorted() { page.complain("no line \(number) is parked") }
    }

    private mutating func appendText(_ record: ParkRecord, _ isRetried: Bool) {
        let line = record.line
        let action = PostedAction(line.posted.span)
        let parts = Parked.posted(line)
        let rows: [(String, String)] = [
            ("number", String(record.number)), ("time", Printout.timeText(line.time)),
            ("file", Printout.printable(line.path.bytes)), ("offset", String(line.offset)),
            ("length", String(line.length)), ("target", Printout.printable(action.index)),
            ("id", Printout.printable(action.id)), ("status", String(line.status)),
            ("type", Printout.printable(line.type)), ("reason", Printout.printable(line.reason)),
            ("retried", isRetried ? "yes" : "no"), ("action", Printout.printable(parts.action)),
            ("source", Printout.printable(parts.source)),
            ("line", line.raw.map(Printout.printable) ?? "gone: the file was truncated before"),
        ]
        if record.number > 1, page.out.count > 0 { page.out.append("\n") }
        for (name, value) in rows {
            page.out.append(text: name + String(repeating: " ", count: 9 - name.count))
            page.out.append(text: value + "\n")
        }
    }

    private mutating func appendJSON(_ record: ParkRecord, _ isRetried: Bool) {
        let line = record.line
        let parts = Parked.posted(line)
        page.out.append("{")
        appendMembers(of: record, isRetried: isRetried)
        page.member("id", PostedAction(line.posted.span).id)
        page.member("reason", Array(line.reason.utf8))
        page.member("action", parts.action)
        page.member("source", parts.source)
        if let raw = line.raw {
            page.member(raw: raw)
        }
        page.out.append("}\n")
    }

    /// The bytes as they stood in the file. A line without its newline gets one: it must not run
    /// into the next.
    private mutating func appendRaw(_ record: ParkRecord) {
        guard let raw = record.line.raw else {
            page.complain(
                "line \(record.number): its bytes are gone, the file was truncated before; "
                    + "'parked show \(record.number)' has the document")
            return
        }
        page.out.append(raw)
        if raw.last != UInt8(ascii: "\n") { page.out.append(UInt8(ascii: "\n")) }
    }

    /// The two lines that were posted, without their newlines.
    private static func posted(_ line: ParkedLine) -> (action: [UInt8], source: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        let parts = line.posted.split(
            separator: newline, maxSplits: 1, omittingEmptySubsequences: false)
        let source = parts.count > 1 ? Array(parts[1]) : []
        return (Array(parts[0]), source.last == newline ? source.dropLast() : source)
    }
}
