// XXH3 of bytes: fingerprints, markers and the check bytes of ids. Never against an adversary.
import CXXHash

/// 64-bit XXH3 (xxHash 0.8, seed 0) of the bytes.
package func xxh3(_ bytes: Span<UInt8>) -> UInt64 {
    // Safety: the pointer is valid for the call and count bytes long.
    unsafe bytes.withUnsafeBufferPointer { unsafe XXH3_64bits($0.baseAddress, $0.count) }
}

/// XXH3 of bytes that come in pieces: the hash of a line longer than what is held of it. Owned by
/// one thread at a time.
@safe package final class StreamingHash: @unchecked Sendable {
    private let state: OpaquePointer

    package init() {
        // Safety: the state is owned by this object and freed in deinit alone.
        guard let state = unsafe XXH3_createState() else { fatalError("out of memory: hash state") }
        unsafe self.state = state
        unsafe _ = XXH3_64bits_reset(state)
    }

    // Safety: made in init, not used again.
    deinit { unsafe _ = XXH3_freeState(state) }

    package func update(_ bytes: Span<UInt8>) {
        // Safety: the pointer is valid for the call and count bytes long.
        unsafe bytes.withUnsafeBufferPointer {
            unsafe _ = XXH3_64bits_update(state, $0.baseAddress, $0.count)
        }
    }

    // Safety: the state lives as long as this object.
    package var value: UInt64 { unsafe XXH3_64bits_digest(state) }
}
