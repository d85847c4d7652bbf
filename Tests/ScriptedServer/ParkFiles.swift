// An independent reader of the park, from docs/park-format.md; hashes are trusted.
import Foundation

/// The parked lines of a state directory. Read them when no agent writes: hashes are not checked.
package enum ParkFiles {
    /// A line as it was parked.
    package struct Line: Hashable, Sendable {
        package var path: [UInt8] = []
        package var offset: UInt64 = 0
        package var length: UInt64 = 0
        package var status: UInt64 = 0
        package var type: [UInt8] = []
        package var reason: [UInt8] = []
        /// nil when the bytes were gone.
        package var raw: [UInt8]?
        package var posted: [UInt8] = []
        package var number: UInt64 = 0

        /// For a judge: a parked line has its place as a stored one has.
        package var finding: Finding {
            Finding(index: "the park", id: "parked as \(number)", line: LineKey(in: raw ?? posted))
        }
    }

    /// All lines in their order; none when nothing was ever parked. After a crash a segment may end
    /// in the midst of a record.
    package static func read(_ stateDirectory: String, torn: Bool = false) throws -> [Line] {
        let directory = stateDirectory + "/park"
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        var lines: [Line] = []
        for name in names.filter({ $0.hasPrefix("park-") }).sorted() {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
            lines += try self.lines(of: Array(data), name, torn: torn)
        }
        return lines
    }

    /// The lines of one segment.
    package static func lines(
        of segment: [UInt8], _ name: String = "", torn: Bool = false
    ) throws -> [Line] {
        if segment.isEmpty || torn && segment.count < 40 { return [] }
        guard segment.count >= 40, Array(segment[..<8]) == Array("TAILPRK\n".utf8) else {
            throw StateFileError(description: "\(name): no header")
        }
        guard number(segment[12..<16]) <= 1 else {
            throw StateFileError(description: "\(name): for later formats")
        }
        var lines: [Line] = []
        var rest = segment[40...]
        while !rest.isEmpty {
            if torn, rest.count < 28 { break }
            guard rest.count >= 28, Array(rest.prefix(8)) == Array("TP\nLINE\n".utf8) else {
                throw StateFileError(
                    description: "\(name): no record at byte \(rest.startIndex)")
            }
            let length = Int(number(rest.dropFirst(8).prefix(4)))
            rest = rest.dropFirst(28)
            if torn, length > rest.count { break }
            guard length <= rest.count else {
                throw StateFileError(description: "\(name): ends in a record")
            }
            lines.append(try line(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return lines
    }

    private static func line(_ payload: ArraySlice<UInt8>) throws -> Line {
        var line = Line()
        var rest = payload
        while let tag = rest.first {
            guard rest.count >= 5 else { throw StateFileError(description: "half an item") }
            let length = Int(number(rest.dropFirst().prefix(4)))
            rest = rest.dropFirst(5)
            guard length <= rest.count else {
                throw StateFileError(description: "an item of \(length) bytes")
            }
            let content = rest.prefix(length)
            switch tag {
            case 1: line.number = number(content)
            case 3: line.path = Array(content)
            case 4: line.offset = number(content)
            case 5: line.length = number(content)
            case 6: line.status = number(content)
            case 7: line.type = Array(content)
            case 8: line.reason = Array(content)
            case 9: line.raw = Array(content)
            case 10: line.posted = Array(content)
            default: break
            }
            rest = rest.dropFirst(length)
        }
        return line
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
