// What is compressed, and not by gzip, is no log: it is named, and not a line of it is shipped.
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Foreign compressions") struct ForeignCompressionTests {
    /// The first bytes of what `echo hello | xz` and the others write, and of an empty input's.
    static let files: [(ForeignCompression, [UInt8])] = [
        (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46]),
        (.zstd, [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x31, 0x00, 0x00, 0x68, 0x65, 0x6c]),
        (.bzip2, [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xc1, 0xc0]),
        (.bzip2, [0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0x00, 0x00]),
        (.lz4, [0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x06, 0x00, 0x00, 0x80, 0x68]),
        (.compress, [0x1f, 0x9d, 0x90, 0x68, 0xca, 0xb0, 0x61, 0xf3, 0x46, 0x01, 0x0a, 0x0a]),
    ]

    private func format(_ bytes: [UInt8]) -> ForeignCompression? {
        ForeignCompression(bytes.span)
    }

    @Test("each is known by its first bytes, and no text is", arguments: files)
    func magic(expected: ForeignCompression, bytes: [UInt8]) {
        #expect(format(bytes) == expected)
        #expect(format(Array(bytes.prefix(ForeignCompression.magicLength))) == expected)
        #expect(format([0x31] + bytes) == nil)
        #expect(format(Array("BZh9 is no bzip2\n".utf8)) == nil)
        #expect(format(Array("127.0.0.1 - - [".utf8)) == nil)
        #expect(format([]) == nil)
        #expect(format([0x1f, 0x8b, 0x08]) == nil)
    }

    @Test("such a file is said once and never read, under any name", arguments: files)
    func ignored(expected: ForeignCompression, bytes: [UInt8]) {
        let tailing = Tailing(["/logs/*"])
        tailing.file("/logs/a.log", "one\n")
        tailing.world.append(bytes, to: tailing.world.createFile("/logs/a.log.1"))
        tailing.cycles(3)
        let inode = tailing.world.createFile("/logs/a.log.2")
        tailing.world.append(bytes + bytes + [0x0a], to: inode)
        tailing.cycles(3)
        #expect(tailing.texts == ["one"])
        #expect(tailing.files.count == 1)
        let said = tailing.takeNotes().filter { if case .foreign = $0 { true } else { false } }
        #expect(
            said == [.foreign("/logs/a.log.1", expected), .foreign("/logs/a.log.2", expected)])
    }

    @Test("found before its first bytes, it is waited for by its name; text is read all the same")
    func waitedFor() {
        let tailing = Tailing(["/logs/*"])
        let packed = tailing.world.createFile("/logs/a.log.1.xz")
        let text = tailing.world.createFile("/logs/a.log.2.xz")
        tailing.world.append(Array(Self.files[0].1.prefix(3)), to: packed)
        tailing.cycles(2)
        #expect(tailing.files.isEmpty)
        tailing.world.append(Array(Self.files[0].1.dropFirst(3)), to: packed)
        tailing.append("t\n", to: text)
        tailing.cycles(2)
        #expect(tailing.texts == ["t"])
    }
}
