// The scripted server on a port of its own: a thread that accepts, and one for each connection.
import Foundation
import Glibc

/// An HTTP/1.1 server on 127.0.0.1 that answers `_bulk` as Elasticsearch or OpenSearch does, or as
/// its script says. Any thread may ask it; stop it when done.
package final class ScriptedElasticsearch: @unchecked Sendable {
    package let port: UInt16
    /// `http://127.0.0.1:PORT`.
    package var url: String { "http://127.0.0.1:\(port)" }

    private let listener: Int32
    private let began = ContinuousClock.now
    /// Guards everything below; signalled after every request.
    private let condition = NSCondition()
    private var endpoint: BulkEndpoint
    private var open: [Int: Int32] = [:]
    private var accepted = 0
    private var isAway = false
    private var isPaused = false
    /// Connections by number whose request is not answered yet.
    private var busy: Set<Int> = []
    private var load = Load()
    private var isStopped = false
    private var isAccepting = true

    /// With a small `receiveBuffer` (bytes) a sender of large bodies is kept waiting in their
    /// midst.
    package init(
        flavour: Flavour = .opensearch, script: Script = .healthy,
        dataStreams: [String] = ["logs-"], receiveBuffer: Int32? = nil
    ) throws {
        endpoint = BulkEndpoint(flavour: flavour, dataStreams: dataStreams)
        endpoint.play(script)
        (listener, port) = try ScriptedElasticsearch.bind(receiveBuffer)
        Thread.detachNewThread { self.accept() }
    }

    /// A listening socket on a port that is not among those the kernel gives to clients: while the
    /// server is away nobody else can be there.
    private static func bind(_ receiveBuffer: Int32?) throws -> (socket: Int32, port: UInt16) {
        let listener = Descriptors.gate.locked {
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            Descriptors.seal(made)
            return made
        }
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
        var yes: Int32 = 1
        setsockopt(
            listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if var bytes = receiveBuffer {
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, size)
            // The sender's buffer grows with the segments' size.
            var segment: Int32 = 1000
            setsockopt(listener, Int32(IPPROTO_TCP), TCP_MAXSEG, &segment, size)
        }
        for _ in 0..<1000 {
            let port = UInt16.random(in: 20_000..<32_000)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0, listen(listener, 64) == 0 { return (listener, port) }
        }
        close(listener)
        throw POSIXError(.EADDRINUSE)
    }

    // MARK: - Directing

    /// From now on this script, from its beginning.
    package func play(_ script: Script) { locked { endpoint.play(script) } }

    /// Ends every connection and refuses new ones.
    package func leave() {
        locked {
            isAway = true
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in open.values { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Accepts connections again.
    package func comeBack() {
        locked {
            isAway = false
            listen(listener, 64)
            condition.broadcast()
        }
    }

    /// Requests are read, and nothing more, until `resume`: a server that hangs.
    package func pause() { locked { isPaused = true } }

    package func resume() {
        locked {
            isPaused = false
            condition.broadcast()
        }
    }

    package func makePipeline(_ name: String) { locked { endpoint.makePipeline(name) } }

    /// The stream's next documents go to a new backing index.
    package func rollOver(_ stream: String) { locked { endpoint.rollOver(stream) } }

    /// Ends every thread and closes every socket; what was stored and logged stays.
    package func stop() {
        locked {
            guard !isStopped else { return }
            isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in open.values { shutdown(socket, Int32(SHUT_RDWR)) }
            condition.broadcast()
            while isAccepting || !open.isEmpty { condition.wait() }
            close(listener)
        }
    }

    // MARK: - Watching

    /// What the body makes of the endpoint as it is now.
    package func read<Result>(_ body: (BulkEndpoint) -> Result) -> Result {
        locked { body(endpoint) }
    }

    package var documents: [StoredDocument] { read { $0.store.documents } }
    package var requests: [LoggedRequest] { read { $0.requests } }

    /// How many connections were ever accepted.
    package var connections: Int { locked { accepted } }
    package var openRequests: Load { locked { load } }

    /// Waits until the condition holds, which is looked at after every request; false when it does
    /// not within `limit`.
    package func wait(atMost limit: Duration, until holds: (BulkEndpoint) -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: limit / .seconds(1))
        return locked {
            while !holds(endpoint) {
                if !condition.wait(until: end) { return holds(endpoint) }
            }
            return true
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    // MARK: - Serving

    private func accept() {
        while locked({ mayAccept() }) {
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, -1) > 0 else { continue }
            let socket = Descriptors.gate.locked {
                let made = Glibc.accept(listener, nil, nil)
                if made >= 0 { Descriptors.seal(made) }
                return made
            }
            guard socket >= 0 else { continue }
            serve(socket)
        }
        locked {
            isAccepting = false
            condition.broadcast()
        }
    }

    /// Waits while the server is away; false once it is stopped.
    private func mayAccept() -> Bool {
        while isAway, !isStopped { condition.wait() }
        return !isStopped
    }

    private func serve(_ socket: Int32) {
        let number = locked { () -> Int? in
            guard !isStopped, !isAway else { return nil }
            accepted += 1
            open[accepted] = socket
            return accepted
        }
        guard let number else {
            close(socket)
            return
        }
        Thread.detachNewThread {
            self.converse(Connection(socket: socket, number: number))
            self.locked {
                self.open[number] = nil
                close(socket)
                self.condition.broadcast()
            }
        }
    }

    private func converse(_ connection: Connection) {
        var connection = connection
        while var call = connection.next(cut: { call in locked { endpoint.uploadRule(for: call) } })
        {
            guard let (flavour, answer) = perform(&call, connection) else { return }
            let isAwaited = connection.wait(answer.delay)
            let goesOn = isAwaited && connection.write(answer, flavour: flavour)
            locked {
                busy.remove(connection.number)
                if !isAwaited { endpoint.noteLostReply(to: answer.number) }
                condition.broadcast()
            }
            if !goesOn { return }
        }
    }

    /// Has the request done, once the server is not paused; nil when it is stopped.
    private func perform(_ call: inout Call, _ connection: Connection) -> (Flavour, Answer)? {
        locked {
            // Who has given up waiting has no request open, whether or not its thread knows it.
            let others = busy.filter { number in
                open[number].map { !Connection.isGone($0) } ?? false
            }
            busy.insert(connection.number)
            load.most = max(load.most, others.count + 1)
            if connection.isPipelined { load.mostOnOneConnection = 2 }
            load.mostOnOneConnection = max(load.mostOnOneConnection, 1)
            while isPaused, !isStopped { condition.wait() }
            guard !isStopped else { return nil }
            call.time = ContinuousClock.now - began
            defer { condition.broadcast() }
            return (endpoint.flavour, endpoint.answer(call))
        }
    }
}

/// How many requests were open, complete but not answered, at the same time. What its sender has
/// given up is open no more.
package struct Load: Sendable, Equatable {
    package var most = 0
    /// 2 for two and more.
    package var mostOnOneConnection = 0

    package init(most: Int = 0, mostOnOneConnection: Int = 0) {
        self.most = most
        self.mostOnOneConnection = mostOnOneConnection
    }
}
