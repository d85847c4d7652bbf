// What the supervisor tells the other threads.
import Elastic
import Platform
import Synchronization

/// The supervisor's word to pump and shippers. Any thread may read it.
package final class Control: Sendable {
    /// In the order in which they can follow each other.
    package enum Order: Int, Sendable { case run, drain, cutShort }

    private let order = Atomic<Int>(Order.run.rawValue)
    private let living = Atomic<Int>(0)
    /// Set when shippers must not wait any longer.
    package let stop = Stop()
    /// Breaks off requests in flight.
    package let abort = AbortSignal()
    /// Wakes the pump.
    package let pumpWaker: Waker
    /// Wakes the supervisor.
    package let supervisorWaker: Waker

    package init() throws(SystemError) {
        pumpWaker = try Waker()
        supervisorWaker = try Waker()
    }

    package var current: Order { Order(rawValue: order.load(ordering: .acquiring)) ?? .run }

    /// Stop reading when the time has come; everything that was seen is settled first.
    package func drain() { raise(to: .drain) }

    /// Leave now: only the state is made durable.
    package func cutShort() {
        raise(to: .cutShort)
        abort.raise()
        stop.set()
    }

    /// Starts a thread that counts as living until its body has returned.
    package func startThread(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> Platform.Thread {
        living.add(1, ordering: .relaxed)
        return try Platform.Thread(name) { [self] in
            body()
            living.subtract(1, ordering: .releasing)
            supervisorWaker.ring()
        }
    }

    /// Threads whose body has not returned.
    package var livingThreads: Int { living.load(ordering: .acquiring) }

    private func raise(to wanted: Order) {
        if order.load(ordering: .relaxed) < wanted.rawValue {
            order.store(wanted.rawValue, ordering: .releasing)
        }
        pumpWaker.ring()
    }
}
