// Threads with a name: the agent has a fixed few, started once.
import CLinux
import Glibc

/// What a thread runs, boxed so that it can go through a C pointer.
private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private nonisolated func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Safety: the context is the Work that start retained for this thread, taken over here once.
    guard let context = unsafe context else { return nil }
    let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
    // Safety: the name is copied by the kernel during the call.
    unsafe work.name.withCString { unsafe tp_name_thread($0) }
    work.body()
    return nil
}

/// A running thread.
package struct Thread: Sendable {
    private let identifier: pthread_t

    /// Starts a thread; its name is what ps(1) shows, 15 characters at most.
    package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let work = unsafe Unmanaged.passRetained(Work(name: name, body: body))
        var identifier = pthread_t()
        // Safety: the work is retained for the thread, which releases it.
        let failed = unsafe pthread_create(&identifier, nil, run, work.toOpaque())
        if failed != 0 {
            unsafe work.release()
            throw SystemError("pthread_create", failed)
        }
        self.identifier = identifier
    }

    /// Waits for the thread to end.
    package func join() {
        // Safety: the thread was started by init and is joined once.
        _ = pthread_join(identifier, nil)
    }
}
