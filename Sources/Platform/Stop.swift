// A flag that ends waiting, set once and seen by every thread, and nudges that end one wait.
import Glibc
import Synchronization

/// Tells threads to stop. Cheap to ask, and a wait on it ends when it is set.
@safe
package final class Stop: @unchecked Sendable {
    private let flag = Atomic<Bool>(false)
    /// How often waiters were nudged.
    private let nudges = Atomic<Int>(0)
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

    /// What to hand to `wait`, taken before looking whether there is anything to wait for.
    package var ticket: Int { nudges.load(ordering: .acquiring) }

    /// Ends the waits of all that took their ticket before.
    package func nudge() {
        // Safety: as in set.
        unsafe pthread_mutex_lock(lock)
        nudges.add(1, ordering: .releasing)
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Waits until the instant, until the flag is set, or until somebody nudges after `ticket` was
    /// taken; tells whether the flag is set.
    package func wait(until instant: Instant, ticket: Int? = nil) -> Bool {
        var deadline = timespec(
            tv_sec: Int(instant.nanoseconds / 1_000_000_000),
            tv_nsec: Int(instant.nanoseconds % 1_000_000_000))
        // Safety: the lock is held around the wait, the deadline is a local.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while !isSet, ticket == nil || ticket == self.ticket {
            // Also EINVAL: a moment before the clock began has passed.
            if unsafe pthread_cond_timedwait(changed, lock, &deadline) != 0 { break }
        }
        return isSet
    }
}
