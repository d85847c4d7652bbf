// Why the state cannot be used, and what to do about it.
import Platform

/// Why the state cannot be used.
package enum StateError: Error, CustomStringConvertible {
    /// Another agent holds the directory.
    case locked(Path)
    /// The volume refuses: missing, read-only, full.
    case unusable(Path, SystemError)
    /// A newer version wrote the state; this one cannot read it.
    case newer(Path, format: UInt32)
    /// For those who only read: no agent has kept a state there.
    case absent(Path)
    /// For those who only read: there was a state, and nothing of it can be read.
    case damaged(Path)

    package var description: String {
        switch self {
        case .locked(let path):
            "state: \(path) is in use by another agent; give each agent a directory of its own"
        case .unusable(let path, let error): "state: \(path): \(error)\(Self.advice(error))"
        case .newer(let path, let format):
            "state: \(path) was written by a newer version (format \(format)); "
                + "run that version, or give this one a new directory"
        case .absent(let path):
            "state: \(path) holds no state: no agent has run with it; name the agent's own "
                + "with --config FILE or --state DIR"
        case .damaged(let path):
            "state: \(path): neither slot.a nor slot.b can be read, and no births are there"
        }
    }

    /// What to do about it, where that can be said.
    private static func advice(_ error: SystemError) -> String {
        if error.isNoSpace {
            return "; the first start needs \(StateStore.firstBytes >> 10) KiB on this volume"
        }
        if error.isReadOnly { return "; the state needs a volume that can be written" }
        if error.isForbidden { return "; the agent must be allowed to write there" }
        if error.isAbsence { return "; the directory above must exist" }
        return ""
    }
}

extension StateError {
    /// One of ours as it is; a failed system call as what it means for the volume.
    init(_ error: any Error, at path: Path) {
        switch error {
        case let error as StateError: self = error
        case let error as SystemError: self = .unusable(path, error)
        default: preconditionFailure("an error of neither kind: \(error)")
        }
    }
}
