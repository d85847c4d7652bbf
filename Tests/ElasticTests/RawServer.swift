// A server on a loopback socket that does to each connection what a test says, byte by byte.
import Foundation
import Glibc
import Synchronization

/// Listens on a port of its own and gives each connection, one after the other, to a closure on
/// its thread.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let requests = Mutex<[RawRequest]>([])
    private let connections = Atomic<Int>(0)

    var url: String { "http://127.0.0.1:\(port)" }
    /// The requests that were read whole, in order.
    var seen: [RawRequest] { requests.withLock { $0 } }
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    init(_ handle: @escaping @Sendable (RawConnection) -> Void) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) + listen(listener, 16)
                    + getsockname(listener, pointer, &length)
            }
        }
        precondition(bound == 0, "cannot listen on loopback")
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0 { break }
                let number = connections.add(1, ordering: .relaxed).newValue
                let connection = RawConnection(descriptor, number: number) { request in
                    self.requests.withLock { $0.append(request) }
                }
                handle(connection)
                connection.close()
            }
            Glibc.close(listener)
        }
    }

    /// Ends the thread, which closes the socket: its number must not go to another while in use.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }
}

struct RawRequest: Sendable {
    var head: String
    var body: [UInt8]

    /// The value of a header, nil when there is none.
    func header(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            if line[..<colon].lowercased() == name.lowercased() {
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }
}

final class RawConnection {
    /// Counts the server's connections from 1.
    let number: Int
    private let descriptor: Int32
    private let record: (RawRequest) -> Void
    private var isOpen = true

    init(_ descriptor: Int32, number: Int, record: @escaping (RawRequest) -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.record = record
    }

    /// Reads one request with its whole body; nil when the other side is gone.
    func readRequest() -> RawRequest? {
        guard let head = readHead() else { return nil }
        var request = RawRequest(head: head, body: [])
        let length = request.header("Content-Length").flatMap { Int($0) } ?? 0
        while request.body.count < length {
            let more = read(upTo: length - request.body.count)
            if more.isEmpty { return nil }
            request.body += more
        }
        record(request)
        return request
    }

    /// Reads to the empty line behind the headers.
    func readHead() -> String? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
            let more = read(upTo: 1)
            if more.isEmpty { return nil }
            head += more
        }
        return String(decoding: head, as: UTF8.self)
    }

    func read(upTo limit: Int) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: min(limit, 1 << 16))
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return Array(chunk.prefix(max(count, 0)))
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func reply(_ status: Int, _ body: String, headers: String = "") {
        send("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }
}
