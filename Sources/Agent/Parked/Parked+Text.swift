// How a parked line is written as JSON.
import Bytes
import Platform
import Tail

extension Parked {
    /// The members that `list` and `show` have in common, without braces.
    mutating func appendMembers(of record: ParkRecord, isRetried: Bool) {
        let line = record.line
        page.out.append("\"number\":")
        page.out.append(decimal: record.number)
        page.member("time", Array(Printout.timeText(line.time).utf8))
        page.member("path", line.path.bytes)
        page.out.append(",\"offset\":")
        page.out.append(decimal: line.offset)
        page.out.append(",\"length\":")
        page.out.append(decimal: line.length)
        page.out.append(",\"status\":")
        page.out.append(decimal: UInt64(line.status))
        page.member("type", Array(line.type.utf8))
        page.member("target", Array(PostedAction(line.posted.span).index.utf8))
        page.out.append(isRetried ? ",\"retried\":true" : ",\"retried\":false")
    }
}
