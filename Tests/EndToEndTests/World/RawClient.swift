// A plain HTTP/1.1 client over a socket, for the harness's own tests and for real servers.
import Foundation
import Glibc
import ScriptedServer

/// What came back.
struct RawReply {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
    /// The body is as long as was announced.
    var isWhole: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }
}

/// What can go wrong without a reply.
enum RawFailure: Error, Equatable {
    case refused
    /// The connection ended before a reply began.
    case hungUp
    case reset
}

/// A connection that is kept alive. Used by one thread at a time.
final class RawClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasEnded = false

    /// Connects to a host by name or address.
    init(host: String = "127.0.0.1", port: UInt16) throws {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
            throw RawFailure.refused
        }
        defer { freeaddrinfo(address) }
        descriptor = Descriptors.gate.locked {
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            Descriptors.seal(made)
            return made
        }
        guard connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            throw RawFailure.refused
        }
    }

    deinit { close(descriptor) }

    /// Sends a request and reads the reply.
    func send(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8] = [],
        chunks: Int? = nil
    ) throws -> RawReply {
        var request = Array("\(method) \(target) HTTP/1.1\r\nhost: localhost\r\n".utf8)
        for (name, value) in headers { request += Array("\(name): \(value)\r\n".utf8) }
        if let chunks {
            request += Array("transfer-encoding: chunked\r\n\r\n".utf8)
            var rest = body[...]
            while !rest.isEmpty {
                let part = rest.prefix(chunks)
                request += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10]
                rest = rest.dropFirst(part.count)
            }
            request += Array("0\r\n\r\n".utf8)
        } else {
            request += Array("content-length: \(body.count)\r\n\r\n".utf8) + body
        }
        try put(request)
        return try reply()
    }

    /// Posts a bulk body.
    func bulk(_ body: String, to target: String = "/_bulk") throws -> RawReply {
        try send(
            "POST", target, headers: [("content-type", "application/x-ndjson")],
            body: Array(body.utf8))
    }

    /// Posts a bulk body so many times and does not wait for a reply.
    func begin(_ body: String, times: Int = 1) throws {
        let head =
            "POST /_bulk HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n"
        try put(Array(String(repeating: head + body, count: times).utf8))
    }

    private func put(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw RawFailure.reset }
            rest = rest.dropFirst(sent)
        }
    }

    private func reply() throws -> RawReply {
        let head = try line(endingIn: "\r\n\r\n")
        guard let head else { throw RawFailure.hungUp }
        var lines = head.split(separator: "\r\n").makeIterator()
        let status = lines.next()?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        var headers: [String: String] = [:]
        while let line = lines.next() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        var reply = RawReply(status: status ?? 0, headers: headers, body: [], isWhole: true)
        if let length = headers["content-length"].flatMap({ Int($0) }) {
            while buffer.count < length, try receive() {}
            reply.isWhole = buffer.count >= length
            reply.body = Array(buffer.prefix(length))
            buffer.removeFirst(reply.body.count)
        } else if headers["transfer-encoding"] == "chunked" {
            (reply.body, reply.isWhole) = try chunks()
        } else {
            while try receive() {}
            reply.body = buffer
            buffer = []
        }
        return reply
    }

    private func chunks() throws -> (body: [UInt8], isWhole: Bool) {
        var body: [UInt8] = []
        while let size = try line(endingIn: "\r\n").flatMap({ Int($0, radix: 16) }) {
            while buffer.count < size + 2, try receive() {}
            guard buffer.count >= size + 2 else { break }
            body += buffer.prefix(size)
            buffer.removeFirst(size + 2)
            if size == 0 { return (body, true) }
        }
        return (body, false)
    }

    private func line(endingIn end: String) throws -> String? {
        while true {
            if let place = buffer.firstRange(of: Array(end.utf8)) {
                let line = String(decoding: buffer[..<place.lowerBound], as: UTF8.self)
                buffer.removeFirst(place.upperBound)
                return line
            }
            guard try receive() else { return nil }
        }
    }

    private func receive() throws -> Bool {
        if hasEnded { return false }
        var window = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &window, window.count, 0)
        if count < 0 { throw RawFailure.reset }
        hasEnded = count == 0
        buffer += window.prefix(count)
        return count > 0
    }
}
