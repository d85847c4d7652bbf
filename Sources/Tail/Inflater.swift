// Gzip by zlib, as it comes in pieces: one member after another (RFC 1952).
import Bytes
import CZlib

/// Why gzip cannot be read on.
package enum GzipDamage: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not what a gzip can hold here, or its checksum says otherwise.
    case corrupt
    /// The bytes end before the member does.
    case truncated
    /// What follows a whole member is neither a member nor padding.
    case trailing

    package var description: String {
        switch self {
        case .corrupt: "damaged gzip"
        case .truncated: "the gzip ends too early"
        case .trailing: "no gzip follows the end of the gzip"
        }
    }
}

/// A zlib stream at a stable address (zlib refuses one that was moved). Owned by one thread.
@safe package struct Inflater: ~Copyable, @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Between the first byte of a member and its end.
    package private(set) var isWithinMember = true

    /// What a gzip begins with.
    package static let magic: [UInt8] = [0x1f, 0x8b]

    /// Begins with the first byte of the first member.
    package init() {
        // Safety: the stream is owned by this value, zeroed as zlib asks, freed in deinit alone.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe tp_inflate_init_gzip(stream) == Z_OK else {
            fatalError("out of memory: inflate state")
        }
    }

    deinit {
        // Safety: initialised in init, not used again.
        unsafe _ = inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends up to `limit` bytes to the output and moves `place`, where the input goes on, over
    /// what is used up. Appending nothing, it has used up all: only more input helps. What was
    /// appended before damage was met stays; after damage the inflater is of no more use.
    package mutating func inflate(
        _ input: Span<UInt8>, from place: inout Int, upTo limit: Int, into output: inout ByteBuffer
    ) throws(GzipDamage) {
        let end = output.count + limit
        while output.count < end {
            if !isWithinMember {
                // Tapes pad with zeros.
                while place < input.count, input[place] == 0 { place += 1 }
                if place == input.count { return }
                guard input[place] == Inflater.magic[0] else { throw .trailing }
                // Safety: initialised in init.
                unsafe _ = inflateReset(stream)
                isWithinMember = true
            }
            let before = (place, output.count)
            let status = step(input, &place, end - output.count, &output)
            switch status {
            case Z_STREAM_END: isWithinMember = false
            case Z_OK, Z_BUF_ERROR: if before == (place, output.count) { return }
            case Z_MEM_ERROR: fatalError("out of memory: inflate window")
            default: throw .corrupt
            }
        }
    }

    private func step(
        _ input: Span<UInt8>, _ place: inout Int, _ room: Int, _ output: inout ByteBuffer
    ) -> Int32 {
        let rest = input.extracting(place..<input.count)
        var status = Z_OK
        // Safety: the input is valid for the call and only read; zlib writes at most as much as it
        // is told there is room, and uses no pointer again before the next ones are set.
        unsafe rest.withUnsafeBufferPointer { source in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(clamping: source.count)
            let given = unsafe stream.pointee.avail_in
            unsafe _ = output.appendUnsafe(upTo: min(room, 1 << 30)) { target in
                unsafe stream.pointee.next_out =
                    target.assumingMemoryBound(to: UInt8.self).baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                unsafe status = CZlib.inflate(stream, Z_NO_FLUSH)
                return unsafe target.count - Int(stream.pointee.avail_out)
            }
            place += unsafe Int(given - stream.pointee.avail_in)
        }
        return status
    }
}
