// What a line says: places in its bytes, nothing copied.
import Bytes

/// A part of a line. Empty where the line has `-`, or nothing, in its place: both are absence.
package struct Part: Hashable, Sendable {
    package let start: Int
    package let end: Int

    static let absent = Part(0, 0)

    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }

    package var isAbsent: Bool { start == end }
    package var range: Range<Int> { start..<end }

    /// The same, absent when it is a single `-`.
    @inline(__always)
    func unlessDash(in line: Span<UInt8>) -> Part {
        end &- start == 1 && line[start] == UInt8(ascii: "-") ? .absent : self
    }
}

/// The fields of one line, as places in it. The values keep the escapes of the log as they were
/// written.
package struct AccessRecord: ~Escapable {
    /// The line, without its newline.
    package let line: Span<UInt8>
    /// Seconds since 1970 UTC, in `CivilTime.fourDigitYears`.
    package let time: Int64
    /// 100 up to 999.
    package let status: Int
    package let address: Part
    package let user: Part
    package let request: Request
    /// The digits of the status.
    let statusDigits: Part
    /// Digits, without a leading zero.
    package let bytes: Part
    package let referrer: Part
    package let agent: Part

    @_lifetime(copy line)
    init(
        line: Span<UInt8>, time: Int64, address: Part, user: Part, request: Request, status: Part,
        bytes: Part, referrer: Part, agent: Part
    ) {
        self.line = line
        self.time = time
        self.address = address
        self.user = user
        self.request = request
        self.statusDigits = status
        self.status = digits(line, status)
        self.bytes = bytes
        self.referrer = referrer
        self.agent = agent
    }
}

@inline(__always)
private func digits(_ line: Span<UInt8>, _ part: Part) -> Int {
    var value = 0
    for place in part.range { value = value * 10 + Int(line[place] & 0xf) }
    return value
}
