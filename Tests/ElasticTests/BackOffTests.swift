// Waits: their bounds, their spread, and what a server asks for.
import Bytes
import Elastic
import Platform
import TestKit
import Testing

@Suite("Back-off")
struct BackOffTests {
    @Test(arguments: [
        (1, 500), (2, 1000), (3, 2000), (4, 4000), (7, 32000), (8, 60000), (9, 60000),
        (1_000_000, 60000), (0, 500),
    ])
    func `the limit doubles up to a minute`(failures: Int, milliseconds: Int) {
        #expect(BackOff.limit(failures: failures) == .milliseconds(milliseconds))
    }

    @Test(arguments: [1, 4, 20])
    func `waits fill the whole range from nothing to the limit`(failures: Int) {
        var random = Seed.generator(74)
        let limit = BackOff.limit(failures: failures)
        let waits = (0..<2000).map { _ in BackOff.wait(failures: failures, random: &random) }
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= limit })
        for tenth in 0..<10 {
            let range = (limit / 10 * tenth)..<(limit / 10 * (tenth + 1))
            #expect(waits.count { range.contains($0) } > 100)
        }
    }

    @Test func `a seed gives the same waits again`() {
        var one = SplitMix64(seed: 7)
        var other = SplitMix64(seed: 7)
        for failures in 1...20 {
            #expect(
                BackOff.wait(failures: failures, random: &one)
                    == BackOff.wait(failures: failures, random: &other))
        }
    }
}

@Suite("Retry-After")
struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:07 GMT.
    private static let now = WallTime(nanoseconds: 784_111_747_000_000_000)

    @Test(arguments: [
        ("7", 7), ("0", 0), (" 12 ", 12), ("120", 60), ("999999999999999999", 60),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30), ("Sunday, 06-Nov-94 08:49:37 GMT", 30),
        ("Sun Nov  6 08:49:37 1994", 30), ("Sun, 06 Nov 1994 08:49:06 GMT", 0),
        ("Mon, 07 Nov 1994 08:49:37 GMT", 60), ("Sat, 01 Jan 2050 00:00:00 GMT", 60),
        // Two digits that would lie more than 50 years ahead are past.
        ("Sunday, 06-Nov-44 08:49:37 GMT", 60), ("Sunday, 06-Nov-45 08:49:37 GMT", 0),
    ])
    func `seconds and all three dates are read, within the cap`(text: String, seconds: Int) {
        #expect(RetryAfter.wait(text, now: Self.now) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-1", "1.5", "1e3", "soon", "7 seconds", "+7", "0x10", "９",
        "9999999999999999999999", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 66 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 06 Nov 1994 08:69:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49 1994", "1,2",
        String(repeating: "1", count: 100_000),
    ])
    func `nonsense is no answer`(text: String) {
        #expect(RetryAfter.wait(text, now: Self.now) == nil)
    }

    @Test(arguments: [
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
        ("Tue, 31 Dec 2024 23:59:59 GMT", 1_735_689_599),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 946_684_800),
        ("Tue, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ])
    func `dates count leap days`(text: String, seconds: Int64) {
        let before = WallTime(nanoseconds: (seconds - 5) * 1_000_000_000)
        #expect(RetryAfter.wait(text, now: before) == .seconds(5))
    }
}
