// The command as a whole, on files, without a process of its own.
import Agent
import Foundation
import Platform
import Testing

/// A directory that goes away with its test, and what `cat` said of files in it.
final class CatBench {
    let directory: String
    let output = Printed()
    private(set) var errors = ""
    /// Called with what was printed so far; what it throws the output throws.
    var whenPrinted: ((String) throws(SystemError) -> Void)?

    init() throws {
        directory = NSTemporaryDirectory() + "cat-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func path(_ name: String) -> String { directory + "/" + name }

    func write(_ bytes: [UInt8], _ name: String) {
        #expect(FileManager.default.createFile(atPath: path(name), contents: Data(bytes)))
    }

    /// The output and errors of one run start anew.
    func cat(_ arguments: String..., seed: UInt64? = 1) throws -> ExitCode {
        let words = ["cat", "--output=bulk"] + arguments
        guard
            case .run(_, let parsed) = try CommandTable.tailproof.parse(
                words.map { Array($0.utf8) })
        else { throw Usage(message: "not a command", command: nil) }
        output.bytes = []
        errors = ""
        var surroundings = Cat.Surroundings(
            output: { (bytes) throws(SystemError) in
                self.output.bytes += bytes.array
                try self.whenPrinted?(self.output.text)
            }, errors: { self.errors += $0 })
        surroundings.seed = seed
        var cat = Cat(CatOptions(parsed), surroundings)
        return cat.run()
    }

    /// The path and offset of each document, in order.
    var places: [String] {
        output.lines.compactMap { line in
            line.firstMatch(of: /"path":"([^"]*)"},"offset":([0-9]*)/).map {
                "\($0.1.split(separator: "/").last ?? "") \($0.2)"
            }
        }
    }
}

@Suite("cat")
struct CatTests {
    let bench: CatBench
    let line = Array((sampleLine + "\n").utf8)
    var length: Int { line.count }

    init() throws { bench = try CatBench() }

    @Test func `files are printed in the order given, plain and packed`() throws {
        bench.write(line + line, "one")
        bench.write(gzip(line), "two")
        #expect(try bench.cat(bench.path("two"), bench.path("one"), bench.path("two")) == .done)
        #expect(bench.places == ["two 0", "one 0", "one \(length)", "two 0"])
        #expect(bench.errors.isEmpty)
    }

    @Test func `with a seed every run is the same, without it no two ids are`() throws {
        bench.write(line, "one")
        func ids(_ seed: UInt64?) throws -> [Substring] {
            _ = try bench.cat(bench.path("one"), bench.path("one"), seed: seed)
            return bench.output.lines.filter { $0.hasPrefix(#"{"create""#) }
        }
        #expect(try ids(7) == ids(7))
        #expect(try Set(ids(7) + ids(8) + ids(nil) + ids(nil)).count == 8)
    }

    @Test func `what cannot be read is named, and the others are printed`() throws {
        bench.write(line, "one")
        let (missing, directory) = (bench.path("none"), bench.directory)
        #expect(try bench.cat(missing, directory, bench.path("one")) == .failed)
        #expect(bench.places == ["one 0"])
        #expect(
            bench.errors == "tailproof: \(missing): No such file or directory\n"
                + "tailproof: \(directory): Is a directory\n")
    }

    @Test func `a damaged gzip says how far it was read, after what was readable`() throws {
        bench.write(gzip(line) + gzip(line).dropLast(8), "cut")
        bench.write(gzip(line) + [1], "more")
        #expect(try bench.cat(bench.path("cut"), bench.path("more")) == .failed)
        #expect(bench.places == ["cut 0", "cut \(length)", "more 0"])
        #expect(
            bench.errors
                == "tailproof: \(bench.path("cut")): the gzip ends too early, "
                + "after \(2 * length) bytes of content\n"
                + "tailproof: \(bench.path("more")): no gzip follows the end of the gzip, "
                + "after \(length) bytes of content\n")
    }

    @Test func `what is compressed otherwise is named, and no line of it printed`() throws {
        bench.write([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x31, 0x0a, 0x0a], "one.zst")
        bench.write(line, "two")
        #expect(try bench.cat(bench.path("one.zst"), bench.path("two")) == .failed)
        #expect(bench.places == ["two 0"])
        #expect(
            bench.errors == "tailproof: \(bench.path("one.zst")): compressed by zstd, "
                + "which is not read; decompress it, and pipe it in\n")
    }

    @Test func `a full disk is named, a reader that has gone is not`() throws {
        bench.write(line, "one")
        bench.whenPrinted = { (_) throws(SystemError) in throw SystemError("write", ENOSPC) }
        #expect(try bench.cat(bench.path("one"), bench.path("one")) == .failed)
        #expect(bench.errors == "tailproof: standard output: No space left on device\n")
        #expect(bench.places == ["one 0"])
        bench.whenPrinted = { (_) throws(SystemError) in throw SystemError("write", EPIPE) }
        #expect(try bench.cat(bench.path("one")) == .failed)
        #expect(bench.errors.isEmpty)
    }

    @Test func `an empty file is no documents and no error`() throws {
        bench.write([], "none")
        bench.write(gzip([]), "packed")
        #expect(try bench.cat(bench.path("none"), bench.path("packed")) == .done)
        #expect(bench.output.bytes.isEmpty)
        #expect(bench.errors.isEmpty)
    }

    @Test func `followed files are those printed, then what comes, across rotation`() throws {
        bench.write(line, "log")
        bench.write(gzip(line), "log.2.gz")
        let bench = bench
        let line = line
        var step = 0
        bench.whenPrinted = { (_) throws(SystemError) in
            step = max(step, bench.places.count)
            switch step {
            // The packed file, then the plain one up to its end.
            case 1: break
            case 2:
                bench.write(line, "log.new")
                rename(bench.path("log"), bench.path("log.1"))
                rename(bench.path("log.new"), bench.path("log"))
            case 3: bench.write(line, "dated.2024-05-01.txt")
            default: throw SystemError("write", EPIPE)
            }
        }
        let pattern = bench.path("dated.*.txt")
        #expect(try bench.cat("-f", bench.path("log"), bench.path("log.2.gz"), pattern) == .failed)
        #expect(bench.places == ["log.2.gz 0", "log 0", "log 0", "dated.2024-05-01.txt 0"])
        #expect(bench.errors.isEmpty)
        let ids = bench.output.lines.compactMap { $0.firstMatch(of: /"_id":"([^"]*)"/)?.1 }
        #expect(Set(ids).count == 4)
    }

    @Test func `a file to follow may come later, and is literal when it is there`() throws {
        bench.write(line, "a[b]*")
        let bench = bench
        let line = line
        bench.whenPrinted = { (_) throws(SystemError) in
            if bench.places.count == 2 { throw SystemError("write", EPIPE) }
            bench.write(line, "later")
        }
        #expect(try bench.cat("-f", bench.path("later"), bench.path("a[b]*")) == .failed)
        #expect(bench.places == ["a[b]* 0", "later 0"])
        #expect(bench.errors == "tailproof: \(bench.path("later")): No such file or directory\n")
    }

    @Test func `following nothing but packed files ends with them`() throws {
        bench.write(gzip(line), "log.gz")
        #expect(try bench.cat("-f", bench.path("log.gz")) == .done)
        #expect(bench.places == ["log.gz 0"])
    }
}
