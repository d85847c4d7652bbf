// What the scanner takes and what it refuses, and where.
import AccessLog
import Bytes
import Testing

private let good = #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#

/// "expected … at byte N" for a line that must not parse.
private func refusal(_ line: String, _ format: LineFormat = .auto) -> String? {
    do throws(Malformed) {
        _ = try LineScanner(format: format).scan(Array(line.utf8).span).status
        return nil
    } catch {
        return "\(error.offset) \(error.expected)"
    }
}

private func members(_ line: String, _ format: LineFormat = .auto) -> String? {
    scanned(Array(line.utf8), format: format).map { String(decoding: $0.members, as: UTF8.self) }
}

@Suite("Line scanner")
struct LineScannerTests {
    @Test(arguments: [
        ("", "0 the client's address and a space"),
        (" - -", "0 the client's address and a space"),
        ("1.2.3.4", "0 the client's address and a space"),
        ("1.2.3.4  -", "8 the ident and a space"),
        ("1.2.3.4 - -", "10 the user and a space"),
        ("1.2.3.4 - - 17/May", "12 a time such as [17/May/2015:10:05:03 +0000]"),
        (
            #"1.2.3.4 - - [30/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#,
            "12 a time such as [17/May/2015:10:05:03 +0000]"
        ),
        (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] GET"#, "41 the request in quotes"),
        (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET \" 200 5"#, "54 a closing quote"),
        (
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 099 5"#,
            "44 a space, a status of three digits, a space"
        ),
        (
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 "#,
            "49 the size, - or up to 18 digits"
        ),
        (
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 0663"#,
            "49 the size, - or up to 18 digits"
        ),
        (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 5x"#, "50 a space"),
        (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 5 x"#, "51 the referrer in quotes"),
        (
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 5 "-""#,
            "54 a space and the user agent in quotes"
        ),
        (
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 200 5 "-" "-" 17"#,
            "58 the end of the line"
        ),
    ])
    func `names the place and what was expected`(line: String, expected: String) {
        #expect(refusal(line) == expected)
    }

    @Test func `takes only the lines of its format`() {
        let combined = good + #" "-" "curl/7""#
        #expect(refusal(good, .common) == nil)
        #expect(refusal(good, .combined) == "63 a space and the referrer in quotes")
        #expect(refusal(good, .auto) == nil)
        #expect(refusal(combined, .common) == "63 the end of the line")
        #expect(refusal(combined, .combined) == nil)
        #expect(refusal(combined, .auto) == nil)
    }

    @Test func `refuses every proper prefix of a combined line`() {
        let line = good + #" "http://e.org/\"x" "curl/7""#
        for length in 0..<line.utf8.count {
            #expect(refusal(String(line.prefix(length)), .combined) != nil)
        }
    }

    @Test(arguments: [
        "GET /", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/", "GET / HTTP/1.", "GET / HTTP/.1",
        "GET / http/1.1", "GET / HTTP/12345678", "G.T / HTTP/1.1", "GET", "GET /x y",
    ])
    func `keeps a malformed request whole`(request: String) throws {
        let line = #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "\#(request)" 400 -"#
        #expect(
            try #require(members(line)).hasSuffix(
                #","url":{"original":"\#(request)"},"http":{"response":{"status_code":400}}"#))
    }

    @Test func `leaves out what the log says is absent`() throws {
        let line = #"- - - [17/May/2015:10:05:03 +0000] "-" 408 - "-" "-""#
        #expect(members(line) == #","http":{"response":{"status_code":408}}"#)
    }

    @Test func `keeps escapes as logged`() throws {
        let line = good + #" "a\"b\\" "\x41é""#
        let json = try #require(members(line))
        #expect(json.contains(#""referrer":"a\\\"b\\\\""#))
        #expect(json.contains(#""original":"\\x41é""#))
    }

    @Test func `takes linear time on a line of escaped quotes`() throws {
        // 4 MiB of the worst there is: a quadratic scanner would need hours.
        let hostile =
            String(repeating: #"\""#, count: 1 << 20) + String(repeating: "\\", count: 1 << 21)
        #expect(refusal(good + " \"" + hostile, .auto) != nil)
    }

    @Test func `says in a sentence what is wrong`() {
        for (format, name) in [
            (LineFormat.common, "a common"), (.combined, "a combined"),
            (.auto, "a common or combined"),
        ] {
            do throws(Malformed) {
                _ = try LineScanner(format: format).scan(Array("x".utf8).span).status
                Issue.record("parsed")
            } catch {
                var buffer = ByteBuffer(capacity: 8)
                error.append(to: &buffer, format: format)
                #expect(
                    buffer.bytes.text
                        == "not \(name) line: expected the client's address and a space at byte 0")
            }
        }
    }
}
