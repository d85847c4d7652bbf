// A value that one thread at a time may touch.
import Glibc

/// A value behind a pthread mutex. Not `Synchronization.Mutex`: its contended path lies in a
/// library that the thread sanitizer cannot see into, so every test with contention would report
/// races.
@safe package final class Lock<Value: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: consuming sending Value) {
        // Safety: the mutex stays at its address until deinit, when no other thread has the lock.
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        self.value = value
    }

    deinit {
        // Safety: nobody else refers to the lock any more.
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs the body with the value for itself. Not to be nested.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: the mutex is initialised and not locked by this thread.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
