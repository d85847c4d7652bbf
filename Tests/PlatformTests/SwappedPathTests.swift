// Names that are swapped for links while they are looked for.
import Bytes
import Foundation
import Glibc
import Platform
import Synchronization
import TestKit
import Testing

@Suite("Swapped paths") struct SwappedPathTests {
    private let directory = TemporaryDirectory()

    /// Does the same again and again on a thread of its own until it is told to stop.
    private final class Repeating: Sendable {
        private let stopped = Atomic(false)
        private let count = Atomic(0)

        var rounds: Int { count.load(ordering: .relaxed) }

        func run(_ work: @escaping @Sendable () -> Void) throws -> Platform.Thread {
            try Platform.Thread("swapping") { [self] in
                while !stopped.load(ordering: .relaxed) {
                    work()
                    count.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }

        func stop() { stopped.store(true, ordering: .relaxed) }
    }

    /// Looks until there were a thousand swaps and both sides of them were met.
    private func race(
        _ swap: @escaping @Sendable () -> Void, entering path: Path, _ place: SourceLocation
    ) throws {
        let disk = ConfinedFileSystem(Roots([[directory.path.appending("logs")]]))
        let repeating = Repeating()
        let thread = try repeating.run(swap)
        defer {
            repeating.stop()
            thread.join()
        }
        var (good, refused, gone) = (0, 0, 0)
        let limit = Instant.now() + .seconds(60)
        var buffer = ByteBuffer(capacity: 100)
        while repeating.rounds < 1000 || good < 100 || refused < 100, Instant.now() < limit {
            do throws(SystemError) {
                let handle = try disk.openForReading(path)
                defer { disk.close(handle) }
                guard try disk.status(of: handle).kind == .regular else { continue }
                buffer.clear()
                _ = try disk.readAll(handle, at: 0, 100, into: &buffer)
                #expect(String(decoding: buffer.array, as: UTF8.self) == "good")
                good += 1
            } catch {
                if error.isRefusal { refused += 1 } else { gone += 1 }
                if !error.isRefusal { #expect(error.isAbsence, "\(error)", sourceLocation: place) }
            }
            if (good + refused) % 3 == 0 { disk.closeDirectories() }
        }
        #expect(repeating.rounds >= 1000, sourceLocation: place)
        #expect(good >= 100 && refused >= 100, "\(good) \(refused) \(gone)", sourceLocation: place)
    }

    private func prepare() throws {
        for name in ["logs/sub", "outside"] {
            try FileManager.default.createDirectory(
                atPath: directory.text(name), withIntermediateDirectories: true)
        }
        try directory.write("secret", to: "outside/a.log")
        try directory.write("good", to: "logs/sub/a.log")
    }

    @Test("D73: a file swapped for a link to a secret a thousand times is never that secret")
    func file() throws {
        try prepare()
        let (name, spare) = (directory.text("logs/sub/a.log"), directory.text("logs/sub/spare"))
        let (good, secret) = (directory.text("logs/good"), directory.text("outside/a.log"))
        try directory.write("good", to: "logs/good")
        let swap: @Sendable () -> Void = {
            symlink(secret, spare)
            rename(spare, name)
            link(good, spare)
            rename(spare, name)
        }
        try race(swap, entering: Path(name), #_sourceLocation)
    }

    @Test("D73: a directory swapped for a link out of the roots leads nowhere")
    func directories() throws {
        try prepare()
        let (name, away) = (directory.text("logs/sub"), directory.text("logs/away"))
        let (link, outside) = (directory.text("logs/link"), directory.text("outside"))
        symlink(outside, link)
        let swap: @Sendable () -> Void = {
            rename(name, away)
            rename(link, name)
            rename(name, link)
            rename(away, name)
        }
        try race(swap, entering: Path(name).appending("a.log"), #_sourceLocation)
    }

    @Test("D73: a link swapped between a good and a bad target leads to the good one alone")
    func links() throws {
        try prepare()
        let (name, spare) = (directory.text("logs/l.log"), directory.text("logs/spare"))
        let secret = directory.text("outside/a.log")
        symlink("sub/a.log", name)
        let swap: @Sendable () -> Void = {
            symlink(secret, spare)
            rename(spare, name)
            symlink("sub/a.log", spare)
            rename(spare, name)
        }
        try race(swap, entering: Path(name), #_sourceLocation)
    }
}
