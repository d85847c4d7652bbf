// A flag that ends waiting: set once, seen by every thread at once.
import Glibc
import Synchronization

/// Tells threads to stop. Cheap to ask, and a wait on it ends when it is set.
@safe
package final class Stop: @unchecked Sendable {
    private let flag = Atomic<Bool>(false)
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        // Safety: both live as long as self and are released in deinit alone.
        unsafe lock = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        // Safety: nobody refers to self any more.
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(lock)
        unsafe changed.deallocate()
        unsafe lock.deallocate()
    }

    package var isSet: Bool { flag.load(ordering: .acquiring) }

    package func set() {
        // Safety: the lock is held, so that no waiter misses the change between its look and its
        // wait.
        unsafe pthread_mutex_lock(lock)
        flag.store(true, ordering: .releasing)
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Waits until the instant or until the flag is set; tells whether it is set.
    package func wait(until instant: Instant) -> Bool {
        var deadline = timespec(
            tv_sec: Int(instant.nanoseconds / 1_000_000_000),
            tv_nsec: Int(instant.nanoseconds % 1_000_000_000))
        // Safety: the lock is held around the wait, the deadline is a local.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while !isSet {
            // Also EINVAL: a moment before the clock began has passed.
            if unsafe pthread_cond_timedwait(changed, lock, &deadline) != 0 { break }
        }
        return isSet
    }
}
