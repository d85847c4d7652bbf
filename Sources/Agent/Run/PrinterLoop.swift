// The shipper of standard output: a batch is settled once its documents are written.
import Bytes
import Elastic
import Platform

/// Prints batches until the hand-off is closed. A document counts as stored when the kernel has
/// taken it.
package struct PrinterLoop: ~Copyable, Sendable {
    private let rendering: Rendering
    private var text = ByteBuffer(capacity: Rendering.piece)
    private let channels: Channels
    private let control: Control

    package init(rendering: Rendering, channels: Channels, control: Control) {
        self.rendering = rendering
        self.channels = channels
        self.control = control
    }

    package mutating func run() {
        var isBroken = false
        while var batch = channels.full.take() {
            if !isBroken {
                do {
                    try rendering.print(batch.body.bytes, by: &text)
                } catch {
                    // Nobody reads any more: what is not written stays pending, and the agent
                    // leaves.
                    isBroken = true
                    control.cutShort()
                    control.supervisorWaker.ring()
                }
            }
            if !isBroken {
                for index in batch.fates.indices { batch.fates[index] = .stored }
            }
            channels.returned.put(Return(shipper: 0, batch: batch))
        }
    }
}
