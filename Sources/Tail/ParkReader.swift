// Reading a park beside the agent that writes it: without a lock, one segment at a time.
import Bytes
import Platform

/// What a reading of the park found beside its lines.
package struct ParkSurvey: Sendable {
    /// Bytes that cannot be read as lines.
    package struct Damage: Sendable, Equatable {
        package var segment: Path
        package var range: Range<Int>
    }

    /// Bytes of all segments.
    package private(set) var bytes: UInt64 = 0
    package private(set) var damage: [Damage] = []
    /// Segments that only a newer version can read.
    package private(set) var newer: [Path] = []
    package private(set) var lines = 0

    /// Whether every line that is parked was read.
    package var isWhole: Bool { damage.isEmpty && newer.isEmpty }

    /// Reads the park in a directory and hands out its lines in the order in which they were
    /// parked. A write that is going on, or was torn, at the end of the last segment is no damage:
    /// nobody counted it. A directory that is not there is an empty park.
    package init(
        directory: Path, files: any FileSystem, each: (ParkRecord) -> Void
    ) throws(SystemError) {
        let numbers = try ParkFile.segmentNumbers(in: directory, files)
        for number in numbers {
            // Removed meanwhile: its lines were taken.
            guard let content = try ParkFile.readSegment(number, in: directory, files) else {
                continue
            }
            let name = ParkSegment.name(number)
            let segment = ParkSegment(content.bytes, each: each)
            bytes += UInt64(content.count)
            lines += segment.records
            if case .newer = segment.beginning { newer.append(name) }
            for range in segment.damage {
                if number == numbers.last, range.lowerBound >= segment.end { continue }
                damage.append(Damage(segment: name, range: range))
            }
        }
    }
}
