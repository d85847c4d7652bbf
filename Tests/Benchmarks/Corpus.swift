// The log that is measured: a file of whole lines, read once.
import Bytes
import Glibc
import Platform

/// A log file in memory.
struct Corpus: Sendable {
    /// The sample that is part of the repository; run.sh passes a larger one when there is one.
    static let standard = "Tests/Benchmarks/corpus/access.log"

    let path: String
    let bytes: [UInt8]
    let lines: Int

    init(path: String) throws(SystemError) {
        guard let file = fopen(path, "r") else { throw SystemError("open \(path)", errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes += piece[..<count]
        }
        self.path = path
        self.bytes = bytes
        lines = bytes.count { $0 == 0x0a }
    }
}
