// The name of a data stream or an index as users write it: `logs-%{dataset}-default`.
import Bytes

/// A name with places for the dataset and, in an index, for the date of the event in UTC.
package struct TargetPattern: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case dataStream, index }

    /// Part of a date.
    package enum DateUnit: Sendable, Equatable { case year, month, day, hour }

    package enum Piece: Sendable, Equatable {
        case literal(String)
        case dataset
        case date(DateUnit)
    }

    package let kind: Kind
    package let pieces: [Piece]

    /// Reads a pattern. What is literal must be legal in a name at its place; what is put in later
    /// is checked by `name(dataset:)`.
    package init(_ text: String, kind: Kind) throws(TargetRefusal) {
        self.kind = kind
        pieces = try TargetPattern.pieces(of: Array(text.utf8), kind: kind)
        if pieces.isEmpty { throw TargetRefusal(0, .empty) }
    }

    /// True when the name depends on the time of an event.
    package var isDated: Bool { pieces.contains { if case .date = $0 { true } else { false } } }

    /// The name for an event: `time` in seconds since 1970 UTC, in `CivilTime.fourDigitYears`.
    package func name(dataset: String, time: Int64) -> String {
        var buffer = ByteBuffer(capacity: 64)
        let civil = CivilTime(seconds: time)
        for piece in pieces {
            switch piece {
            case .literal(let text): buffer.append(text: text)
            case .dataset: buffer.append(text: dataset)
            case .date(.year): buffer.append(decimal: UInt64(civil.date.year), width: 4)
            case .date(.month): buffer.append(decimal: UInt64(civil.date.month), width: 2)
            case .date(.day): buffer.append(decimal: UInt64(civil.date.day), width: 2)
            case .date(.hour): buffer.append(decimal: UInt64(civil.hour), width: 2)
            }
        }
        return buffer.bytes.text
    }

    /// The seconds around `time` for which the name is the same, at least: an hour, a day, or all.
    package func period(around time: Int64) -> Range<Int64> {
        guard isDated else { return .min..<(.max) }
        let length: Int64 = pieces.contains(.date(.hour)) ? 3600 : 86_400
        let start = time - ((time % length) + length) % length
        return start..<(start + length)
    }

    /// Refuses a dataset with which the name would be one that Elasticsearch refuses.
    package func check(dataset: String) throws(TargetRefusal) {
        let text = name(dataset: dataset, time: 0)
        let name = Array(text.utf8)
        for (place, byte) in name.enumerated() {
            if let fault = TargetPattern.fault(byte, isFirst: place == 0) {
                throw TargetRefusal(place, fault)
            }
        }
        if name.count > 255 { throw TargetRefusal(255, .tooLong) }
        if name == [UInt8(ascii: ".")] || name == Array("..".utf8) {
            throw TargetRefusal(0, .onlyDots)
        }
        // Beyond ASCII the server only wants the name unchanged by lower-casing.
        if text != text.lowercased() { throw TargetRefusal(0, .upperCase) }
    }

    /// What `data_stream.*` says of a stream of this name: the three parts between two hyphens. Nil
    /// for an index, and for a stream whose name has not exactly three parts: it has no such
    /// members.
    package static func parts(
        ofDataStream name: String
    ) -> (type: String, dataset: String, namespace: String)? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return (String(parts[0]), String(parts[1]), String(parts[2]))
    }
}
