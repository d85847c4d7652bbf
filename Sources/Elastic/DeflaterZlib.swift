// Gzip by zlib, level 1: the deflater where ISA-L is not there.
import Bytes
import CZlib

/// A zlib stream at a stable address (zlib refuses one that was moved), set back for each body.
@safe package struct ZlibDeflater: ~Copyable, @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    package init() {
        // Safety: the stream is owned by this value, zeroed as zlib asks, and freed in deinit
        // alone.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe tp_deflate_init_gzip(stream, 1) == Z_OK else {
            fatalError("out of memory: deflate state")
        }
    }

    deinit {
        // Safety: initialised in init, not used again.
        unsafe _ = deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Replaces what `output` holds by the gzip of `input` (under 4 GiB); grows it only when it
    /// must.
    package mutating func gzip(_ input: Span<UInt8>, into output: inout ByteBuffer) {
        precondition(input.count < UInt32.max)
        output.clear()
        // Safety: input is valid for the call; zlib writes at most as much as it is told there is
        // room.
        unsafe input.withUnsafeBufferPointer { source in
            unsafe _ = deflateReset(stream)
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(source.count)
            var status = Z_OK
            while status != Z_STREAM_END {
                let room = max(output.capacity - output.count, source.count / 8, 4096)
                unsafe _ = output.appendUnsafe(upTo: room) { target in
                    unsafe stream.pointee.next_out =
                        target.assumingMemoryBound(to: UInt8.self)
                        .baseAddress
                    unsafe stream.pointee.avail_out = UInt32(target.count)
                    unsafe status = deflate(stream, Z_FINISH)
                    return unsafe target.count - Int(stream.pointee.avail_out)
                }
                precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
            }
            unsafe stream.pointee.next_in = nil
        }
    }
}
