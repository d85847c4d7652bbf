// Which names hold a date, and which of two is the later one.
import Platform
import Testing

@testable import Tail

@Suite("Dated names") struct DatedNameTests {
    @Test(
        "a date, its numbers and what follows at once count up",
        arguments: [
            ("/l/access.2026-11-20.log", [2026, 11, 20]), ("/l/access-20261120", [20_261_120]),
            ("/l/a.2026.11.log", [2026, 11]), ("/l/a_2026_11_20T07.txt", [2026, 11, 20, 7]),
            ("/l/2026-11-20.3.log", [2026, 11, 20, 3]), ("/l/a-2026112007", [2_026_112_007]),
            ("/l/app2-2026-11-20-worker1.log", [2026, 11, 20]), ("2026-11-20", [2026, 11, 20]),
        ])
    func dated(path: String, numbers: [UInt64]) throws {
        #expect(try #require(DatedName(Path(path))).numbers == numbers)
    }

    @Test(
        "other numbers are no date",
        arguments: [
            "/l/access.log", "/l/access.log.1", "/l/worker-12.log", "/2026-11-20/access.log",
            "/l/port-8080.log", "/l/2026.log", "/l/2026-13-01.log", "/l/a-20261301.log",
            "/l/a-1234567890.log", "/l/9876-11-20.log", "/l/2026-1-2.log", "", "/l/",
        ])
    func undated(path: String) { #expect(DatedName(Path(path)) == nil) }

    @Test(
        "what follows is of the same series, and later",
        arguments: [
            ("a.2026-11-20.log", "a.2026-11-21.log", true),
            ("a.2026-11-30.log", "a.2026-12-01.log", true),
            ("a.2026-12-31.log", "a.2027-01-01.log", true),
            ("a.2026-11-20.9.log", "a.2026-11-20.10.log", true),
            ("a-20261130", "a-20261201", true), ("a.2026-11-20.log", "a.2026-11-20.log", false),
            ("a.2026-11-21.log", "a.2026-11-20.log", false),
            ("a.2026-11-20.log", "b.2026-11-21.log", false),
            ("a.2026-11-20.log", "a.2026-11-21.log.gz", false),
            ("a.2026-11-20-worker1.log", "a.2026-11-20-worker2.log", false),
            ("a.2026-11-20.log", "a.2026-11-20.1.log", false),
            ("/x/a.2026-11-20.log", "/y/a.2026-11-21.log", false),
        ])
    func followed(first: String, second: String, isFollowed: Bool) throws {
        let one = try #require(DatedName(Path(first)))
        let other = try #require(DatedName(Path(second)))
        #expect((one.series == other.series && one.isFollowed(by: other.numbers)) == isFollowed)
    }
}
