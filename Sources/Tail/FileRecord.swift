// What is known of one incarnation of a file: all that a restart needs.
import Bytes
import Platform

/// The hash of the bytes just before an offset: proof that a file still is what was read.
package struct Marker: Hashable, Sendable {
    /// The most bytes a marker spans: several whole lines, timestamps and all.
    package static let limit = 4096

    /// Where the marked bytes end.
    package var offset: UInt64 = 0
    /// How many bytes are marked: `limit`, or all there are before the offset.
    package var length: UInt64 { min(offset, UInt64(Marker.limit)) }
    /// XXH3 of them; of no bytes at offset 0.
    package var hash: UInt64 = Marker.hashOfNothing

    package static let hashOfNothing = xxh3([UInt8]().span)
    private static let nuls = [UInt8](repeating: 0, count: limit)

    /// It marks nothing but NULs, such as those of a hole: many files have those.
    var isBlank: Bool { hash == xxh3(Marker.nuls.span.extracting(0..<Int(length))) }

    package init() {}
    package init(offset: UInt64, hash: UInt64) {
        self.offset = offset
        self.hash = hash
    }
}

/// One incarnation of a file, as the state keeps it. Owned by the pump.
package struct FileRecord: Equatable, Sendable {
    package var incarnation: Incarnation
    /// The first byte this incarnation accounts for; not 0 after `start: end` or a change of home.
    package var base: UInt64 = 0
    /// Only a hint: device numbers change when a volume is attached anew.
    package var device: UInt64 = 0
    package var inode: UInt64 = 0
    /// Of the file, nanoseconds since 1970; 0 where the file system keeps none.
    package var birth: Int64 = 0
    /// The inode's generation (FS_IOC_GETVERSION); 0 where it is not known.
    package var generation: UInt64 = 0
    /// Bytes, when last seen.
    package var size: UInt64 = 0
    /// Last change of the content when last seen, nanoseconds since 1970.
    package var modified: Int64 = 0
    /// XXH3 of the first `headLength` bytes (up to 1024; grows with the file until then).
    package var headHash: UInt64 = Marker.hashOfNothing
    package var headLength: UInt64 = 0
    /// XXH3 of the first `startLength` bytes; nil as long as there are fewer. Tells a short file
    /// from the beginning of this one.
    package var startHash: UInt64?
    /// Stands at the committed offset.
    package var marker = Marker()
    /// Everything before this byte has its final fate.
    package var committed: UInt64 = 0
    /// Time of the last event before the committed offset, seconds since 1970; nil before the
    /// first.
    package var lastTime: Int64?
    /// What became of the bytes from `base` to `committed`.
    package var tally = Tally()
    /// Where the file was last seen.
    package var path: Path
    /// Where it was first seen: what documents call it, and what its input is known by.
    package var origin: Path
    /// Bits without a meaning are kept as they are.
    package var flags: UInt64 = 0
    /// Of a gzip: its compressed bytes when last seen. All other offsets and sizes of the record
    /// are those of its text.
    package var packedSize: UInt64 = 0
    /// A marker between a quarter and a half of the way to the committed offset: it knows a copy
    /// that is shorter than what was read.
    package var waypoint = Marker()
    /// Fields that a newer version wrote: kept as they are.
    package var unknown: [StateItem] = []

    package init(incarnation: Incarnation, path: Path) {
        self.incarnation = incarnation
        self.path = path
        origin = path
    }

    /// The most bytes that the head hash covers.
    package static let headLimit = 1024

    /// There is no more of the head to come.
    var isHeadWhole: Bool { headLength >= UInt64(FileRecord.headLimit) }

    /// The bytes that `startHash` covers: the greater part of a line.
    package static let startLength = 64

    private static let compressed: UInt64 = 1
    private static let whole: UInt64 = 2

    /// The file is a gzip.
    package var isCompressed: Bool {
        get { flags & Self.compressed != 0 }
        set { flags = newValue ? flags | Self.compressed : flags & ~Self.compressed }
    }

    /// The gzip was read to its last checksum: unless it changes there is no more in it.
    package var isWhole: Bool {
        get { flags & Self.whole != 0 }
        set { flags = newValue ? flags | Self.whole : flags & ~Self.whole }
    }

    /// Moves the committed offset, and what is known of it.
    mutating func commit(_ span: Ledger.Span) {
        if span.end / 2 >= waypoint.offset, marker.offset > waypoint.offset { waypoint = marker }
        committed = span.end
        marker = Marker(offset: span.end, hash: span.marker)
        lastTime = span.lastTime
        tally += span.tally
    }
}
