// Limits that the kernel sets for the process.
import Glibc

/// The limits of this process.
package enum ResourceLimits {
    /// Raises the soft limit of open files to the hard one: every file with unread bytes is held
    /// open.
    package static func raiseOpenFiles() {
        var limit = rlimit()
        // Safety: the place for the answer is a local. What cannot be raised stays as it is.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Descriptors that the process may have open; nil when nobody knows.
    package static var openFiles: Int? {
        var limit = rlimit()
        // Safety: the place for the answer is a local.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        return Int(clamping: limit.rlim_cur)
    }
}
