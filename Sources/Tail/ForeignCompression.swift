// Compressions that are not read: known by what they write first, so that none is taken for lines.
import Bytes
import Platform

/// A format that rotated files are compressed in, and that is no gzip. The magic numbers are those
/// of magic(5), each of its own specification; no line of text begins with one.
package enum ForeignCompression: String, CaseIterable, Sendable {
    case xz, zstd, bzip2, lz4, compress

    private var magic: [UInt8] {
        switch self {
        case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
        // "BZh", the level, and pi: that of the first block, or the root of the end mark.
        case .bzip2: Array("BZh".utf8)
        case .lz4: [0x04, 0x22, 0x4d, 0x18]
        case .compress: [0x1f, 0x9d]
        }
    }

    private var ending: String {
        switch self {
        case .xz: ".xz"
        case .zstd: ".zst"
        case .bzip2: ".bz2"
        case .lz4: ".lz4"
        case .compress: ".Z"
        }
    }

    /// As many bytes of a file tell.
    package static let magicLength = 10

    /// The format of what begins with these bytes.
    package init?(_ bytes: Span<UInt8>) {
        for format in ForeignCompression.allCases where format.begins(bytes) {
            self = format
            return
        }
        return nil
    }

    private func begins(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.starts(with: magic) else { return false }
        guard self == .bzip2 else { return true }
        let blocks: [[UInt8]] = [
            [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90],
        ]
        guard bytes.count >= Self.magicLength else { return false }
        let rest = bytes.extracting(4..<Self.magicLength)
        return (0x31...0x39).contains(bytes[3]) && blocks.contains { rest.starts(with: $0) }
    }

    /// Whether a file of this name that holds no more than these bytes yet may become one.
    static func isExpected(of path: Path, _ bytes: Span<UInt8>) -> Bool {
        guard bytes.count < magicLength else { return false }
        for format in allCases where path.name.bytes.hasEnding(format.ending) {
            return bytes.isEmpty || format == .bzip2 || format.magic.starts(with: bytes.array)
        }
        return false
    }
}

extension Span<UInt8> {
    fileprivate func starts(with prefix: [UInt8]) -> Bool {
        guard count >= prefix.count else { return false }
        for index in prefix.indices where self[index] != prefix[index] { return false }
        return true
    }
}
