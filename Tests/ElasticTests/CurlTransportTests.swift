// The transport against a socket that does what servers, proxies and networks do.
import Bytes
import Elastic
import Foundation
import Testing

@Suite("Curl transport")
struct CurlTransportTests {
    private static let ok = #"{"items":[{"create":{"status":201}}]}"#

    @Test func `requests carry exactly the headers they should, over one connection`() {
        let server = RawServer { connection in
            while connection.readRequest() != nil { connection.reply(200, Self.ok) }
        }
        defer { server.stop() }
        let poster = Poster([server.url])
        for encoding in [BodyEncoding.plain, .gzip, .plain] {
            let answer = poster.post("one\ntwo\n", encoding: encoding)
            #expect(answer.outcome == .reply(status: 200, retryAfter: nil))
            #expect(answer.body == Self.ok)
        }
        #expect(server.connectionCount == 1)
        #expect(
            server.seen.map { String(decoding: $0.body, as: UTF8.self) }
                == ["one\ntwo\n", "one\ntwo\n", "one\ntwo\n"])
        #expect(server.seen.map { $0.header("Content-Encoding") } == [nil, "gzip", nil])
        for request in server.seen {
            #expect(request.head.hasPrefix("POST /_bulk?filter_path=errors,items.*.status,"))
            #expect(request.header("Content-Type") == "application/x-ndjson")
            #expect(request.header("User-Agent") == "tailproof/1.2.3")
            #expect(request.header("Content-Length") == "8")
            for name in ["Expect", "Accept-Encoding", "Authorization", "Transfer-Encoding"] {
                #expect(request.header(name) == nil)
            }
        }
    }

    @Test func `a large body is uploaded whole, a chunked reply is put together`() {
        let server = RawServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.send("5\r\n{\"ite\r\n")
            connection.send("8\r\nms\":[]}\n\r\n0\r\n\r\n")
        }
        defer { server.stop() }
        let text = String(repeating: "0123456789abcde\n", count: 1 << 17)
        let answer = Poster([server.url]).post(text)
        #expect(answer.outcome == .reply(status: 200, retryAfter: nil))
        #expect(answer.body == "{\"items\":[]}\n")
        #expect(server.seen.first?.body == Array(text.utf8))
    }

    @Test func `the path of a host stands before the request's`() {
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.reply(200, Self.ok)
        }
        defer { server.stop() }
        _ = Poster([server.url + "/es"]).post("x\n")
        #expect(server.seen.first?.head.hasPrefix("POST /es/_bulk?") == true)
    }

    @Test(arguments: [200, 307, 400, 401, 429, 503])
    func `every status is a reply, Retry-After with it, and no redirect is followed`(status: Int) {
        let other = RawServer { $0.reply(200, "{}") }
        let server = RawServer { connection in
            _ = connection.readRequest()
            let location = "Location: http://127.0.0.1:\(other.port)/_bulk\r\n"
            connection.reply(status, "{}", headers: "retry-after:  7 \r\n" + location)
        }
        defer { server.stop(); other.stop() }
        let answer = Poster([server.url]).post("x\n")
        #expect(answer.outcome == .reply(status: status, retryAfter: "7"))
        #expect(server.seen.count == 1 && other.connectionCount == 0)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ite\r\n4\r\nm",
    ])
    func `a reply cut before its announced end is no reply`(reply: String) {
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.send(reply)
        }
        defer { server.stop() }
        #expect(Poster([server.url]).post("x\n").kind == .truncated)
    }

    @Test func `a cut reply of unknown length is found by its parser`() {
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n" + Self.ok.dropLast())
        }
        defer { server.stop() }
        let answer = Poster([server.url]).post("x\n")
        #expect(answer.outcome == .reply(status: 200, retryAfter: nil))
        var reply = BulkReply()
        #expect(throws: BulkReplyError.self) {
            try reply.parse(Array(answer.body.utf8).span, limit: 1)
        }
    }

    @Test func `a connection that breaks during the upload is told from one that breaks after`() {
        let server = RawServer { connection in
            if connection.number == 1 {
                _ = connection.readHead()
                _ = connection.read(upTo: 100)
            } else {
                _ = connection.readRequest()
            }
            connection.reset()
        }
        defer { server.stop() }
        let poster = Poster([server.url])
        let large = String(repeating: "0123456789abcde\n", count: 1 << 21)
        let during = poster.post(large)
        #expect(during.kind == .uploadReset)
        #expect((0..<large.utf8.count).contains(during.uploaded))
        let after = poster.post("x\n")
        #expect(after.kind == .replyReset)
        #expect(after.uploaded == 2)
        #expect(server.seen.count == 1)
    }

    @Test(arguments: [false, true])
    func `on a kept-alive connection that dies nothing is sent twice`(byReset: Bool) {
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.reply(200, Self.ok)
            if connection.number > 1 { return }
            // The second request is read whole, and then nothing comes back.
            _ = connection.readRequest()
            if byReset { connection.reset() }
        }
        defer { server.stop() }
        let poster = Poster([server.url])
        #expect(poster.post("one\n").outcome == .reply(status: 200, retryAfter: nil))
        let second = poster.post("two\n")
        #expect(second.kind == .stale || second.kind == .replyReset)
        #expect(poster.post("three\n").outcome == .reply(status: 200, retryAfter: nil))
        #expect(
            server.seen.map { String(decoding: $0.body, as: UTF8.self) }
                == ["one\n", "two\n", "three\n"])
    }

    @Test func `an early refusal is read although the body is not`() {
        let server = RawServer { connection in
            _ = connection.readHead()
            connection.reply(413, "", headers: "Connection: close\r\n")
            while !connection.read(upTo: 1 << 16).isEmpty {}
        }
        defer { server.stop() }
        let large = String(repeating: "0123456789abcde\n", count: 1 << 21)
        #expect(Poster([server.url]).post(large).outcome == .reply(status: 413, retryAfter: nil))
    }

    @Test(arguments: ["Content-Length: 2000\r\n", "Transfer-Encoding: chunked\r\n", ""])
    func `a reply over the limit is not read`(header: String) {
        let server = RawServer { connection in
            _ = connection.readRequest()
            let body = String(repeating: " ", count: 2000)
            let chunk = header.hasPrefix("T") ? "7d0\r\n\(body)\r\n0\r\n\r\n" : body
            connection.send("HTTP/1.1 200 OK\r\n\(header)\r\n" + chunk)
        }
        defer { server.stop() }
        let poster = Poster([server.url]) { $0.largestReply = 1999 }
        #expect(poster.post("x\n").kind == .tooLarge)
        let enough = Poster([server.url]) { $0.largestReply = 2000 }
        #expect(enough.post("x\n").body.utf8.count == 2000)
    }

    @Test func `a raised signal ends a request that waits for its reply`() {
        let abort = AbortSignal()
        let server = RawServer { connection in
            _ = connection.readRequest()
            abort.raise()
            _ = connection.read(upTo: 1)
        }
        defer { server.stop() }
        let poster = Poster([server.url], abort: abort)
        #expect(poster.post("x\n").kind == .aborted)
        #expect(server.seen.count == 1)
    }

    @Test func `a server that stays silent is a timeout`() {
        let server = RawServer { connection in
            _ = connection.readRequest()
            _ = connection.read(upTo: 1)
        }
        defer { server.stop() }
        let poster = Poster([server.url]) { $0.timeout = .milliseconds(100) }
        #expect(poster.post("x\n").kind == .timeout)
    }

    @Test func `nobody there is a failure to connect, and the other host is asked when told`() {
        let server = RawServer { connection in
            while connection.readRequest() != nil { connection.reply(200, Self.ok) }
        }
        defer { server.stop() }
        let closed = RawServer { _ in }
        closed.stop()
        let poster = Poster([closed.url, server.url])
        #expect(poster.post("x\n").kind == .connect)
        #expect(poster.post("x\n", host: 1).outcome == .reply(status: 200, retryAfter: nil))
    }

    @Test func `other protocols are refused`() {
        #expect(Poster(["file:///etc/passwd#"]).post("x\n").kind == .other)
        #expect(Poster(["ftp://127.0.0.1:1"]).post("x\n").kind == .other)
    }

    @Test func `proxies of the environment are not used`() {
        let proxy = RawServer { $0.reset() }
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.reply(200, Self.ok)
        }
        defer { server.stop(); proxy.stop() }
        for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { setenv(name, proxy.url, 1) }
        defer { for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { unsetenv(name) } }
        let answer = Poster([server.url]).post("x\n")
        #expect(answer.outcome == .reply(status: 200, retryAfter: nil))
        #expect(proxy.connectionCount == 0)
    }
}

/// A transport and its reply buffer.
private final class Poster {
    private var transport: CurlTransport
    private var reply = ByteBuffer(capacity: 0)

    init(
        _ hosts: [String], abort: AbortSignal = AbortSignal(),
        _ change: (inout TransportSettings) -> Void = { _ in }
    ) {
        var settings = TransportSettings(hosts: hosts, version: "1.2.3")
        change(&settings)
        transport = CurlTransport(settings: settings, abort: abort)
    }

    struct Answer {
        var outcome: BulkOutcome
        var body: String

        var kind: BulkFailure.Kind? {
            guard case .failed(let failure) = outcome else { return nil }
            return failure.kind
        }
        /// Bytes of the body that were sent, -1 where there is a reply.
        var uploaded: Int {
            guard case .failed(let failure) = outcome else { return -1 }
            return failure.uploaded
        }
    }

    func post(_ text: String, encoding: BodyEncoding = .plain, host: Int = 0) -> Answer {
        let body = Array(text.utf8)
        let request = BulkRequest(
            host: host, path: BulkRequest.path, encoding: encoding, rawBytes: body.count,
            events: 1, number: 1)
        let outcome = transport.perform(request, body: body.span, reply: &reply)
        return Answer(outcome: outcome, body: String(decoding: reply.array, as: UTF8.self))
    }
}
