// The name of a target, as it stands in a batch.
import Bytes

extension Batch {
    /// The name of an event's target for people: what its action line names, the pipeline too,
    /// escapes resolved. "unknown" where the line has no index. Nothing of a log line is in it.
    package func targetName(of event: Int) -> String {
        let lines = body.bytes(range(of: event))
        let end = lines.firstIndex(of: 0x0a, from: 0, to: lines.count) ?? lines.count
        do throws(JSONError) {
            return try actionTarget(lines.extracting(0..<end)) ?? "unknown"
        } catch {
            return "unknown"
        }
    }
}

/// The target that an action line names: `{"create":{"_index":"…","pipeline":"…",…}}`.
private func actionTarget(_ line: Span<UInt8>) throws(JSONError) -> String? {
    var scanner = JSONScanner(line)
    guard try scanner.next() == .beginObject, case .key? = try scanner.next(),
        try scanner.next() == .beginObject
    else { return nil }
    var index: String?
    var pipeline: String?
    while case .key(let key)? = try scanner.next() {
        let isIndex = scanner.matches(key, "_index")
        guard isIndex || scanner.matches(key, "pipeline") else {
            try scanner.skipValue()
            continue
        }
        guard case .string(let text)? = try scanner.next() else { return nil }
        var decoded = ByteBuffer(capacity: text.range.count)
        scanner.decode(text, into: &decoded)
        if isIndex { index = decoded.bytes.text } else { pipeline = decoded.bytes.text }
    }
    return index.map { TargetTable.name(of: $0, pipeline: pipeline) }
}
