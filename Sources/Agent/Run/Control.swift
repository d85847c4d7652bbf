// What the supervisor tells the other threads.
import Elastic
import Platform
import Synchronization

/// The supervisor's word to pump and shippers. Any thread may read it.
package final class Control: Sendable {
    /// In the order in which they can follow each other.
    package enum Order: Int, Sendable { case run, drain, cutShort }

    private let order = Atomic<Int>(Order.run.rawValue)
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

    private func raise(to wanted: Order) {
        if order.load(ordering: .relaxed) < wanted.rawValue {
            order.store(wanted.rawValue, ordering: .releasing)
        }
        pumpWaker.ring()
    }
}
