// The thread that prints documents beside the output: what it has no time for is not printed.
import Bytes
import Platform

/// Prints copies until there are no more, or nobody reads them.
package struct CopyLoop: ~Copyable, Sendable {
    /// Missed documents are told of so often at most.
    private static let interval = Duration.seconds(60)

    private let rendering: Rendering
    private let copies: DocumentCopies
    private let log: Log
    private var text = ByteBuffer(capacity: Rendering.piece)
    private var told: Instant?

    package init(rendering: Rendering, copies: DocumentCopies, log: Log) {
        self.rendering = rendering
        self.copies = copies
        self.log = log
    }

    package mutating func run() {
        while let copy = copies.take() {
            do {
                try print(copy)
            } catch {
                log(.copyEnded, .error(error))
                return
            }
            copies.giveBack(copy)
            if told.map({ Instant.now() - $0 >= Self.interval }) ?? true { tellMissed() }
        }
    }

    private mutating func print(_ copy: borrowing ByteBuffer) throws(SystemError) {
        try rendering.print(copy.bytes, by: &text)
    }

    private mutating func tellMissed() {
        let missed = copies.takeMissed()
        guard missed > 0 else { return }
        told = .now()
        log(.copyDropped, .number("documents", missed))
    }
}
