// What the running agent shows of itself: whose state it keeps, and when its pump will be back.
import Bytes
import Platform

/// The pump's word, in a file in memory that `tailproof status` finds under `/proc`. Layout, all
/// integers little endian: magic (8), XXH3 of what follows (8), start and promise (8 each,
/// nanoseconds of the monotonic clock, signed), sweeps (8), then the state directory.
package struct Pulse: Equatable, Sendable {
    /// The name of the file in memory; it changes with the layout.
    package static let fileName: Path = "tailproof-pulse-1"
    private static let magic: [UInt8] = Array("TPPULSE\n".utf8)
    private static let head = 16
    private static let fixed = 24
    /// The most bytes there are: those of the longest path that Linux takes, and the fields.
    package static let limit = head + fixed + 4096

    /// The state directory, as configured.
    package var state: Path
    /// Since when the state is open.
    package var started: Instant
    /// The pump will have come by until then.
    package var promise: Instant
    /// Sweeps that are over.
    package var sweeps: UInt64

    package init(state: Path, started: Instant, promise: Instant, sweeps: UInt64) {
        self.state = state
        self.started = started
        self.promise = promise
        self.sweeps = sweeps
    }

    package var encoded: ByteBuffer {
        var rest = ByteBuffer(capacity: Pulse.limit)
        rest.append(littleEndian: UInt64(bitPattern: started.nanoseconds))
        rest.append(littleEndian: UInt64(bitPattern: promise.nanoseconds))
        rest.append(littleEndian: sweeps)
        rest.append(state.bytes)
        var whole = ByteBuffer(capacity: Pulse.limit)
        whole.append(Pulse.magic)
        whole.append(littleEndian: xxh3(rest.bytes))
        whole.append(rest.bytes)
        return whole
    }

    /// nil where the bytes are no pulse, or one that is just being written.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count > Pulse.head + Pulse.fixed else { return nil }
        for index in Pulse.magic.indices where bytes[index] != Pulse.magic[index] { return nil }
        let rest = bytes.extracting(Pulse.head..<bytes.count)
        guard bytes.word(at: 8) == xxh3(rest) else { return nil }
        var path: [UInt8] = []
        for index in Pulse.fixed..<rest.count { path.append(rest[index]) }
        self.init(
            state: Path(bytes: path),
            started: Instant(nanoseconds: Int64(bitPattern: rest.word(at: 0))),
            promise: Instant(nanoseconds: Int64(bitPattern: rest.word(at: 8))),
            sweeps: rest.word(at: 16))
    }
}

/// Keeps the pulse up to date. Owned by the pump's thread; the state volume has no part in it, so
/// a volume that hangs does not stop it.
package struct PulseKeeper: ~Copyable, Sendable {
    private let files: any FileSystem
    private let handle: FileHandle
    private var pulse: Pulse

    /// Makes the file. Call once the state is open.
    package init(state: Path, files: any FileSystem) throws(SystemError) {
        try self.init(
            Pulse(state: state, started: .now(), promise: .now(), sweeps: 0),
            in: MemoryFile.make(Pulse.fileName), files)
    }

    /// Writes the pulse into a file of the caller's.
    package init(
        _ pulse: Pulse, in handle: FileHandle, _ files: any FileSystem
    ) throws(SystemError) {
        self.files = files
        self.handle = handle
        self.pulse = pulse
        try files.write(handle, pulse.encoded.bytes, at: 0)
    }

    deinit { files.close(handle) }

    /// The pump will be back at that time, at the latest. Costs a system call a second at most.
    package mutating func promise(_ instant: Instant, sweeps: UInt64) {
        if instant <= pulse.promise, (sweeps > 0) == (pulse.sweeps > 0) { return }
        pulse.promise = max(pulse.promise, instant + .seconds(1))
        pulse.sweeps = sweeps
        // A file in memory refuses nothing that it took before.
        try? files.write(handle, pulse.encoded.bytes, at: 0)
    }
}
