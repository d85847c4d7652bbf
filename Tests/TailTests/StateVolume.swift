// A state directory as bytes: laid out on a simulated disk, damaged, loaded again.
import Bytes
import Platform
import Tail
import TestKit

/// The files of a state directory, without the zeros at their ends.
struct StateVolume {
    var files: [String: [UInt8]] = [:]

    static let names = ["lock", "slot.a", "slot.b", "births"]

    init() {}

    /// The directory as the disk holds it.
    init(_ disk: SimulatedDisk) {
        for name in Self.names {
            guard let inode = disk.names[Path("/state/" + name)] else { continue }
            let bytes = disk.inodes[inode]?.bytes ?? []
            let used = bytes.withUnsafeBytes { raw in
                raw.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            }
            files[name] = Array(bytes[..<used])
        }
    }

    /// A disk that holds the directory, its files at their full size again.
    var disk: SimulatedDisk {
        let disk = SimulatedDisk(clock: ManualClock())
        disk.addDirectory("/state")
        for name in Self.names {
            var bytes = files[name] ?? []
            let least = name == "lock" ? 0 : name == "births" ? 256 << 10 : 64 << 10
            let size = max(least, (bytes.count + 4095) / 4096 * 4096)
            bytes += [UInt8](repeating: 0, count: size - bytes.count)
            disk.append(bytes, to: disk.createFile(Path("/state/" + name)))
        }
        return disk
    }

    func load(home: String = "home") throws -> LoadedState {
        var random = SeededGenerator(seed: 1)
        var store = try StateStore(directory: "/state", files: disk)
        return try store.load(home: home, random: &random)
    }
}

/// An open store on a disk.
struct OpenState: ~Copyable {
    var store: StateStore
    let loaded: LoadedState

    init(_ disk: any FileSystem, directory: Path = "/state", home: String = "home") throws {
        var random = SeededGenerator(seed: 1)
        var opened = try StateStore(directory: directory, files: disk)
        loaded = try opened.load(home: home, random: &random)
        store = opened
    }

    mutating func write(_ records: [FileRecord]) throws(StateFault) {
        _ = try store.write(image: payload(loaded.volume, records).bytes)
    }

    mutating func write(births records: [FileRecord]) throws(StateFault) -> Int {
        try store.write(births: records)
    }
}
