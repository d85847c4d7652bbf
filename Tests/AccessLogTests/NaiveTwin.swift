// The scanner and its members again, slowly and plainly: a regular expression and Foundation.
import AccessLog
import Foundation
import Glibc

/// What a line says by the twin: nil when it does not parse.
struct NaiveTwin {
    let time: Int64
    let members: String

    /// A quoted field: anything but a quote, where a backslash takes the next byte with it.
    private static let quoted = #""((?:[^"\\]|\\[\s\S])*)""#
    private static let common =
        #"\A([^ ]+) [^ ]+ ([^ ]+) \[(\d\d)/(\w\w\w)/(\d{4}):(\d\d):(\d\d):(\d\d) "#
        + #"([+-])(\d\d)(\d\d)\] "#
        + quoted + #" ([1-9]\d\d) (-|0|[1-9]\d{0,17})"#
    private static let tail = " " + quoted + " " + quoted
    private static let request = #"\A([A-Za-z_-]{1,32}) ([\s\S]+) HTTP/(\d|\d[\d.]{0,5}\d)\z"#

    static let patterns: [LineFormat: NSRegularExpression] = [
        .common: expression(common + #"\z"#),
        .combined: expression(common + tail + #"\z"#),
        .auto: expression(common + "(?:" + tail + #")?\z"#),
    ]
    private static let requestPattern = expression(request)

    private static func expression(_ text: String) -> NSRegularExpression {
        guard let expression = try? NSRegularExpression(pattern: text) else { fatalError(text) }
        return expression
    }

    /// Bytes as text in which every character is one byte.
    private static func match(_ expression: NSRegularExpression, _ bytes: [UInt8]) -> [[UInt8]?]? {
        guard let text = String(bytes: bytes, encoding: .isoLatin1) else { return nil }
        let all = NSRange(location: 0, length: bytes.count)
        guard let match = expression.firstMatch(in: text, range: all) else { return nil }
        return (0..<match.numberOfRanges).map { group in
            guard let range = Range(match.range(at: group)) else { return nil }
            return Array(bytes[range])
        }
    }

    init?(_ line: [UInt8], format: LineFormat) {
        guard let pattern = NaiveTwin.patterns[format],
            let groups = NaiveTwin.match(pattern, line)
        else { return nil }
        func text(_ group: Int) -> String? {
            guard group < groups.count, let bytes = groups[group] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        func present(_ group: Int) -> [UInt8]? {
            guard group < groups.count, let bytes = groups[group], !bytes.isEmpty,
                bytes != [UInt8(ascii: "-")]
            else { return nil }
            return bytes
        }
        guard let time = NaiveTwin.time((3...11).map { text($0) ?? "" }) else { return nil }
        self.time = time
        var json = ""
        if let address = present(1) {
            let ip = NaiveTwin.isAddress(address) ? ",\"ip\":\(NaiveTwin.string(address))" : ""
            json += ",\"source\":{\"address\":\(NaiveTwin.string(address))\(ip)}"
        }
        if let user = present(2) { json += ",\"user\":{\"name\":\(NaiveTwin.string(user))}" }
        var method = ""
        var version = ""
        let request = groups[12] ?? []
        if let parts = NaiveTwin.match(NaiveTwin.requestPattern, request),
            let target = parts[2]
        {
            method = "\"method\":" + NaiveTwin.string(parts[1] ?? [])
            version = ",\"version\":" + NaiveTwin.string(parts[3] ?? [])
            json += NaiveTwin.url(target)
        } else if let request = present(12) {
            json += ",\"url\":{\"original\":\(NaiveTwin.string(request))}"
        }
        let size = present(14).map {
            ",\"body\":{\"bytes\":\(String(decoding: $0, as: UTF8.self))}"
        }
        json += ",\"http\":{\"response\":{\"status_code\":\(text(13) ?? "")\(size ?? "")}\(version)"
        let referrer = present(15).map { "\"referrer\":\(NaiveTwin.string($0))" }
        let requestMembers = [method, referrer ?? ""].filter { !$0.isEmpty }
        if !requestMembers.isEmpty {
            json += ",\"request\":{\(requestMembers.joined(separator: ","))}"
        }
        json += "}"
        if let agent = present(16) {
            json += ",\"user_agent\":{\"original\":\(NaiveTwin.string(agent))}"
        }
        members = json
    }

    private static func url(_ target: [UInt8]) -> String {
        var json = ",\"url\":{\"original\":\(string(target))"
        if target.first == UInt8(ascii: "/") {
            let halves = target.split(
                separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
            json += ",\"path\":\(string(Array(halves[0])))"
            if halves.count == 2, !halves[1].isEmpty {
                json += ",\"query\":\(string(Array(halves[1])))"
            }
        }
        return json + "}"
    }

    /// The standard library replaces ill-formed parts as Unicode recommends.
    static func string(_ bytes: [UInt8]) -> String {
        var json = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\u{8}": json += "\\b"
            case "\t": json += "\\t"
            case "\n": json += "\\n"
            case "\u{c}": json += "\\f"
            case "\r": json += "\\r"
            case "\0"..<" ": json += "\\u" + String(format: "%04x", scalar.value)
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    static func isAddress(_ bytes: [UInt8]) -> Bool {
        if bytes.contains(0) { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }

    /// Day, month, year, hour, minute, second, sign and zone; years are counted one by one.
    private static func time(_ parts: [String]) -> Int64? {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard let month = names.firstIndex(of: parts[1]) else { return nil }
        let numbers = parts.map { Int64($0) ?? 0 }
        let (day, year) = (numbers[0], numbers[2])
        func isLeap(_ year: Int64) -> Bool {
            (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        }
        let lengths: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[month], numbers[3] < 24, numbers[4] < 60, numbers[5] < 60,
            numbers[7] < 24, numbers[8] < 60
        else { return nil }
        var days: Int64 = lengths[..<month].reduce(day - 1, +)
        for other in min(year, 1970)..<max(year, 1970) {
            days += (isLeap(other) ? 366 : 365) * (year > 1970 ? 1 : -1)
        }
        let zone = (numbers[7] * 60 + numbers[8]) * 60 * (parts[6] == "-" ? -1 : 1)
        let time = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5] - zone
        return time >= -62_167_219_200 && time < 253_402_300_800 ? time : nil
    }
}
