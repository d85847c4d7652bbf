// Copies of documents for people to look at, on their way to standard output.
import Bytes
import Elastic
import Platform
import Synchronization

/// The hand-off of bulk lines that are printed beside the output. One buffer goes to and fro: what
/// the pump cuts while it is away is not copied, so that nobody ever waits for who reads.
package final class DocumentCopies: Sendable {
    private let free = Conduit<ByteBuffer>(capacity: 1)
    private let full = Conduit<ByteBuffer>(capacity: 1)
    private let capacity: Int
    private let missed = Atomic<Int>(0)

    /// - Parameter capacity: bytes that the buffer keeps for the next batch.
    package init(keeping capacity: Int) {
        self.capacity = capacity
        free.put(ByteBuffer(capacity: 0))
    }

    /// Copies a batch, or counts its documents as missed.
    func offer(_ batch: borrowing Batch) {
        guard var copy = free.takeNow() else {
            missed.add(batch.events.count, ordering: .relaxed)
            return
        }
        copy.append(batch.body.bytes)
        full.put(copy)
    }

    /// The next copy, waiting for one; nil once there will be no more.
    package func take() -> ByteBuffer? { full.take() }

    /// Gives the buffer back when its documents are printed.
    package func giveBack(_ buffer: consuming ByteBuffer) {
        var buffer = buffer
        buffer.clear(keeping: capacity)
        free.put(buffer)
    }

    /// Documents that were not copied since the last call.
    package func takeMissed() -> Int { missed.exchange(0, ordering: .relaxed) }

    /// No more copies will come.
    package func close() { full.close() }
}
