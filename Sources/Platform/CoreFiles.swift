// Keeping memory out of core files.
import CLinux

/// What becomes of the process's memory when it crashes.
package enum CoreFiles {
    /// From here on no core file is written of this process, whatever its limits and the kernel's
    /// core pattern say, and no process of the same user can read its memory or environment.
    package static func forbid() { _ = tp_forbid_core_files() }
}
