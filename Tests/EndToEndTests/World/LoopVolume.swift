// A file system of a test's own, in a file.
import Foundation
import Glibc

/// A small ext4 volume, mounted until this goes.
final class LoopVolume: Sendable {
    /// Whether this machine lets us have one: root, a loop device, the tools.
    static let isPossible =
        geteuid() == 0 && access("/dev/loop-control", F_OK) == 0
        && access("/usr/sbin/mkfs.ext4", X_OK) == 0

    let path: String

    /// - Parameter inodeBytes: 128: no time of birth is kept.
    init(_ scratch: Scratch, inodeBytes: Int = 256) throws {
        path = try scratch.directory("volume")
        let image = "\(scratch.path)/volume.ext4"
        _ = FileManager.default.createFile(atPath: image, contents: nil)
        try check("truncate", truncate(image, 16 << 20))
        _ = try ChildProcess.output(
            of: ["/usr/sbin/mkfs.ext4", "-q", "-F", "-I", "\(inodeBytes)", image])
        _ = try ChildProcess.output(of: ["/usr/bin/mount", "-o", "loop", image, path])
    }

    deinit { _ = try? ChildProcess.output(of: ["/usr/bin/umount", "-l", path]) }
}
