// What makes a generated line findable again: its stream and its number in it.
import Glibc

/// The name of one generated line. A line carries it in its URL, as `/s/STREAM/SEQUENCE?…`.
package struct LineKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Lower-case letters, digits and dashes.
    package var stream: String
    package var sequence: Int

    package init(stream: String, sequence: Int) {
        self.stream = stream
        self.sequence = sequence
    }

    /// The first key written in these bytes: a log line, a document, a URL.
    package init?(in bytes: some Collection<UInt8>) {
        let found: LineKey?? = bytes.withContiguousStorageIfAvailable { buffer in
            var start = 0
            while let key = LineKey.next(in: buffer, from: &start) {
                if let key { return key }
            }
            return nil
        }
        guard case .some(.some(let key)) = found else { return nil }
        self = key
    }

    /// The key behind the next "/s/", nil inside where none stands there; nil when there is no
    /// "/s/" any more.
    private static func next(in buffer: UnsafeBufferPointer<UInt8>, from start: inout Int)
        -> LineKey??
    {
        let slash: UInt8 = 0x2F
        var place = start
        while place + 3 < buffer.count {
            guard let base = buffer.baseAddress,
                let found = memchr(base + place, Int32(slash), buffer.count - place - 3)
            else { return nil }
            place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            if buffer[place + 1] == 0x73, buffer[place + 2] == slash { break }
            place += 1
        }
        guard place + 3 < buffer.count else { return nil }
        start = place + 3
        var name: [UInt8] = []
        var index = start
        while index < buffer.count, isNameByte(buffer[index]) {
            name.append(buffer[index])
            index += 1
        }
        guard !name.isEmpty, index < buffer.count, buffer[index] == slash else { return .some(nil) }
        index += 1
        var number = 0
        let digits = index
        while index < buffer.count, index - digits < 18, let digit = decimal(buffer[index]) {
            number = number * 10 + digit
            index += 1
        }
        guard index > digits else { return .some(nil) }
        return LineKey(stream: String(decoding: name, as: UTF8.self), sequence: number)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || decimal(byte) != nil
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func decimal(_ byte: UInt8) -> Int? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
    }

    package static func < (one: LineKey, other: LineKey) -> Bool {
        (one.stream, one.sequence) < (other.stream, other.sequence)
    }

    package var description: String { "\(stream)/\(sequence)" }
}
