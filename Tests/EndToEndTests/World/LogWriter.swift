// Writes access logs as servers write them, with a ledger of every line.
import Foundation
import Glibc
import ScriptedServer

/// How lines look.
enum LineStyle: String, Sendable, CaseIterable { case common, combined }

/// How a server's buffer reaches the file.
enum Buffering: Sendable {
    /// A write a line.
    case lines
    /// Blocks of so many bytes, whatever line they cut: Tomcat's encoder empties 8,192 at a time.
    case blocks(Int)
}

/// One log file that grows, is renamed, cut or replaced. Owned by one thread at a time.
final class LogWriter: @unchecked Sendable {
    let directory: String
    let ledger: Ledger
    /// Bytes of every line where not 0: lines of one length make offsets repeat.
    let lineLength: Int
    private let stream: String
    private let style: LineStyle
    private let buffering: Buffering
    /// The day of September 2018 on which the first line is written.
    private let day: Int
    private(set) var name: String
    private var descriptor: Int32 = -1
    private var file = 0
    /// Bytes written to the file, and lines that wait for the buffer, with their places.
    private var size = 0
    private var buffer: [UInt8] = []
    private var unwritten: [(line: LineKey, place: LinePlace)] = []

    init(
        _ directory: String, name: String = "access.log", stream: String, ledger: Ledger,
        style: LineStyle = .combined, buffering: Buffering = .lines, lineLength: Int = 0,
        day: Int = 20
    ) throws {
        self.directory = directory
        self.name = name
        self.stream = stream
        self.ledger = ledger
        self.style = style
        self.buffering = buffering
        self.lineLength = lineLength
        self.day = day
        try open()
    }

    deinit { close(descriptor) }

    var path: String { "\(directory)/\(name)" }

    /// Writes so many lines about a client of this address, or name.
    func write(_ count: Int, from client: String = "10.1.2.3") throws {
        for _ in 0..<count { try writeLine { text(of: $0, length: lineLength, from: client) } }
    }

    /// Writes a line of the test's own making. It must hold its key, as `/s/STREAM/SEQUENCE`, and
    /// no newline.
    func writeLine(_ make: (LineKey) -> [UInt8]) throws {
        let key = ledger.next(of: stream)
        let bytes = make(key)
        let place = LinePlace(file: file, offset: size + buffer.count, length: bytes.count + 1)
        unwritten.append((key, place))
        try add(bytes + [UInt8(ascii: "\n")])
    }

    /// Writes the head of the next line and returns a closure that writes the rest.
    func writeTorn() throws -> () throws -> Void {
        let (key, whole) = (ledger.next(of: stream), lineLength)
        let bytes = text(of: key, length: whole) + [UInt8(ascii: "\n")]
        let half = bytes.count / 2
        try put(bytes[..<half])
        return {
            try self.put(bytes[half...])
            let start = self.size - bytes.count
            self.ledger.write(
                key, at: LinePlace(file: self.file, offset: start, length: bytes.count))
        }
    }

    /// Empties the buffer, torn line and all.
    func flush() throws {
        try put(buffer[...])
        buffer = []
        settle()
    }

    // MARK: - Rotation

    /// `access.log` becomes `access.log.1`, which becomes `access.log.2`, …; then a new
    /// `access.log`.
    func rotate(keeping kept: Int = 1000) throws {
        try flush()
        var number = 1
        while access("\(path).\(number)", F_OK) == 0 { number += 1 }
        for older in stride(from: number, to: 1, by: -1) {
            try check("rename", rename("\(path).\(older - 1)", "\(path).\(older)"))
        }
        try check("rename", rename(path, "\(path).1"))
        if number > kept { try check("unlink", unlink("\(path).\(number)")) }
        close(descriptor)
        try open()
    }

    /// Opens the file of its name anew, as a server does after its log was renamed.
    func reopen() throws {
        try flush()
        close(descriptor)
        try open()
    }

    /// Somebody else cut the file under the writer, which appends on.
    func goOnTruncated() { begin() }

    /// Goes on in another file, as a valve with a date in its file name does.
    func move(to name: String) throws {
        try flush()
        close(descriptor)
        self.name = name
        try open()
    }

    /// The second half of copytruncate: the file is empty again, its writer appends on.
    func truncate() throws {
        try flush()
        try check("ftruncate", ftruncate(descriptor, 0))
        begin()
    }

    /// As `truncate`, by a writer that goes on at an offset of its own: a hole is before it.
    func truncate(leavingHole hole: Int) throws {
        try truncate()
        let flags = fcntl(descriptor, F_GETFL)
        try check("fcntl", fcntl(descriptor, F_SETFL, flags & ~O_APPEND))
        try check("lseek", Int32(clamping: lseek(descriptor, off_t(hole), SEEK_SET)))
        size = hole
    }

    private func open() throws {
        descriptor = Descriptors.gate.locked {
            let made = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            return made
        }
        try check("open", descriptor)
        begin()
        // A file that others began: its new lines stand behind theirs.
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    private func begin() {
        var status = stat()
        fstat(descriptor, &status)
        size = Int(status.st_size)
        file = ledger.open(name, inode: UInt64(status.st_ino))
    }

    // MARK: - Bytes

    private func add(_ line: [UInt8]) throws {
        guard case .blocks(let block) = buffering else {
            try put(line[...])
            settle()
            return
        }
        buffer += line
        while buffer.count >= block {
            try put(buffer[..<block])
            buffer.removeFirst(block)
            settle()
        }
    }

    /// Lines whose last byte is in the file belong to the ledger.
    private func settle() {
        let whole = unwritten.prefix { $0.place.offset + $0.place.length <= size }
        for (line, place) in whole { ledger.write(line, at: place) }
        unwritten.removeFirst(whole.count)
    }

    private func put(_ bytes: ArraySlice<UInt8>) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            try check("write", Int32(clamping: written))
            rest = rest.dropFirst(written)
            size += written
        }
    }

    /// The line of a key: the same key makes the same line.
    private func text(
        of key: LineKey, length: Int, from client: String = "10.1.2.3"
    ) -> [UInt8] {
        let second = key.sequence / 50
        let time = String(
            format: "%02d/Sep/2018:%02d:%02d:%02d +0000", day + second / 86_400 % 10,
            second / 3600 % 24, second / 60 % 60, second % 60)
        let tail =
            style == .combined
            ? #" "https://shop.example/start" "Mozilla/5.0 (X11; Linux x86_64) Chrome/69.0""# : ""
        let sequence = String(format: "%09d", key.sequence)
        func line(pad: Int) -> [UInt8] {
            let padding = String(repeating: "x", count: pad)
            return Array(
                (#"\#(client) - - [\#(time)] "GET /s/\#(key.stream)/\#(sequence)"#
                    + #"?pad=\#(padding) HTTP/1.1" 200 5120\#(tail)"#).utf8)
        }
        let bare = line(pad: 0).count
        return line(pad: length > 0 ? max(0, length - 1 - bare) : key.sequence % 61)
    }
}

/// A system call that failed.
struct CallFailure: Error, CustomStringConvertible {
    var call: String
    var code: Int32
    var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Throws where a system call returned a negative number.
func check(_ call: String, _ result: Int32) throws {
    if result < 0 { throw CallFailure(call: call, code: errno) }
}
