// A secret of a configuration: bytes that have no printable form.
import Glibc

/// Bytes that nothing prints: interpolated, described, dumped or mirrored it is `****`. Wiped when
/// the last reference goes. Any thread may read it.
package struct Secret: Sendable, Equatable {
    private let storage: Storage

    package init(_ bytes: some Collection<UInt8>) { storage = Storage(Array(bytes)) }
    package init(_ text: String) { self.init(text.utf8) }

    package var isEmpty: Bool { storage.count == 0 }
    package var count: Int { storage.count }

    /// The bytes, for what must send or check them. Whoever copies them wipes them.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(storage.bytes)
    }

    package static func == (one: Secret, other: Secret) -> Bool {
        guard one.count == other.count else { return false }
        return one.withBytes { ours in
            other.withBytes { theirs in
                var difference: UInt8 = 0
                for index in ours.indices { difference |= ours[index] ^ theirs[index] }
                return difference == 0
            }
        }
    }

    /// Owned memory, wiped before it is given back.
    @safe private final class Storage: @unchecked Sendable {
        let count: Int
        // Safety: written in init alone, freed in deinit alone.
        private let memory: UnsafeMutablePointer<UInt8>

        init(_ bytes: [UInt8]) {
            count = bytes.count
            // Safety: room for one byte at least, written within its bounds.
            unsafe memory = .allocate(capacity: max(bytes.count, 1))
            for index in bytes.indices { unsafe memory[index] = bytes[index] }
        }

        var bytes: Span<UInt8> {
            @_lifetime(borrow self) get {
                // Safety: count bytes are there for as long as self is.
                let span = unsafe Span(_unsafeStart: UnsafePointer(memory), count: count)
                return unsafe _overrideLifetime(span, borrowing: self)
            }
        }

        deinit {
            // Safety: nobody refers to the memory any more; it has room for count bytes.
            unsafe explicit_bzero(memory, count)
            unsafe memory.deallocate()
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What is shown in the place of a secret, whatever its length.
    package static let mask = "****"

    package var description: String { Secret.mask }
    package var debugDescription: String { Secret.mask }
    /// Without children: `dump` finds nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
