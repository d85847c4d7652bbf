// Names of threads, which any process may read: a word about oneself without a listener or a disk.
import CLinux
import Glibc

/// The names of threads, as `/proc/PID/task/TID/comm` has them: 15 bytes at most.
package enum ThreadNames {
    /// Names the calling thread.
    package static func setOwn(_ name: String) {
        // Safety: the name is copied by the kernel during the call.
        unsafe name.withCString { unsafe tp_name_thread($0) }
    }

    /// For each other process that runs the same program as this one: the names of its threads.
    package static func ofSameProgram(_ files: any FileSystem) -> [(process: Int, names: [String])]
    {
        let program = name(of: "/proc/self")
        var found: [(process: Int, names: [String])] = []
        for entry in (try? files.entries(of: "/proc")) ?? [] {
            guard let process = Int(entry.name.description), process != Int(getpid()) else {
                continue
            }
            let place = ("/proc" as Path).appending(entry.name)
            guard program != nil, name(of: place) == program else { continue }
            let tasks = place.appending("task")
            let threads = (try? files.entries(of: tasks)) ?? []
            found.append((process, threads.compactMap { name(of: tasks.appending($0.name)) }))
        }
        return found
    }

    /// The processes that hold an flock(2) of a file, as this one sees their numbers.
    package static func holders(ofLock path: Path, _ files: any FileSystem) -> [Int] {
        guard let inode = try? files.status(of: path).inode,
            let bytes = try? readSmallFile("/proc/locks", limit: 1 << 20)
        else { return [] }
        var holders: [Int] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map {
                String(decoding: $0, as: UTF8.self)
            }
            // "1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF"; those that wait have "->" before.
            guard words.count > 5, words[1] == "FLOCK", let process = Int(words[4]),
                words[5].split(separator: ":" as Character).last.flatMap({ UInt64($0) }) == inode
            else { continue }
            holders.append(process)
        }
        return holders
    }

    private static func name(of place: Path) -> String? {
        guard var bytes = try? readSmallFile(place.appending("comm"), limit: 64) else {
            return nil
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
