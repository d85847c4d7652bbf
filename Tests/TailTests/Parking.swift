// Lines to be parked, and what a park holds, for the tests of both.
import Bytes
import Platform
import Tail
import TestKit

/// A line that differs from others by its number alone: in path, id and bytes.
func parkedLine(_ number: Int, bytes: Int = 40) -> ParkedLine {
    let raw = "line \(number) " + String(repeating: "x", count: bytes) + "\u{1}\n"
    let action = #"{"create":{"_index":"logs-a","_id":"\#(parkedID(number))"}}"#
    return ParkedLine(
        path: Path("/logs/\(number % 3)"), offset: UInt64(number) * 100,
        length: UInt64(raw.utf8.count),
        status: 400, type: "document_parsing_exception", reason: "failed \(number)",
        time: WallTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(number)),
        raw: number % 7 == 6 ? nil : Array(raw.utf8),
        posted: Array("\(action)\n{\"message\":\"\(number)\"}\n".utf8))
}

func parkedID(_ number: Int) -> String { "id\(number)" }

/// What the segments of a directory say, in their order.
struct FoundPark {
    var records: [ParkRecord] = []
    var damage: [Range<Int>] = []
    var segments: [Path] = []
    /// The bytes of all segments.
    var bytes = 0

    var lines: [ParkedLine] { records.map(\.line) }

    init(_ files: any FileSystem, _ directory: Path = "/state/park") throws {
        let names = (try? files.entries(of: directory).map(\.name)) ?? []
        for name in names.sorted() where ParkSegment.number(name) != nil {
            let path = directory.appending(name)
            let handle = try files.openForReading(path)
            defer { files.close(handle) }
            let size = Int(try files.status(of: handle).size)
            var content = ByteBuffer(capacity: size)
            _ = try files.readAll(handle, at: 0, size, into: &content)
            var found: [ParkRecord] = []
            let segment = ParkSegment(content.bytes) { found.append($0) }
            records += found
            damage += segment.damage
            segments.append(name)
            bytes += size
        }
    }
}

extension SimulatedDisk {
    /// The bytes of a file.
    func content(_ path: Path) -> [UInt8] { names[path].flatMap { inodes[$0]?.bytes } ?? [] }

    /// Puts a file there, whatever was.
    func place(_ bytes: [UInt8], at path: Path) {
        remove(path)
        append(bytes, to: createFile(path))
    }
}
