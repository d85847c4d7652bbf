// What connects the stages: four hand-offs, each with room for everything that circulates.
import Elastic
import Platform
import Tail

/// The hand-offs between the pump, the shippers and the keeper. In the agent their ends lie in
/// different threads, in the simulation in one.
package final class Channels: Sendable {
    /// Batches to be shipped.
    package let full: Conduit<Batch>
    /// Batches that came back, and stragglers of earlier ones, each event with its fate: the
    /// acknowledgement.
    package let returned: Conduit<Return>
    package let toKeeper: Conduit<KeeperRequest>
    package let fromKeeper: Conduit<KeeperReply>
    /// Where documents are printed beside the output, if they are.
    package let copies: DocumentCopies?
    /// What the pump knows of the state volume, for the supervisor and for whoever measures.
    package let health = Lock(VolumeHealth())

    /// `waker` is rung whenever something comes back to the pump.
    package init(batches: Int, waker: Waker?, copies: DocumentCopies? = nil) {
        self.copies = copies
        full = Conduit(capacity: batches)
        returned = Conduit(capacity: batches, waker: waker)
        // At most one image, one run of births and one of lines to be parked are on their way.
        toKeeper = Conduit(capacity: 3)
        fromKeeper = Conduit(capacity: 3, waker: waker)
    }
}
