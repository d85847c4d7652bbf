// What the documents of one file have in common.
import Bytes
import Elastic
import Platform

/// The frame into which each line of a file is set: the input's template, the file's path, and the
/// action line up to the id, which changes with the hour or the day when the index is dated. Owned
/// by the pump.
package struct DocumentFrame: Sendable {
    let template: DocumentTemplate
    /// The number of the input.
    private let input: Int
    /// What stands between `event` and the offset.
    let beforeOffset: [UInt8]
    /// `{"create":{"_index":"…","_id":"`, with `"pipeline":"…"` before the id where one is named.
    private(set) var action: [UInt8] = []
    /// The number of the target in the table of the writer.
    private(set) var target = TargetTable.tooMany
    /// The seconds for which `action` and `target` are right.
    private(set) var period: Range<Int64> = 0..<0

    /// The frame of a file. Ill-formed bytes of the path become U+FFFD.
    package init(_ template: DocumentTemplate, path: Path, input: Int) {
        self.template = template
        self.input = input
        var buffer = ByteBuffer(capacity: 512)
        buffer.append(template.beforePath)
        if let rest = template.beforeOffset {
            buffer.append("\"")
            buffer.appendEscaped(path.bytes.span)
            buffer.append("\"")
            buffer.append(rest)
        }
        beforeOffset = buffer.array
    }

    /// Makes the action right for an event of `time`, seconds since 1970 UTC.
    @inline(__always)
    mutating func aim(at time: Int64, _ targets: inout TargetTable) {
        if !period.contains(time) { renderAction(time, &targets) }
    }

    @inline(never)
    private mutating func renderAction(_ time: Int64, _ targets: inout TargetTable) {
        let name = template.target.text(at: time)
        target = targets.number(of: name, pipeline: template.pipeline, input: input)
        period = template.target.period(around: time)
        var buffer = ByteBuffer(capacity: 64)
        buffer.append("{\"create\":{\"_index\":\"")
        buffer.appendEscaped(Array(name.utf8).span)
        if let pipeline = template.pipeline {
            buffer.append("\",\"pipeline\":\"")
            buffer.appendEscaped(Array(pipeline.utf8).span)
        }
        buffer.append("\",\"_id\":\"")
        action = buffer.array
    }
}
