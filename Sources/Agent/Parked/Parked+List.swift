// `parked list`: a row for each line, and how much room is taken.
import Bytes
import Platform
import Tail

extension Parked {
    private static let titles = ["N", "TIME", "STATUS", "TYPE", "TARGET", "STATE", "FILE:OFFSET"]

    /// Prints the lines as a table for people, or as one JSON a line.
    package mutating func list(json: Bool) -> ExitCode {
        var rows: [[String]] = []
        var retried = 0
        let survey = read { run, record, isRetried in
            if isRetried { retried += 1 }
            if json {
                run.page.out.append("{")
                run.appendMembers(of: record, isRetried: isRetried)
                run.page.out.append("}\n")
                run.page.flush(from: 64 << 10)
            } else {
                rows.append(Parked.row(record, isRetried))
            }
        }
        guard let survey else { return page.result }
        if json {
            appendTotal(survey, retried: retried)
        } else {
            if !rows.isEmpty {
                page.appendTable([Parked.titles] + rows, isRight: { $0 == 0 })
            }
            page.out.append(text: "\(survey.lines) \(survey.lines == 1 ? "line" : "lines"), ")
            page.out.append(text: "\(retried) retried; \(survey.bytes) bytes ")
            page.out.append(text: "of \(sizeText(configuration.park.bytes))\n")
        }
        page.flush()
        report(survey)
        return page.result
    }

    private static func row(_ record: ParkRecord, _ isRetried: Bool) -> [String] {
        let line = record.line
        return [
            String(record.number), Printout.timeText(line.time), String(line.status),
            Printout.printable(line.type), Printout.printable(PostedAction(line.posted.span).index),
            isRetried ? "retried" : "parked",
            Printout.printable(line.path.bytes) + ":" + String(line.offset),
        ]
    }

    private mutating func appendTotal(_ survey: ParkSurvey, retried: Int) {
        page.out.append("{\"lines\":")
        page.out.append(decimal: UInt64(survey.lines))
        page.out.append(",\"retried_lines\":")
        page.out.append(decimal: UInt64(retried))
        page.out.append(",\"bytes\":")
        page.out.append(decimal: survey.bytes)
        page.out.append(",\"limit_bytes\":")
        page.out.append(decimal: UInt64(configuration.park.bytes))
        page.out.append(",\"damaged_bytes\":")
        page.out.append(decimal: UInt64(survey.damage.reduce(0) { $0 + $1.range.count }))
        page.out.append("}\n")
    }
}
