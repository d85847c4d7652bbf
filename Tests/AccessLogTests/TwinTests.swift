// Scanner and members against their naive twin, on real lines and on changed ones.
import AccessLog
import Bytes
import Foundation
import TestKit
import Testing

/// Lines as servers write them: every kind of field at least once.
let realLines = [
    #"83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /images/kibana-search.png HTTP/1.1" 200 "#
        + #"203023 "http://semicomplete.com/p/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1)""#,
    #"192.168.233.1 - - [20/Sep/2018:16:38:31 +0800] "GET / HTTP/1.1" 200 11250"#,
    #"192.168.233.1 - admin [20/Sep/2018:16:38:33 -0330] "POST /login?a=%2F HTTP/1.0" 302 -"#,
    #"::1 - - [29/Feb/2024:23:59:59 +0100] "OPTIONS * HTTP/2.0" 204 0 "-" "-""#,
    #"2001:db8::ff00:42:8329 - jürgen [01/Jan/2000:00:00:00 +0000] "GET /ü?ö=ä HTTP/1.1" 404 7"#
        + #" "-" "curl/7.88.1""#,
    #"::ffff:10.0.0.1 - - [31/Dec/1999:23:59:59 +0000] "-" 408 - "-" "-""#,
    #"host.example.org - - [17/May/2015:10:05:03 +0000] "\x16\x03\x01\x00" 400 226 "-" "-""#,
    #"10.0.0.2 x y [17/May/2015:10:05:03 +0000] "GET /a\"b HTTP/1.1" 999 123456789012345678 "#
        + #""http://e.org/\"q\"" "say \"hi\" \\""#,
    #"10.0.0.3 - - [17/May/2015:10:05:03 +0000] "GET /with space here HTTP/1.1" 200 1 "" """#,
    #"- - - [17/May/2015:10:05:03 +0000] "M-SEARCH http://e.org/x?y HTTP/1.1" 100 0 "-" "a"#
        + "\t\u{1}\"",
    #"10.0.0.4 - - [17/May/2015:10:05:03 +0000] "GET /old" 200 5 "-" "-""#,
]

/// A line after up to four small accidents.
func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
    let special =
        Array("\"\\ -?/[]:.0919azGET\t\r\u{0}\u{1f}\u{7f}é€😀".utf8) + [0x80, 0xc2, 0xe0, 0xff]
    var line = Array(realLines.randomElement(using: &generator)!.utf8)
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
        if line.isEmpty { break }
        let place = Int.random(in: 0..<line.count, using: &generator)
        let end = min(line.count, place + Int.random(in: 1...6, using: &generator))
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: line[place] = special.randomElement(using: &generator)!
        case 1: line.insert(special.randomElement(using: &generator)!, at: place)
        case 2: line.removeSubrange(place..<end)
        case 3: line.insert(contentsOf: line[place..<end], at: place)
        case 4: line[place] = UInt8.random(in: 0...255, using: &generator)
        case 5:
            let other = Array(realLines.randomElement(using: &generator)!.utf8)
            line = Array(line[..<place] + other[min(place, other.count)...])
        default: line.removeSubrange(end...)
        }
    }
    // A newline ends a line; it is never inside.
    return line.filter { $0 != 0x0a }
}

/// Time and members by the scanner, nil when the line does not parse.
func scanned(_ line: [UInt8], format: LineFormat) -> (time: Int64, members: [UInt8])? {
    let scanner = LineScanner(format: format)
    do throws(Malformed) {
        let record = try scanner.scan(line.span)
        var buffer = ByteBuffer(capacity: 0)
        record.encodeMembers(into: &buffer)
        return (record.time, buffer.array)
    } catch {
        #expect(error.offset >= 0 && error.offset <= line.count)
        return nil
    }
}

@Suite("Scanner and twin")
struct TwinTests {
    @Test(arguments: LineFormat.allCases)
    func `write the same members for real and mutated lines`(format: LineFormat) throws {
        var generator = Seed.generator(1)
        var parsed = 0
        for turn in 0..<6000 {
            let line = turn < realLines.count ? Array(realLines[turn].utf8) : mutated(&generator)
            let fast = scanned(line, format: format)
            let slow = NaiveTwin(line, format: format)
            let shown = String(decoding: line, as: UTF8.self)
            try #require((fast == nil) == (slow == nil), "\(shown)")
            guard let fast, let slow else { continue }
            parsed += 1
            try #require(fast.time == slow.time, "\(shown)")
            let text = try #require(String(validating: fast.members, as: UTF8.self), "\(shown)")
            try #require(text == slow.members, "\(shown)")
            let json = Data(("{\"a\":1" + text + "}").utf8)
            try #require((try? JSONSerialization.jsonObject(with: json)) != nil, "\(shown)")
        }
        #expect(parsed > 200)
    }

    @Test func `agree on every small change of an address`() throws {
        let addresses = ["1.20.255.4", "::1", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4", "1::"]
        for address in addresses.map({ Array($0.utf8) }) {
            for place in address.indices {
                for byte in Array(":.0129afgF%-".utf8) {
                    for inserted in [false, true] {
                        var changed = address
                        if inserted {
                            changed.insert(byte, at: place)
                        } else {
                            changed[place] = byte
                        }
                        let line = changed + Array(realLines[1].utf8).drop { $0 != 0x20 }
                        let members = try #require(scanned(line, format: .common)).members
                        let hasIP = String(decoding: members, as: UTF8.self).contains("\"ip\":")
                        #expect(
                            hasIP == NaiveTwin.isAddress(changed),
                            "\(String(decoding: changed, as: UTF8.self))")
                    }
                }
            }
        }
    }
}
