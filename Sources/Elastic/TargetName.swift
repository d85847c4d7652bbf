// The name of an input's target: fixed but for the date.
import Bytes

/// A pattern with all put in that the configuration says.
package struct TargetName: Sendable, Equatable {
    /// Part of a date.
    package enum DateUnit: Sendable, Equatable { case year, month, day, hour }

    package enum Part: Sendable, Equatable {
        case literal(String)
        case date(DateUnit)
    }

    /// Bytes of a name at most.
    package static let longest = 255

    package let kind: TargetPattern.Kind
    let parts: [Part]

    /// True when the name depends on the time of an event.
    package var isDated: Bool { parts.contains { if case .date = $0 { true } else { false } } }

    /// The name for an event: `time` in seconds since 1970 UTC, in `CivilTime.fourDigitYears`.
    package func text(at time: Int64) -> String {
        var buffer = ByteBuffer(capacity: 64)
        let civil = CivilTime(seconds: time)
        for part in parts {
            switch part {
            case .literal(let text): buffer.append(text: text)
            case .date(.year): buffer.append(decimal: UInt64(civil.date.year), width: 4)
            case .date(.month): buffer.append(decimal: UInt64(civil.date.month), width: 2)
            case .date(.day): buffer.append(decimal: UInt64(civil.date.day), width: 2)
            case .date(.hour): buffer.append(decimal: UInt64(civil.hour), width: 2)
            }
        }
        return buffer.bytes.text
    }

    /// The name with one `*` for its date, whatever stands between the date's parts: what all names
    /// of this target match.
    package var wildcard: String {
        var text = ""
        // What stands behind a date, and belongs to it when another follows.
        var separator = ""
        for part in parts {
            switch part {
            case .literal(let literal):
                let separates = literal.utf8.allSatisfy { ".-_".utf8.contains($0) }
                if text.hasSuffix("*"), separates {
                    separator += literal
                } else {
                    text += separator + literal
                    separator = ""
                }
            case .date:
                if !text.hasSuffix("*") { text += "*" }
                separator = ""
            }
        }
        return text + separator
    }

    /// The seconds around `time` for which the name is the same, at least: an hour, a day, or all.
    package func period(around time: Int64) -> Range<Int64> {
        guard isDated else { return .min..<(.max) }
        let length: Int64 = parts.contains(.date(.hour)) ? 3600 : 86_400
        let start = time - ((time % length) + length) % length
        return start..<(start + length)
    }

    /// What `data_stream.*` says of a stream of this name: the three parts between two hyphens. Nil
    /// for an index, and for a stream whose name has not exactly three parts: it has no such
    /// members.
    package var streamParts: (type: String, dataset: String, namespace: String)? {
        guard kind == .dataStream else { return nil }
        let parts = text(at: 0).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return (String(parts[0]), String(parts[1]), String(parts[2]))
    }
}
