// A file system of a test's own: small enough to be filled, and frozen or broken at will.
import Foundation
import Glibc

/// A mounted volume. Gone when this goes.
final class Volume {
    enum Kind: Sendable {
        case tmpfs
        /// ext4 in a file, by a loop device.
        case ext4
    }

    let path: String
    private let image: String?

    /// Mounts a new one over the directory `path`.
    init(_ kind: Kind, over path: String, bytes: Int) throws {
        self.path = path
        switch kind {
        case .tmpfs:
            image = nil
            try Volume.run("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", path)
        case .ext4:
            let file = "\(path).img"
            image = file
            try Volume.run("truncate", "-s", "\(bytes)", file)
            try Volume.run("mkfs.ext4", "-q", "-F", "-m", "0", file)
            try mount()
        }
    }

    deinit {
        try? Volume.run("umount", "-l", path)
        if let image { unlink(image) }
    }

    private static func run(_ command: String, _ arguments: String...) throws {
        let paths = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
        _ = try ChildProcess.output(
            of: ["/usr/bin/env", "PATH=\(paths)", command] + arguments)
    }

    /// Whether this process may mount a volume of that kind.
    static func isPossible(_ kind: Kind) -> Bool {
        guard let scratch = try? Scratch(), let path = try? scratch.directory("try") else {
            return false
        }
        return (try? Volume(kind, over: path, bytes: 4 << 20)) != nil
    }

    static let canMountMemory = isPossible(.tmpfs)
    static let canMountLoop = isPossible(.ext4)

    // MARK: - What befalls it

    /// Takes all the room there is.
    func fill() throws {
        let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try check("open", file)
        defer { close(file) }
        for size in [1 << 16, 4096, 512, 1] {
            let block = [UInt8](repeating: 1, count: size)
            while write(file, block, block.count) > 0 {}
            guard errno == ENOSPC else { throw CallFailure(call: "write", code: errno) }
        }
        // Where room is given out late, it must be taken now.
        try check("fsync", fsync(file))
    }

    func free() throws { try check("unlink", unlink("\(path)/filler")) }

    /// Every write sleeps until the body is done. The watch thaws when it is told, when this
    /// process ends, and after a minute, whatever comes first.
    func frozen<Result>(_ body: () throws -> Result) throws -> Result {
        let watch = try ChildProcess(
            ["/bin/bash", "-c", "read -t 60 _; exec /usr/sbin/fsfreeze -u \"$0\"", path])
        defer {
            watch.closeInput()
            _ = watch.wait(atMost: .seconds(60))
            watch.end()
        }
        try Volume.run("fsfreeze", "-f", path)
        return try body()
    }

    /// The kernel finds a fault in the file system: from now on it is read-only, also to those who
    /// have files open.
    func breakDown() throws {
        try Volume.run("mount", "-o", "remount,errors=remount-ro", path)
        let device = try ChildProcess.output(
            of: ["/usr/bin/findmnt", "-n", "-o", "SOURCE", "--target", path])
        let name =
            String(decoding: device, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "/").last ?? ""
        try "1".write(
            toFile: "/sys/fs/ext4/\(name)/trigger_fs_error", atomically: false, encoding: .utf8)
    }

    /// As after a repair: unmounted, checked and mounted again. Nobody may hold a file of it.
    func mend() throws {
        try Volume.run("umount", path)
        guard let image else { return }
        // 1: errors were found and corrected.
        try Volume.run("sh", "-c", "e2fsck -fy \"$0\" >/dev/null 2>&1; [ $? -le 1 ]", image)
        try mount()
    }

    private func mount() throws {
        guard let image else { return }
        try Volume.run("mount", "-o", "loop", image, path)
    }
}
