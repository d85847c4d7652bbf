// What connects the stages: four hand-offs, each with room for everything that circulates.
import Elastic
import Platform
import Tail

/// The hand-offs between the pump, the shippers and the keeper. In the agent their ends lie in
/// different threads, in the simulation in one.
package final class Channels: Sendable {
    /// Batches to be shipped.
    package let full: Conduit<Batch>
    /// Batches that came back, each event with its fate: the acknowledgement.
    package let returned: Conduit<Batch>
    package let toKeeper: Conduit<KeeperRequest>
    package let fromKeeper: Conduit<KeeperReply>

    /// `waker` is rung whenever something comes back to the pump.
    package init(batches: Int, waker: Waker?) {
        full = Conduit(capacity: batches)
        returned = Conduit(capacity: batches, waker: waker)
        // At most one image and one run of births are on their way.
        toKeeper = Conduit(capacity: 2)
        fromKeeper = Conduit(capacity: 2, waker: waker)
    }
}
