// Bytes from front to back: a file, a pipe, or what a gzip in one holds.
import Bytes
import Platform
import Tail

/// Why an input cannot be read on.
package enum ReadFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case system(SystemError)
    case gzip(GzipDamage)
    case foreign(ForeignCompression)

    package var description: String {
        switch self {
        case .system(let error): error.reason
        case .gzip(let damage): damage.description
        case .foreign(let format):
            "compressed by \(format.rawValue), which is not read; decompress it, and pipe it in"
        }
    }
}

/// Bytes that come once, in order. Owned by one thread.
package protocol ByteSource: ~Copyable {
    /// Appends up to `limit` bytes to the buffer; returns how many, 0 at the end. What was appended
    /// before a failure stays in the buffer.
    mutating func read(
        upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(ReadFailure) -> Int
}

/// An open file or pipe, its bytes counted by the progress bar.
struct MeteredStream: ~Copyable, ByteSource {
    let stream: InputStream
    let progress: ProgressBar?

    mutating func read(
        upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(ReadFailure) -> Int {
        do throws(SystemError) {
            let count = try stream.read(upTo: limit, into: &buffer)
            progress?.advance(by: UInt64(count))
            return count
        } catch {
            throw .system(error)
        }
    }
}

/// The bytes of another source, inflated when they begin as a gzip does, else as they are.
package struct UnpackedSource<Base: ByteSource & ~Copyable>: ~Copyable, ByteSource {
    private var base: Base
    /// Bytes of the base, used up to `place`.
    private var packed = ByteBuffer(capacity: packedCapacity)
    private var place = 0
    private var isBegun = false
    /// nil for bytes as they are.
    private var inflater: Inflater?

    package init(_ base: consuming Base) { self.base = base }

    /// Looks at the first bytes, once: whether they are a gzip's. Throws what is compressed
    /// otherwise.
    package mutating func isGzip() throws(ReadFailure) -> Bool {
        if isBegun { return inflater != nil }
        isBegun = true
        // A first byte of anything else decides alone: a terminal may be long about the second.
        while packed.count == 0 || packed.count == 1 && packed.bytes[0] == Inflater.magic[0] {
            if try base.read(upTo: packedCapacity - packed.count, into: &packed) == 0 { break }
        }
        if let format = ForeignCompression(packed.bytes) { throw .foreign(format) }
        if packed.count > 1, packed.bytes[0] == Inflater.magic[0],
            packed.bytes[1] == Inflater.magic[1]
        {
            inflater = Inflater()
        }
        return inflater != nil
    }

    package mutating func read(
        upTo limit: Int, into buffer: inout ByteBuffer
    ) throws(ReadFailure) -> Int {
        if try isGzip() { return try readInflated(limit, &buffer) }
        if place == packed.count { return try base.read(upTo: limit, into: &buffer) }
        let range = place..<min(place + limit, packed.count)
        buffer.append(packed.bytes(range))
        place = range.upperBound
        return range.count
    }

    private mutating func readInflated(
        _ limit: Int, _ buffer: inout ByteBuffer
    ) throws(ReadFailure) -> Int {
        let before = buffer.count
        while true {
            do throws(GzipDamage) {
                try inflate(packed, &inflater, &place, limit, &buffer)
            } catch {
                throw .gzip(error)
            }
            if buffer.count > before { return buffer.count - before }
            packed.clear()
            place = 0
            if try base.read(upTo: packedCapacity, into: &packed) == 0 {
                if inflater?.isWithinMember == true { throw .gzip(.truncated) }
                return 0
            }
        }
    }
}

private let packedCapacity = 64 << 10

/// A function of its own: a span of one property forbids changing another beside it.
private func inflate(
    _ packed: borrowing ByteBuffer, _ inflater: inout Inflater?, _ place: inout Int, _ limit: Int,
    _ buffer: inout ByteBuffer
) throws(GzipDamage) {
    try inflater?.inflate(packed.bytes, from: &place, upTo: limit, into: &buffer)
}
