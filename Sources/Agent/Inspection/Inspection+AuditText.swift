// What an audit found, as a table for people or as JSON.
import Bytes
import Platform
import Tail

extension Inspection {
    mutating func appendText(_ audits: [FileAudit]) {
        let counted = Outcome.allCases.filter { outcome in
            audits.contains { $0.file.record.tally.bytes(outcome) > 0 }
        }
        let isAsked = audits.contains { $0.server != nil }
        var titles = ["FILE", "RESULT", "SIZE"]
        titles += counted.map { Inspection.title($0).upperCased }
        titles += ["PENDING", "LINES"]
        if isAsked { titles.append("ON THE SERVER") }
        var rows = [titles]
        for audit in audits {
            let file = audit.file
            var row = [Printout.printable(file.path.bytes)]
            row.append(audit.problems.isEmpty ? "adds up" : "DOES NOT ADD UP")
            row.append(String(file.size))
            row += counted.map { String(file.record.tally.bytes($0)) }
            row.append(String(file.pending))
            row.append(audit.lines.map { String($0) } ?? "-")
            if isAsked { row.append(audit.server.map { String($0.found) } ?? "-") }
            rows.append(row)
        }
        if !audits.isEmpty {
            page.appendTable(rows, isRight: { $0 > 1 })
            page.out.append("SIZE and outcomes in bytes, LINES up to the committed offset\n")
        }
        for audit in audits {
            for text in audit.problems + audit.notes {
                page.out.append(
                    text: Printout.printable(audit.file.path.bytes) + ": "
                        + Printout.printable(text) + "\n")
            }
        }
        let wrong = audits.count { !$0.problems.isEmpty }
        let files = Inspection.count(audits.count, "file")
        page.out.append(
            text: wrong == 0
                ? "\(files): everything adds up\n" : "\(wrong) of \(files) do not add up\n")
    }

    mutating func appendJSON(_ audits: [FileAudit]) {
        for audit in audits {
            page.out.append("{")
            appendMembers(of: audit.file)
            if let lines = audit.lines { page.member("lines", lines) }
            page.begin("park")
            page.out.append("{")
            page.member("lines", audit.parked.all)
            page.member("retried", audit.parked.retried)
            page.out.append("}")
            if let server = audit.server {
                page.begin("server")
                page.out.append("{")
                page.member("asked", server.asked)
                page.member("found", server.found)
                page.member("twice", server.twice)
                page.out.append("}")
            }
            page.member("problems", list: audit.problems)
            page.member("notes", list: audit.notes)
            page.member("adds_up", audit.problems.isEmpty)
            page.out.append("}\n")
            page.flush(from: 64 << 10)
        }
        page.out.append("{")
        page.member("files", UInt64(audits.count))
        page.member("adds_up", !audits.contains { !$0.problems.isEmpty })
        page.out.append("}\n")
    }
}
