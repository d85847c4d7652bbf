// Wakes a thread that waits in poll(2): an eventfd that any thread may ring.
import CLinux
import Glibc

/// An eventfd(2). `ring` from any thread makes `descriptor` readable until its owner calls
/// `silence`.
package final class Waker: Sendable {
    package let descriptor: Int32

    package init() throws(SystemError) {
        descriptor = try call("eventfd") { tp_eventfd() }
    }

    deinit { _ = close(descriptor) }

    package func ring() {
        var one: UInt64 = 1
        // Safety: eight bytes of a local; a full counter (EAGAIN) means it rings already.
        unsafe _ = write(descriptor, &one, 8)
    }

    package func silence() {
        var count: UInt64 = 0
        // Safety: eight bytes of a local; EAGAIN means that nobody rang.
        unsafe _ = read(descriptor, &count, 8)
    }
}

/// Waits until one of the descriptors is readable or the time is up; tells which are readable.
package func wait(
    for descriptors: [Int32], atMost timeout: Duration
) throws(SystemError) -> [Bool] {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = Int32(clamping: max(0, timeout.milliseconds))
    // Safety: the array is valid for the call.
    let ready = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
    if ready < 0, errno != EINTR { throw SystemError("poll", errno) }
    return polled.map { ready > 0 && $0.revents != 0 }
}
