// Gzip by ISA-L, level 1, a whole body at once: a sixth of zlib's time at nearly its ratio.
#if ISAL
    import Bytes
    import CISAL

    /// ISA-L's stream and its level buffer of 276 KiB, kept from body to body.
    @safe package struct ISALDeflater: ~Copyable, @unchecked Sendable {
        private let stream: UnsafeMutablePointer<isal_zstream>
        private let level: UnsafeMutablePointer<UInt8>

        private static var levelBytes: Int { tp_isal_level1_buffer }

        package init() {
            // Safety: both are owned by this value and freed in deinit alone. The stream is far too
            // large to be a Swift value: it is only ever touched by address.
            let bytes = unsafe UnsafeMutableRawPointer.allocate(
                byteCount: MemoryLayout<isal_zstream>.size,
                alignment: MemoryLayout<isal_zstream>.alignment)
            // ISA-L's own initialisation leaves fields as they are, the window's size among them:
            // with what the heap happens to hold, bodies come out several times as large.
            unsafe bytes.initializeMemory(
                as: UInt8.self, repeating: 0, count: MemoryLayout<isal_zstream>.size)
            unsafe stream = bytes.assumingMemoryBound(to: isal_zstream.self)
            unsafe level = .allocate(capacity: ISALDeflater.levelBytes)
            unsafe level.initialize(repeating: 0, count: ISALDeflater.levelBytes)
        }

        deinit {
            // Safety: allocated in init, not used again.
            unsafe UnsafeMutableRawPointer(stream).deallocate()
            unsafe level.deallocate()
        }

        /// Replaces what `output` holds by the gzip of `input` (under 4 GiB); grows it only when it
        /// must.
        package mutating func gzip(_ input: Span<UInt8>, into output: inout ByteBuffer) {
            precondition(input.count < UInt32.max)
            output.clear()
            output.reserve(input.count / 8 + 4096)
            if deflate(input, into: &output) { return }
            // What cannot be compressed is stored: 5 bytes a block of 65,535, and the frame.
            output.reserve(input.count + input.count / 65_535 * 5 + 1024)
            precondition(deflate(input, into: &output), "no room for stored blocks")
        }

        /// False when the room there is did not suffice; then nothing is appended.
        private func deflate(_ input: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
            var isDone = false
            // Safety: input and target are valid for the call, and ISA-L keeps to avail_in and
            // avail_out.
            unsafe input.withUnsafeBufferPointer { source in
                unsafe isal_deflate_stateless_init(stream)
                unsafe stream.pointee.level = 1
                unsafe stream.pointee.level_buf = level
                unsafe stream.pointee.level_buf_size = UInt32(ISALDeflater.levelBytes)
                unsafe stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
                unsafe stream.pointee.end_of_stream = 1
                unsafe stream.pointee.flush = UInt16(NO_FLUSH)
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(source.count)
                unsafe _ = output.appendUnsafe(upTo: output.capacity) { target in
                    unsafe stream.pointee.next_out =
                        target.assumingMemoryBound(to: UInt8.self)
                        .baseAddress
                    unsafe stream.pointee.avail_out = UInt32(min(target.count, Int(UInt32.max)))
                    isDone = unsafe isal_deflate_stateless(stream) == COMP_OK
                    return isDone ? unsafe Int(stream.pointee.total_out) : 0
                }
            }
            return isDone
        }
    }
#endif
