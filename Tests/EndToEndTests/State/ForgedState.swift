// States made by hand, from docs/state-format.md: of other versions, too large, or damaged.
import CXXHash
import Foundation
import ScriptedServer

/// XXH3 of bytes.
func xxh3(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
}

/// A slot of a state, sealed anew by its hashes whatever is changed.
struct ForgedSlot {
    var format: UInt32 = 1
    var oldestReader: UInt32 = 1
    var generation: UInt64 = 1
    var births: UInt64 = 0
    var payload: [UInt8] = []

    /// An empty state of this home.
    init(home: String) {
        payload += ForgedSlot.item(1, Array(home.utf8))
        payload += ForgedSlot.item(2, Array(0..<16))
        payload += ForgedSlot.item(3, [1])
    }

    /// The slot in a file.
    init(contentsOf path: String) throws {
        let bytes = try Array(Data(contentsOf: URL(filePath: path)))
        format = UInt32(ForgedSlot.number(bytes[8..<12]))
        oldestReader = UInt32(ForgedSlot.number(bytes[12..<16]))
        generation = ForgedSlot.number(bytes[16..<24])
        births = ForgedSlot.number(bytes[24..<32])
        payload = Array(bytes[64...].prefix(Int(ForgedSlot.number(bytes[32..<40]))))
    }

    /// The record of a file that was read to its end. `content` proves it to be the file's own.
    mutating func add(
        _ path: String, inode: UInt64, size: UInt64, number: UInt64, content: [UInt8] = []
    ) {
        var record = ForgedSlot.item(
            1, [1, 0x65, 0xf5, 0xa3, 0x90, 0, 0, 0] + ForgedSlot.little(number, 8).reversed())
        var numbers: [(UInt8, UInt64)] = [(3, 1), (4, inode), (7, size), (13, size)]
        if !content.isEmpty {
            let (head, marker) = (content.prefix(1024), content.suffix(4096))
            numbers += [
                (9, xxh3(head)), (10, UInt64(head.count)), (11, size), (12, xxh3(marker)),
            ]
        }
        for (tag, value) in numbers { record += ForgedSlot.item(tag, ForgedSlot.little(value, 8)) }
        let tally = [0] + ForgedSlot.little(size / 100, 8) + ForgedSlot.little(size, 8)
        record += ForgedSlot.item(15, tally)
        record += ForgedSlot.item(16, Array(path.utf8))
        payload += ForgedSlot.item(5, record)
    }

    var bytes: [UInt8] {
        var header = Array("TAILPRF\n".utf8)
        header += ForgedSlot.little(UInt64(format), 4) + ForgedSlot.little(UInt64(oldestReader), 4)
        for value in [generation, births, UInt64(payload.count), xxh3(payload[...])] {
            header += ForgedSlot.little(value, 8)
        }
        header += ForgedSlot.little(xxh3(header[...]), 8)
        header += [UInt8](repeating: 0, count: 8)
        return header + payload
    }

    func write(to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    private static func item(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + little(UInt64(content.count), 4) + content
    }

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension Stage {
    /// The bytes of every file of the state, by name.
    func stateBytes() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: settings.state) {
            files[name] = try Data(contentsOf: URL(filePath: "\(settings.state)/\(name)"))
        }
        return files
    }

    /// What the state says, damaged slots and pages left out.
    func state() throws -> StateFiles { try StateFiles(directory: settings.state, hash: xxh3) }

    /// Where the state has its slots.
    var slots: [String] { ["slot.a", "slot.b"].map { "\(settings.state)/\($0)" } }
}
