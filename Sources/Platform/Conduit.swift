// A bounded hand-off between threads: what goes in on one side comes out on the other, in order.
import Glibc

/// A queue of at most `capacity` elements, blocking on both sides, shared by any number of threads.
/// Elements move through it: who takes one owns it alone. A `Waker` may be rung for takers that
/// wait in poll(2).
@safe
package final class Conduit<Element: ~Copyable & Sendable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private let vacated: UnsafeMutablePointer<pthread_cond_t>
    private let storage: UnsafeMutablePointer<Element>
    private let capacity: Int
    private var head = 0
    private var count = 0
    private var closed = false
    /// Takers that wait and go before all others.
    private var eager = 0
    private let waker: Waker?

    package init(capacity: Int, waker: Waker? = nil) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.waker = waker
        // Safety: all live as long as self and are released in deinit alone.
        unsafe lock = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe vacated = .allocate(capacity: 1)
        unsafe storage = .allocate(capacity: capacity)
        unsafe pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_cond_init(vacated, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        // Safety: nobody else refers to self any more; exactly `count` elements are initialised.
        for index in 0..<count {
            unsafe (storage + (head + index) % capacity).deinitialize(count: 1)
        }
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_cond_destroy(vacated)
        unsafe pthread_mutex_destroy(lock)
        unsafe storage.deallocate()
        unsafe changed.deallocate()
        unsafe vacated.deallocate()
        unsafe lock.deallocate()
    }

    /// Puts an element in, waiting while there is no room. Where the elements in circulation are
    /// fixed in number and fit, it never waits.
    package func put(_ element: consuming Element) {
        // Safety: the lock is held while head, count and storage are touched, on entry to and
        // return from the wait.
        unsafe pthread_mutex_lock(lock)
        while count == capacity { unsafe pthread_cond_wait(vacated, lock) }
        unsafe (storage + (head + count) % capacity).initialize(to: element)
        count += 1
        // Whoever is woken may have to leave the element to one who is eager.
        if eager > 0 {
            unsafe pthread_cond_broadcast(changed)
        } else {
            unsafe pthread_cond_signal(changed)
        }
        unsafe pthread_mutex_unlock(lock)
        waker?.ring()
    }

    /// The oldest element, nil when there is none now.
    package func takeNow() -> Element? {
        // Safety: the lock lives as long as self and is held while the ring is touched.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return pop()
    }

    /// The oldest element, waiting for one; nil once the conduit is closed and empty.
    package func take() -> Element? { take(until: nil) }

    /// The oldest element, waiting for one until `deadline` at the latest, for ever when that is
    /// nil. Nil when none came, or once the conduit is closed and empty: see `isClosed`. While
    /// somebody waits eagerly, nobody else who waits gets one.
    package func take(until deadline: Instant?, eagerly isEager: Bool = false) -> Element? {
        // Safety: the lock lives as long as self and is held while anything is touched.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        if isEager { eager += 1 }
        while !closed, count == 0 || (eager > 0 && !isEager) {
            if !wait(until: deadline) { break }
        }
        if isEager { eager -= 1 }
        // Those who stood back look again.
        // Safety: the condition lives as long as self.
        if isEager, count > 1 { unsafe pthread_cond_broadcast(changed) }
        return pop()
    }

    /// One wait for a change; false when the time is over. The lock is held.
    private func wait(until deadline: Instant?) -> Bool {
        guard let deadline else {
            // Safety: the lock is held on entry to and return from the wait.
            unsafe pthread_cond_wait(changed, lock)
            return true
        }
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
            tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        // Safety: as above; the time is a local.
        return unsafe pthread_cond_timedwait(changed, lock, &time) != ETIMEDOUT
    }

    /// No more elements will come, and all have been taken.
    package var isClosed: Bool {
        // Safety: the lock lives as long as self.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return closed && count == 0
    }

    /// Whether somebody waits eagerly.
    package var isAwaitedEagerly: Bool {
        // Safety: as above.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return eager > 0
    }

    /// Whether `put` would wait now.
    package var isFull: Bool {
        // Safety: as above.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return count == capacity
    }

    package var isEmpty: Bool {
        // Safety: as above.
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return count == 0
    }

    /// No more elements will come: takers that wait return.
    package func close() {
        // Safety: as above; the condition lives as long as self.
        unsafe pthread_mutex_lock(lock)
        closed = true
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(lock)
    }

    private func pop() -> Element? {
        if count == 0 { return nil }
        // Safety: the lock is held; the element at head is initialised and leaves the ring here.
        let element = unsafe (storage + head).move()
        head = (head + 1) % capacity
        count -= 1
        unsafe pthread_cond_signal(vacated)
        return element
    }
}
