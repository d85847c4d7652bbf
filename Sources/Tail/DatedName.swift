// File names that hold a date: which of two came later.
import Platform

/// A name with a date in it, as `access.2026-11-20.log`: what is the same in a series, and what
/// counts up.
struct DatedName {
    /// What names of one series share: the bytes before and behind the date.
    struct Series: Hashable {
        let prefix: [UInt8]
        let suffix: [UInt8]
    }

    let series: Series
    /// The date's numbers and those right behind it, as an hour or the number of a part.
    let numbers: [UInt64]

    /// From a file's name or path; nil when its last component holds no date. A date begins with
    /// year and month, as 2026-11, 2026.11.20 or 2026_11_20T07, or is written in one, as 20261120.
    init?(_ path: Path) {
        let bytes = path.bytes
        var place = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        while place < bytes.count {
            guard DatedName.isDigit(bytes[place]) else {
                place += 1
                continue
            }
            let run = DatedName.run(in: bytes, from: place)
            if DatedName.isDate(run.numbers) {
                series = Series(prefix: Array(bytes[..<place]), suffix: Array(bytes[run.end...]))
                numbers = run.numbers.map(\.value)
                return
            }
            // Not the whole run is skipped: a number may stand before the date.
            while place < bytes.count, DatedName.isDigit(bytes[place]) { place += 1 }
        }
        return nil
    }

    /// Whether the other is of the same series, and later.
    func isFollowed(by other: [UInt64]) -> Bool {
        numbers.count == other.count && numbers.lexicographicallyPrecedes(other)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Numbers with single separators between them.
    private static func run(
        in bytes: [UInt8], from start: Int
    ) -> (numbers: [(value: UInt64, digits: Int)], end: Int) {
        var numbers: [(value: UInt64, digits: Int)] = []
        var place = start
        var end = start
        while place < bytes.count, isDigit(bytes[place]) {
            var value: UInt64 = 0
            let first = place
            while place < bytes.count, isDigit(bytes[place]) {
                value = value &* 10 &+ UInt64(bytes[place] - UInt8(ascii: "0"))
                place += 1
            }
            numbers.append((value, place - first))
            end = place
            if place < bytes.count, "-._:T".utf8.contains(bytes[place]) { place += 1 }
        }
        return (numbers, end)
    }

    private static func isDate(_ numbers: [(value: UInt64, digits: Int)]) -> Bool {
        guard let first = numbers.first else { return false }
        switch first.digits {
        case 4:
            return isYear(first.value) && numbers.count > 1 && numbers[1].digits == 2
                && (1...12).contains(numbers[1].value)
        case 8, 10, 12, 14:
            var date = first.value
            for _ in 8..<first.digits { date /= 10 }
            return isYear(date / 10_000) && (1...12).contains(date / 100 % 100)
                && (1...31).contains(date % 100)
        default: return false
        }
    }

    private static func isYear(_ value: UInt64) -> Bool { (1990...2199).contains(value) }
}
