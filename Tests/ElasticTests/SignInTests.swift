// Secrets in files: read at the start, read again when they change or are refused.
import Bytes
import Elastic
import Foundation
import Platform
import Synchronization
import TestKit
import Testing

@Suite("Sign-in")
struct SignInTests {
    private let directory = TemporaryDirectory()
    private let clock = ManualClock()
    private let notices = Notices()

    final class Notices: Sendable {
        private let all = Mutex<[SignInNotice]>([])
        func add(_ notice: SignInNotice) { all.withLock { $0.append(notice) } }
        func drain() -> [SignInNotice] {
            all.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    private var path: Path { Path(directory.text("key")) }

    private func signIn(_ method: SignInMethod? = nil) throws -> SignIn {
        let notices = notices
        return try SignIn(method ?? .apiKey(.file(path)), clock: clock) { notices.add($0) }
    }

    /// What is sent a second later.
    private func later(_ signIn: SignIn) -> Credentials {
        clock.advance(by: .seconds(1))
        return signIn.current().credentials
    }

    @Test func `a file that is no secret is told at the start, without its content`() throws {
        let cases: [(String?, String)] = [
            (nil, "cannot be read: No such file or directory"), ("", "is empty"),
            ("\n", "is empty"), ("one\ntwo", "has more than one line"),
            (String(repeating: "x", count: 16 << 10 + 1), "is larger than 16 KiB"),
            ("no key", "has a character that an API key never has"),
        ]
        for (content, problem) in cases {
            if let content { try directory.write(content, to: "key") }
            #expect(throws: SecretFileError(path: path, problem: problem)) { try signIn() }
        }
        #expect(throws: SecretFileError(path: directory.path, problem: "is no regular file")) {
            try signIn(.bearer(.file(directory.path)))
        }
        let pipe = directory.text("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: SecretFileError(path: Path(pipe), problem: "is no regular file")) {
            try signIn(.bearer(.file(Path(pipe))))
        }
    }

    @Test(arguments: ["id:key", "id:key\n", "id:key\r\n"])
    func `one newline at the end is no part of a secret`(_ content: String) throws {
        try directory.write(content, to: "key")
        #expect(try signIn().current().credentials == .apiKey(Secret("id:key")))
    }

    @Test func `a file that is written, renamed or swapped by a link is read again`() throws {
        try directory.write("a:one", to: "key")
        let signIn = try signIn()
        #expect(signIn.current().generation == 0)
        // In place, to another size: the time may be the same, so soon.
        try Data("a:three".utf8).write(to: URL(filePath: directory.text("key")), options: [])
        #expect(signIn.current().credentials == .apiKey(Secret("a:one")))
        #expect(later(signIn) == .apiKey(Secret("a:three")))
        try Data("a:seven".utf8).write(to: URL(filePath: directory.text("key")), options: .atomic)
        #expect(later(signIn) == .apiKey(Secret("a:seven")))
        #expect(notices.drain() == [.reloaded(path), .reloaded(path)])
        #expect(signIn.current().generation == 2)
        #expect(later(signIn) == .apiKey(Secret("a:seven")))
        #expect(notices.drain().isEmpty)
    }

    @Test func `the data link of a volume of Kubernetes is followed`() throws {
        let manager = FileManager.default
        for (name, key) in [("..one", "a:one"), ("..two", "a:two")] {
            try manager.createDirectory(
                atPath: directory.text(name), withIntermediateDirectories: false)
            try directory.write(key, to: name + "/key")
        }
        try manager.createSymbolicLink(
            atPath: directory.text("..data"), withDestinationPath: "..one")
        try manager.createSymbolicLink(
            atPath: directory.text("key"), withDestinationPath: "..data/key")
        let signIn = try signIn()
        try manager.createSymbolicLink(
            atPath: directory.text("..tmp"), withDestinationPath: "..two")
        #expect(rename(directory.text("..tmp"), directory.text("..data")) == 0)
        #expect(later(signIn) == .apiKey(Secret("a:two")))
    }

    @Test func `a file that cannot be used any more leaves the last secret, and is told once`()
        throws
    {
        try directory.write("a:one", to: "key")
        let signIn = try signIn()
        try FileManager.default.removeItem(atPath: directory.text("key"))
        for _ in 0..<3 { #expect(later(signIn) == .apiKey(Secret("a:one"))) }
        let gone = SecretFileError(path: path, problem: "cannot be read: No such file or directory")
        #expect(notices.drain() == [.unusable(gone)])
        try directory.write("a:two", to: "key")
        #expect(later(signIn) == .apiKey(Secret("a:two")))
        try directory.write("", to: "key")
        #expect(later(signIn) == .apiKey(Secret("a:two")))
        #expect(
            notices.drain() == [
                .reloaded(path), .unusable(SecretFileError(path: path, problem: "is empty")),
            ])
    }

    @Test func `after a refusal the content counts, whatever the file's time says`() throws {
        try directory.write("a:one", to: "key")
        let signIn = try signIn()
        let generation = signIn.current().generation
        #expect(signIn.afterRefusal(of: generation) == nil)
        let name = directory.text("key")
        var status = stat()
        #expect(stat(name, &status) == 0)
        let file = try #require(fopen(name, "r+"))
        fputs("a:two", file)
        fclose(file)
        var times = [status.st_atim, status.st_mtim]
        #expect(utimensat(AT_FDCWD, name, &times, 0) == 0)
        #expect(later(signIn) == .apiKey(Secret("a:one")))
        let newer = try #require(signIn.afterRefusal(of: generation))
        #expect(newer.credentials == .apiKey(Secret("a:two")))
        #expect(signIn.afterRefusal(of: newer.generation) == nil)
        // Another connection that still says the old one hears of it too.
        #expect(signIn.afterRefusal(of: generation)?.generation == newer.generation)
    }

    // MARK: - On the wire

    /// A server that takes one header alone.
    private func server(taking header: @escaping @Sendable () -> String) -> RawServer {
        RawServer { connection in
            while let request = connection.readRequest() {
                let isKnown = request.header("Authorization") == header()
                connection.reply(isKnown ? 200 : 401, isKnown ? #"{"items":[]}"# : "{}")
            }
        }
    }

    private func post(_ transport: inout CurlTransport) -> BulkOutcome {
        var reply = ByteBuffer(capacity: 0)
        let body: [UInt8] = [0x78, 0x0A]
        let request = BulkRequest(
            host: 0, path: BulkRequest.path, encoding: .plain, rawBytes: 2, events: 1, number: 1)
        return transport.perform(request, body: body.span, reply: &reply)
    }

    @Test func `a refused key that was replaced meanwhile is replaced on the wire at once`() throws
    {
        try directory.write("a:one", to: "key")
        let server = server { "ApiKey YTp0d28=" }
        defer { server.stop() }
        var settings = TransportSettings(hosts: [server.url], version: "1")
        settings.signIn = try signIn()
        var transport = CurlTransport(settings: settings, abort: AbortSignal())
        #expect(post(&transport) == .reply(status: 401, retryAfter: nil))
        #expect(server.seen.count == 1)
        let hasNewSecret = transport.hasNewSecret
        #expect(!hasNewSecret)
        try directory.write("a:two", to: "key")
        #expect(post(&transport) == .reply(status: 200, retryAfter: nil))
        #expect(
            server.seen.map { $0.header("Authorization") } == [
                "ApiKey YTpvbmU=", "ApiKey YTpvbmU=", "ApiKey YTp0d28=",
            ])
        #expect(post(&transport) == .reply(status: 200, retryAfter: nil))
        #expect(server.seen.count == 4)
        #expect(server.seen.allSatisfy { $0.body == [0x78, 0x0A] })
    }

    @Test func `credentials do not follow a redirect`() throws {
        let other = RawServer { $0.reply(200, "{}") }
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.reply(307, "{}", headers: "Location: http://127.0.0.1:\(other.port)/\r\n")
        }
        defer { server.stop(); other.stop() }
        var settings = TransportSettings(hosts: [server.url], version: "1")
        settings.signIn = try SignIn(.bearer(.given(Secret("token"))))
        var transport = CurlTransport(settings: settings, abort: AbortSignal())
        #expect(post(&transport) == .reply(status: 307, retryAfter: nil))
        #expect(server.seen.first?.header("Authorization") == "Bearer token")
        #expect(other.connectionCount == 0)
    }
}
