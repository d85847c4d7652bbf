// What libcurl calls during a transfer: C functions that find their state behind a pointer.
import Bytes
import CCurl
import Glibc

/// The state of one transfer. Touched only by the thread that performs it.
@safe final class CurlTransfer {
    var reply = ByteBuffer(capacity: 0)
    private let abort: AbortSignal
    private let largestReply: Int
    // Safety: no bytes, or those of the caller of begin, who keeps them valid until end.
    private var body = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var offset = 0

    init(abort: AbortSignal, largestReply: Int) {
        self.abort = abort
        self.largestReply = largestReply
    }

    var isAborted: Bool { abort.isRaised }

    /// The body must stay valid until `end`.
    func begin(body: UnsafeRawBufferPointer) {
        // Safety: kept, not read, here.
        unsafe self.body = body
        offset = 0
    }

    // Safety: no bytes any more.
    func end() { unsafe body = UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Copies the body's next bytes to where curl wants them.
    func read(into target: UnsafeMutableRawPointer, upTo limit: Int) -> Int {
        // Safety: count bytes lie behind offset in the body, and curl has room for limit of them.
        let count = unsafe min(limit, body.count - offset)
        guard count > 0, let start = unsafe body.baseAddress else { return 0 }
        unsafe memcpy(target, start + offset, count)
        offset += count
        return count
    }

    /// Takes bytes of the reply; false when it grows too large.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= largestReply - reply.count else { return false }
        // Safety: bytes are valid for the call, and there is room for all of them.
        unsafe _ = reply.appendUnsafe(upTo: bytes.count) { target in
            unsafe target.copyMemory(from: bytes)
            return bytes.count
        }
        return true
    }
}

/// The transfer behind a context pointer.
nonisolated private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    // Safety: curl hands back the pointer it was given: a transfer that outlives the handle.
    unsafe context.map { unsafe Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
}

nonisolated func readBody(
    _ target: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Safety: curl gives room for size * count bytes, valid for the call.
    guard let target = unsafe target, let transfer = unsafe transfer(context) else { return 0 }
    return unsafe transfer.read(into: UnsafeMutableRawPointer(target), upTo: size * count)
}

nonisolated func writeReply(
    _ source: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    // Safety: curl gives size * count bytes, valid for the call.
    guard let source = unsafe source, let transfer = unsafe transfer(context) else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: source, count: size * count)
    // Fewer bytes taken than given make curl break off.
    return unsafe transfer.write(bytes) ? bytes.count : 0
}

/// Called at least once a second; anything but 0 breaks the transfer off.
nonisolated func reportProgress(
    _ context: UnsafeMutableRawPointer?, _ downTotal: curl_off_t, _ down: curl_off_t,
    _ upTotal: curl_off_t, _ up: curl_off_t
) -> Int32 {
    // Safety: the pointer is the one that curl was given.
    unsafe transfer(context)?.isAborted == true ? 1 : 0
}
