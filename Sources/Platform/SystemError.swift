// What a failed system call says, and the one place that reads errno.
import Glibc

/// A system call that failed: which one, and with what errno.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the call, as in the manual.
    package let call: String
    /// The value of errno(3).
    package let code: Int32

    package init(_ call: String, _ code: Int32) {
        self.call = call
        self.code = code
    }

    /// strerror(3) of the code, with the call: "openat: No such file or directory".
    package var description: String { "\(call): \(reason)" }

    /// strerror(3) of the code.
    package var reason: String {
        // Safety: strerror returns a terminated string that is copied at once.
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    /// The file or directory is not there (and was not merely unreadable).
    package var isAbsence: Bool { code == ENOENT || code == ENOTDIR }

    /// Its permissions forbid it: that lasts, other than what a moment lacks.
    package var isDenied: Bool { code == EACCES || code == EPERM }

    /// A symbolic link leads where nothing may be opened, or nowhere.
    package var isRefusal: Bool { code == EXDEV || code == ELOOP }

    /// What openat2(2) says of a path that leaves the roots.
    static let outsideRoots = SystemError("openat2", EXDEV)
    /// The same of symbolic links without end, or where none may be followed.
    static let linkRefused = SystemError("openat2", ELOOP)
    /// What was looked at is not what is there now.
    static let swapped = SystemError("open", ENOENT)

    /// No descriptor is left, to the process or to the machine.
    package var isTooManyOpenFiles: Bool { code == EMFILE || code == ENFILE }

    /// What open(2) says where no descriptor is left to the process.
    package static let tooManyOpenFiles = SystemError("open", EMFILE)

    /// The volume is full, or the quota of it.
    package var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// Nothing can be written there at all.
    package var isReadOnly: Bool { code == EROFS }

    /// This process may not.
    package var isForbidden: Bool { code == EACCES || code == EPERM }

    /// Whoever read what was written has gone.
    package var isBrokenPipe: Bool { code == EPIPE }
}

/// Runs a system call that returns -1 on failure, again when a signal interrupted it.
@inline(__always)
package func call<Value: FixedWidthInteger>(
    _ name: StaticString, _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        let code = errno
        if code != EINTR { throw SystemError("\(name)", code) }
    }
}
