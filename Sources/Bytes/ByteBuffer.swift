// An owned, growable run of bytes at a stable address: what everything is encoded into.
import Glibc

/// Bytes that one owner fills and empties. Beyond `count` and beyond the asked-for capacity there
/// are always `slack` more bytes that may be written or read but never count: wide stores may
/// overrun.
///
/// Growing is explicit (`reserve`); `append` reserves by itself. Not shared: owned by one thread at
/// a time.
@usableFromInline
@safe package struct ByteBuffer: ~Copyable, @unchecked Sendable {
    /// Bytes that may be overrun behind the capacity.
    @usableFromInline package static var slack: Int { 64 }

    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    /// How many bytes are in use.
    @usableFromInline package internal(set) var count: Int
    /// How many bytes fit before the buffer must grow.
    @usableFromInline package private(set) var capacity: Int

    /// A buffer that holds `capacity` bytes without growing. Memory is touched only when it is
    /// written.
    package init(capacity: Int) {
        precondition(capacity >= 0)
        // Safety: the allocation is owned by this value and freed in deinit alone.
        unsafe base = ByteBuffer.allocate(capacity)
        count = 0
        self.capacity = capacity
    }

    /// A buffer with these bytes.
    package init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count)
        append(bytes)
    }

    deinit {
        // Safety: base came from malloc and is freed once.
        unsafe free(base)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        // Safety: the size is the capacity and its slack; a failed allocation stops the process
        // here.
        guard let memory = unsafe malloc(capacity + slack) else {
            fatalError("out of memory: \(capacity) bytes")
        }
        return unsafe memory.assumingMemoryBound(to: UInt8.self)
    }

    /// Makes room for `additional` bytes more; bytes in use stay.
    @inlinable @inline(__always)
    package mutating func reserve(_ additional: Int) {
        if additional > capacity &- count { grow(additional) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ additional: Int) {
        let wanted = max(count + additional, capacity * 2)
        // Safety: realloc keeps the bytes in use; the old address is not used again.
        guard let memory = unsafe realloc(base, wanted + ByteBuffer.slack) else {
            fatalError("out of memory: \(wanted) bytes")
        }
        unsafe base = memory.assumingMemoryBound(to: UInt8.self)
        capacity = wanted
    }

    /// Forgets the bytes, keeps the memory.
    @inlinable @inline(__always)
    package mutating func clear() { count = 0 }

    /// Forgets the bytes and gives memory beyond `capacity` back.
    package mutating func clear(keeping kept: Int) {
        count = 0
        guard capacity > kept else { return }
        // Safety: as in deinit and init; nothing refers to the old memory.
        unsafe free(base)
        unsafe base = ByteBuffer.allocate(kept)
        capacity = kept
    }

    /// Forgets all but the first `count` bytes.
    @inlinable @inline(__always)
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Forgets the first `count` bytes; those behind them move up.
    package mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count -= count
        // Safety: both ranges lie within the bytes that were in use; memmove allows the overlap.
        unsafe _ = memmove(base, base + count, self.count)
    }

    /// The bytes in use.
    @inlinable
    package var bytes: Span<UInt8> {
        @inline(__always) @_lifetime(borrow self) get {
            // Safety: count bytes from base are initialised, and the span borrows self.
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Part of the bytes in use.
    @inlinable @inline(__always) @_lifetime(borrow self)
    package func bytes(_ range: Range<Int>) -> Span<UInt8> {
        let part = bytes.extracting(range)
        // Safety: the part lies in this buffer's bytes, so it may live as long as a borrow of it.
        return unsafe _overrideLifetime(part, borrowing: self)
    }

    /// A copy of the bytes in use, for places where cost does not matter.
    package var array: [UInt8] { bytes.array }

    /// Runs a C function that reads the bytes in use.
    @inlinable
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: valid for the call, count bytes long.
        try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Runs a C function that writes up to `limit` bytes behind those in use and returns how many
    /// it wrote.
    @inlinable
    package mutating func appendUnsafe<Failure: Error>(
        upTo limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        reserve(limit)
        // Safety: reserve made room for limit bytes behind count.
        let room = unsafe UnsafeMutableRawBufferPointer(start: base + count, count: limit)
        let written = try unsafe body(room)
        precondition(written >= 0 && written <= limit)
        count += written
        return written
    }
}

extension ByteBuffer {
    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        // Safety: reserve made room for one byte.
        unsafe base[count] = byte
        count &+= 1
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>) {
        reserve(bytes.count)
        // Safety: reserve made room; the span cannot overlap an exclusively held buffer.
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe memcpy(base + count, start, source.count)
        }
        count &+= bytes.count
    }

    @inlinable
    package mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        // Safety: reserve made room for the literal's bytes.
        unsafe memcpy(base + count, text.utf8Start, text.utf8CodeUnitCount)
        count &+= text.utf8CodeUnitCount
    }

    /// Appends the UTF-8 of a string; not for the hot path.
    package mutating func append(text: String) { append(Array(text.utf8)) }
}

extension Span where Element == UInt8 {
    /// A copy, for places where cost does not matter.
    package var array: [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in indices { copy.append(self[index]) }
        return copy
    }

    /// The text with ill-formed parts replaced, for messages and names.
    package var text: String { String(decoding: array, as: UTF8.self) }
}
