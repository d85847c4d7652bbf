// A file system of a test's own, whose power can be cut.
import Foundation
import Glibc
import ScriptedServer
import Testing

/// A file system in an image, mounted for as long as this lives; unmounted at the latest when the
/// tests end, however they do.
final class PowerCutVolume {
    enum Kind: String, CaseIterable, Sendable { case ext4, xfs }

    /// Where it is mounted.
    let path: String
    let image: String
    private let kind: Kind
    private let scratch: Scratch
    /// Outlives the tests by as much as it takes to unmount.
    private var guardian: ChildProcess?

    /// Whether this machine has all that is needed: it is tried once.
    static let isPossible: Bool = {
        guard let scratch = try? Scratch() else { return false }
        return Kind.allCases.allSatisfy { kind in
            guard let volume = try? PowerCutVolume(kind, in: scratch, name: kind.rawValue) else {
                return false
            }
            defer { volume.unmount() }
            return access("/usr/sbin/xfs_io", X_OK) == 0
        }
    }()
    static let absence: Comment =
        "needs root, loop devices, ext4 and xfs, and the packages e2fsprogs and xfsprogs"

    /// A fresh file system; or the one in `image`.
    init(
        _ kind: Kind, in scratch: Scratch, name: String = "volume", of given: String? = nil
    ) throws {
        self.kind = kind
        self.scratch = scratch
        path = try scratch.directory(name)
        image = given ?? "\(scratch.path)/\(name).image"
        if given == nil {
            // The least that mkfs.xfs takes, and a sparse file.
            try run("/usr/bin/truncate", "--size=400M", image)
            switch kind {
            case .ext4: try run("/usr/sbin/mkfs.ext4", "-q", "-F", image)
            case .xfs: try run("/usr/sbin/mkfs.xfs", "-q", "-f", image)
            }
        }
        try mount()
        // Its input ends with the tests.
        guardian = try ChildProcess(["/bin/sh", "-c", "read _; exec umount --lazy \"$0\"", path])
    }

    deinit { unmount() }

    private func mount() throws {
        // Two copies of one file system may be mounted at a time.
        let options = kind == .xfs ? "loop,nouuid" : "loop"
        try run("/usr/bin/mount", "-t", kind.rawValue, "-o", options, image, path)
    }

    /// From here on nothing reaches the disk, and what had not is lost.
    func cut() throws { try run("/usr/sbin/xfs_io", "-x", "-c", "shutdown", path) }

    /// The power is back. No process may use the volume.
    func restore() throws {
        try run("/usr/bin/umount", path)
        try mount()
    }

    /// Takes it away, in use or not. The loop device goes with it.
    func unmount() {
        guard let guardian else { return }
        if (try? run("/usr/bin/umount", path)) == nil {
            try? run("/usr/bin/umount", "--lazy", path)
        }
        guardian.end()
        self.guardian = nil
    }

    private func run(_ arguments: String...) throws {
        _ = try ChildProcess.output(of: arguments)
    }
}
