// The members of a document that come from the line, in the order of the line's fields.
import Bytes

extension AccessRecord {
    /// Appends JSON members in the names of the Elastic Common Schema. Each begins with a comma and
    /// none ends in one, so they stand behind a first member of the object: `{"@timestamp":"…"` +
    /// members + `}`.
    ///
    /// The order is fixed: source, user, url, http (response, version, request), user_agent.
    package func encodeMembers(into buffer: inout ByteBuffer) {
        if !address.isAbsent { encodeSource(into: &buffer) }
        if !user.isAbsent {
            buffer.append(",\"user\":{\"name\":\"")
            buffer.appendEscaped(line, from: user.start, to: user.end)
            buffer.append("\"}")
        }
        if !request.target.isAbsent { encodeURL(into: &buffer) }
        encodeHTTP(into: &buffer)
        if !agent.isAbsent {
            buffer.append(",\"user_agent\":{\"original\":\"")
            buffer.appendEscaped(line, from: agent.start, to: agent.end)
            buffer.append("\"}")
        }
    }

    @inline(__always)
    private func encodeSource(into buffer: inout ByteBuffer) {
        buffer.append(",\"source\":{\"address\":\"")
        if isInternetAddress(line, address) {
            buffer.append(line, from: address.start, to: address.end)
            buffer.append("\",\"ip\":\"")
            buffer.append(line, from: address.start, to: address.end)
        } else {
            buffer.appendEscaped(line, from: address.start, to: address.end)
        }
        buffer.append("\"}")
    }

    /// The path and the query are copied from the escaped original: `?` is neither escaped nor part
    /// of what is.
    @inline(__always)
    private func encodeURL(into buffer: inout ByteBuffer) {
        let target = request.target
        buffer.append(",\"url\":{\"original\":\"")
        let start = buffer.count
        // A malformed request has no method, and then nothing in it is known to be a path.
        guard !request.method.isAbsent, line[target.start] == UInt8(ascii: "/") else {
            buffer.appendEscaped(line, from: target.start, to: target.end)
            buffer.append("\"}")
            return
        }
        let mark = line.near(UInt8(ascii: "?"), from: target.start, to: target.end)
        buffer.appendEscaped(line, from: target.start, to: mark)
        let pathEnd = buffer.count
        if mark < target.end { buffer.appendEscaped(line, from: mark, to: target.end) }
        let end = buffer.count
        buffer.append("\",\"path\":\"")
        buffer.append(again: start..<pathEnd)
        if end &- pathEnd > 1 {
            buffer.append("\",\"query\":\"")
            buffer.append(again: (pathEnd &+ 1)..<end)
        }
        buffer.append("\"}")
    }

    @inline(__always)
    private func encodeHTTP(into buffer: inout ByteBuffer) {
        buffer.append(",\"http\":{\"response\":{\"status_code\":")
        buffer.append(line, from: statusDigits.start, to: statusDigits.end)
        if !bytes.isAbsent {
            buffer.append(",\"body\":{\"bytes\":")
            buffer.append(line, from: bytes.start, to: bytes.end)
            buffer.append("}")
        }
        buffer.append("}")
        if !request.version.isAbsent {
            buffer.append(",\"version\":\"")
            buffer.append(line, from: request.version.start, to: request.version.end)
            buffer.append("\"")
        }
        if !request.method.isAbsent {
            buffer.append(",\"request\":{\"method\":\"")
            buffer.append(line, from: request.method.start, to: request.method.end)
            buffer.append("\"")
            encodeReferrer(into: &buffer, after: ",\"referrer\":\"")
            buffer.append("}")
        } else if !referrer.isAbsent {
            encodeReferrer(into: &buffer, after: ",\"request\":{\"referrer\":\"")
            buffer.append("}")
        }
        buffer.append("}")
    }

    @inline(__always)
    private func encodeReferrer(into buffer: inout ByteBuffer, after name: StaticString) {
        if referrer.isAbsent { return }
        buffer.append(name)
        buffer.appendEscaped(line, from: referrer.start, to: referrer.end)
        buffer.append("\"")
    }
}
