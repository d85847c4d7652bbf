// One connection of the server: HTTP/1.1 requests read, answers written, over a blocking socket.
import Glibc

/// Descriptors are made, and processes started, one at a time: no child inherits a connection.
package enum Descriptors {
    package static let gate = Gate()

    /// Marks a descriptor as not to be inherited.
    package static func seal(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}

/// A lock that may be held across a system call.
package final class Gate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    package func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}

/// The server's end of a connection. Owned by the thread that serves it.
struct Connection {
    let socket: Int32
    let number: Int
    private var buffer: [UInt8] = []
    private(set) var requests = 0

    init(socket: Int32, number: Int) {
        self.socket = socket
        self.number = number
        var yes: Int32 = 1
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The next request; nil when the peer is gone or talks no HTTP. `cut` is asked once the head
    /// is read, and names the rule by which only a part of the body is.
    mutating func next(cut: (Call) -> UploadRule?) -> Call? {
        guard let head = readHead() else { return nil }
        var lines = head.split(separator: "\r\n").makeIterator()
        let words = lines.next()?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "HTTP/1.1" else { return nil }
        var call = Call()
        call.method = String(words[0])
        call.target = String(words[1])
        call.headers = []
        while let line = lines.next() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            call.headers.append(Header(line[..<colon].lowercased(), String(value)))
        }
        call.connection = number
        call.earlierOnConnection = requests
        let announced = call.headers.first { $0.name == "content-length" }.flatMap { Int($0.value) }
        call.wireBytes = announced ?? 0
        call.upload = cut(call)
        let packed = call.headers.contains { $0.name == "content-encoding" && $0.value == "gzip" }
        if let rule = call.upload {
            guard let head = take(Int(Double(announced ?? 0) * rule.share)) else { return nil }
            call.body = packed ? gunzip(beginning: head) : head
            return call
        }
        guard let sent = readBody(call.headers) else { return nil }
        call.wireBytes = sent.count
        call.body = sent
        if packed {
            let unpacked = gunzip(sent)
            call.isUnreadable = unpacked == nil
            call.body = unpacked ?? []
        }
        requests += 1
        return call
    }

    private mutating func readHead() -> String? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let place = buffer.firstRange(of: end) {
                let head = String(decoding: buffer[..<place.lowerBound], as: UTF8.self)
                buffer.removeFirst(place.upperBound)
                return head
            }
            guard buffer.count < 1 << 16, receive() else { return nil }
        }
    }

    private mutating func readBody(_ headers: [Header]) -> [UInt8]? {
        func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        if value("expect")?.lowercased() == "100-continue" {
            guard send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) else { return nil }
        }
        if value("transfer-encoding")?.lowercased() == "chunked" { return readChunks() }
        guard let length = value("content-length") else { return [] }
        guard let count = Int(length), count >= 0 else { return nil }
        return take(count)
    }

    private mutating func readChunks() -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let line = takeLine(), let size = Int(line, radix: 16) else { return nil }
            guard let chunk = take(size), takeLine() == "" else { return nil }
            if size == 0 { return body }
            body += chunk
        }
    }

    private mutating func takeLine() -> String? {
        let end = Array("\r\n".utf8)
        while true {
            if let place = buffer.firstRange(of: end) {
                let line = String(decoding: buffer[..<place.lowerBound], as: UTF8.self)
                buffer.removeFirst(place.upperBound)
                return line
            }
            guard receive() else { return nil }
        }
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        while buffer.count < count { guard receive() else { return nil } }
        let bytes = Array(buffer[..<count])
        buffer.removeFirst(count)
        return bytes
    }

    private mutating func receive() -> Bool {
        let socket = self.socket
        let room = [UInt8](unsafeUninitializedCapacity: 1 << 16) { room, count in
            count = max(0, uninterrupted { recv(socket, room.baseAddress, room.count, 0) })
        }
        buffer += room
        return !room.isEmpty
    }

    /// The peer has begun another request before this one was answered.
    var isPipelined: Bool {
        if !buffer.isEmpty { return true }
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Waits before an answer; false as soon as the peer is gone.
    func wait(_ delay: Duration) -> Bool {
        !Connection.isGone(socket, within: Int32(clamping: Int(delay / .milliseconds(1))))
    }

    /// The peer has closed its end.
    static func isGone(_ socket: Int32, within milliseconds: Int32 = 0) -> Bool {
        // POLLRDHUP, which the Glibc module lacks: linux/poll.h.
        let peerClosed: Int16 = 0x2000
        var waiting = pollfd(fd: socket, events: peerClosed, revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }

    /// Writes an answer; false when the connection is not to be used again.
    func write(_ answer: Answer, flavour: Flavour) -> Bool {
        var headers = answer.headers
        var chunked = false
        switch answer.delivery {
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            return false
        case .hangUp: return false
        case .truncated(.noLength): headers.append(Header("connection", "close"))
        case .truncated(.chunkedCut): chunked = true
        case .truncated(.gzipCut):
            headers.append(Header("content-encoding", "gzip"))
            headers.append(Header("content-length", String(content(of: answer).count)))
        case .whole, .truncated(.shortContentLength):
            chunked = answer.delivery == .whole && flavour == .elasticsearch && answer.status == 200
            if !chunked { headers.append(Header("content-length", String(answer.body.count))) }
        }
        if chunked { headers.append(Header("Transfer-Encoding", "chunked")) }
        if flavour == .elasticsearch {
            headers.insert(Header("X-elastic-product", "Elasticsearch"), at: 0)
        }
        var bytes = Array("HTTP/1.1 \(answer.status) \(reason(answer.status))\r\n".utf8)
        for header in headers { bytes += Array("\(header.name): \(header.value)\r\n".utf8) }
        bytes += Array("\r\n".utf8)
        let isWhole = answer.delivery == .whole
        let body = content(of: answer)
        if chunked {
            if !body.isEmpty {
                bytes +=
                    Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n".utf8)
            }
            if isWhole { bytes += Array("0\r\n\r\n".utf8) }
        } else {
            bytes += body
        }
        let isLast = headers.contains {
            $0.name.lowercased() == "connection" && $0.value == "close"
        }
        return send(bytes) && (isWhole || answer.delivery == .truncated(.gzipCut)) && !isLast
    }

    /// The body, or what is left of it.
    private func content(of answer: Answer) -> [UInt8] {
        switch answer.delivery {
        case .whole: return answer.body
        case .truncated(.gzipCut):
            let packed = gzip(answer.body)
            return Array(packed.prefix(packed.count / 2))
        case .truncated, .reset, .hangUp:
            return Array(answer.body.prefix(answer.body.count / 2))
        }
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { room in
                uninterrupted {
                    Glibc.send(socket, room.baseAddress, room.count, Int32(MSG_NOSIGNAL))
                }
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private func reason(_ status: Int) -> String {
        let names = [
            200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 302: "Found",
            307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
            401: "Unauthorized",
            403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
            413: "Request Entity Too Large", 429: "Too Many Requests", 500: "Internal Server Error",
            502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
        ]
        return names[status] ?? "Status \(status)"
    }
}

/// Runs a system call again as long as signals interrupt it.
func uninterrupted(_ body: () -> Int) -> Int {
    while true {
        let result = body()
        if result >= 0 || errno != EINTR { return result }
    }
}
