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
                run.out.append("{")
                run.appendMembers(of: record, isRetried: isRetried)
                run.out.append("}\n")
                run.flush(from: 64 << 10)
            } else {
                rows.append(Parked.row(record, isRetried))
            }
        }
        guard let survey else { return result }
        if json {
            appendTotal(survey, retried: retried)
        } else {
            appendTable(rows)
            out.append(text: "\(survey.lines) \(survey.lines == 1 ? "line" : "lines"), ")
            out.append(text: "\(retried) retried; \(survey.bytes) bytes ")
            out.append(text: "of \(sizeText(configuration.park.bytes))\n")
        }
        flush()
        report(survey)
        return result
    }

    private static func row(_ record: ParkRecord, _ isRetried: Bool) -> [String] {
        let line = record.line
        return [
            String(record.number), timeText(line.time), String(line.status),
            printable(line.type), printable(PostedAction(line.posted.span).index),
            isRetried ? "retried" : "parked",
            printable(line.path.bytes) + ":" + String(line.offset),
        ]
    }

    private mutating func appendTable(_ rows: [[String]]) {
        if rows.isEmpty { return }
        let all = [Parked.titles] + rows
        let widths = Parked.titles.indices.map { column in
            all.reduce(0) { max($0, $1[column].count) }
        }
        for row in all {
            for (column, text) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - text.count)
                if column == 0 { out.append(text: gap) }
                out.append(text: text)
                if column == row.count - 1 { break }
                out.append(text: (column == 0 ? "" : gap) + "  ")
            }
            out.append("\n")
            flush(from: 64 << 10)
        }
    }

    private mutating func appendTotal(_ survey: ParkSurvey, retried: Int) {
        out.append("{\"lines\":")
        out.append(decimal: UInt64(survey.lines))
        out.append(",\"retried_lines\":")
        out.append(decimal: UInt64(retried))
        out.append(",\"bytes\":")
        out.append(decimal: survey.bytes)
        out.append(",\"limit_bytes\":")
        out.append(decimal: UInt64(configuration.park.bytes))
        out.append(",\"damaged_bytes\":")
        out.append(decimal: UInt64(survey.damage.reduce(0) { $0 + $1.range.count }))
        out.append("}\n")
    }
}
