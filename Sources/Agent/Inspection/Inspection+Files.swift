// `files`: lineage, offsets and lag of every file that the agent knows.
import Bytes
import Platform
import Tail

extension Inspection {
    /// Prints the files as a table for people, or as one JSON a line.
    package mutating func files(json: Bool) -> ExitCode {
        let files = findFiles()
        for file in files {
            if let error = file.error { page.complain("\(file.path): \(error)") }
        }
        var total = state.volume?.retired ?? Tally()
        for file in files { total += file.record.tally }
        let lag = files.reduce(0) { $0 + $1.pending }
        if json {
            for file in files {
                page.out.append("{")
                appendMembers(of: file)
                page.out.append("}\n")
                page.flush(from: 64 << 10)
            }
            page.out.append("{")
            page.member("files", UInt64(files.count))
            page.member("lag", lag)
            page.member(outcomes: total)
            page.out.append("}\n")
        } else {
            appendTable(files)
            let outcomes = Outcome.allCases.compactMap { outcome -> String? in
                if total.bytes(outcome) == 0, total.events(outcome) == 0 { return nil }
                return "\(Inspection.title(outcome)) \(Inspection.amount(outcome, total))"
            }
            let sums = ([Inspection.count(files.count, "file"), "lag \(lag) bytes"] + outcomes)
                .joined(separator: ", ")
            page.out.append(text: sums + "; files that are gone included\n")
        }
        return .done
    }

    /// The members that `files` and `audit` have in common.
    mutating func appendMembers(of file: FoundFile) {
        let record = file.record
        page.member("path", file.path.bytes)
        page.member("lineage", record.origin.bytes)
        page.member("presence", text: file.presence.rawValue)
        page.member("inode", record.inode)
        page.member("id_prefix", text: file.idPrefix)
        page.member("size", file.size)
        page.member("base", record.base)
        page.member("committed", record.committed)
        page.member("lag", file.pending)
        if let time = record.lastTime {
            page.member("last_event", text: Printout.timeText(seconds: time))
        }
        page.member(outcomes: record.tally)
    }

    private mutating func appendTable(_ files: [FoundFile]) {
        if files.isEmpty { return }
        let counted = Outcome.allCases.filter { outcome in
            files.contains {
                $0.record.tally.bytes(outcome) > 0 || $0.record.tally.events(outcome) > 0
            }
        }
        let first = ["FILE", "LINEAGE", "PRESENCE", "INODE", "ID PREFIX", "LAST EVENT"]
        var rows = [first + ["SIZE", "OFFSET", "LAG"]]
        rows[0] += counted.map { Inspection.title($0).upperCased }
        for file in files {
            let record = file.record
            rows.append(
                [
                    Printout.printable(file.path.bytes),
                    file.path == record.origin ? "-" : Printout.printable(record.origin.bytes),
                    file.presence.rawValue, String(record.inode), file.idPrefix,
                    record.lastTime.map(Printout.timeText(seconds:)) ?? "-", String(file.size),
                    String(record.committed), String(file.pending),
                ] + counted.map { Inspection.amount($0, record.tally) })
        }
        page.appendTable(rows, isRight: { $0 >= first.count })
    }

    /// Events; of what was never looked at there are only bytes.
    static func amount(_ outcome: Outcome, _ tally: Tally) -> String {
        outcome.hasNoEvents ? "\(tally.bytes(outcome)) bytes" : String(tally.events(outcome))
    }

    /// The word for an outcome, for people.
    static func title(_ outcome: Outcome) -> String {
        String(describing: outcome.word).split(separator: "_" as Character)
            .joined(separator: " ")
    }

    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension String {
    /// ASCII letters in upper case.
    var upperCased: String {
        String(decoding: utf8.map { (0x61...0x7a).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
    }
}
