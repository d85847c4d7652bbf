// The Retry-After header (RFC 9110, 10.2.3): seconds, or a date in one of HTTP's three forms.
import Platform

/// Reads Retry-After.
package enum RetryAfter {
    /// How long the server asks to wait, at most `BackOff.cap`; nil for nonsense. A date that is
    /// past is zero.
    package static func wait(_ text: String, now: WallTime) -> Duration? {
        // Anything longer than the longest date is nonsense and not worth splitting.
        guard text.utf8.count <= 64 else { return nil }
        let words = text.split { " ,\t:-".contains($0) }
        if words.count == 1 {
            return seconds(text).map { min(.seconds($0), BackOff.cap) }
        }
        guard let date = date(words, nowYear: year(of: now)) else { return nil }
        let wait = Duration.nanoseconds(date * 1_000_000_000 - now.nanoseconds)
        return min(max(wait, .zero), BackOff.cap)
    }

    private static func seconds(_ text: String) -> Int64? {
        let digits = text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        guard let value = number(digits, digits: 1...18) else { return nil }
        return text.utf8.allSatisfy { isDigit($0) || $0 == 0x20 || $0 == 0x09 } ? value : nil
    }

    /// Seconds since 1970 of a date that was split at spaces, commas, colons and hyphens.
    private static func date(_ words: [Substring], nowYear: Int64) -> Int64? {
        guard words.count == 7 || words.count == 8 else { return nil }
        var words = words
        if words.count == 8 {
            // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT.
            guard words.removeLast() == "GMT" else { return nil }
        } else {
            // Sun Nov  6 08:49:37 1994: brought into the order of the others.
            let year = words.removeLast()
            words.swapAt(1, 2)
            words.insert(year, at: 3)
        }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard let day = number(words[1], digits: 1...2), (1...31).contains(day),
            let month = months.firstIndex(of: String(words[2])),
            var year = number(words[3], digits: 2...4),
            let hour = number(words[4], digits: 2...2), hour < 24,
            let minute = number(words[5], digits: 2...2), minute < 60,
            let second = number(words[6], digits: 2...2), second <= 60
        else { return nil }
        if words[3].utf8.count == 2 {
            // Of the years that end in these digits the one from 49 years back to 50 ahead.
            year += nowYear / 100 * 100
            if year > nowYear + 50 { year -= 100 }
            if year <= nowYear - 50 { year += 100 }
        }
        let days = days(year: year, month: Int64(month) + 1, day: day)
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
        return Int64(text)
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in
    /// March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return 365 * marchYear + leapDays + dayOfYear - 719_468
    }

    private static func year(of time: WallTime) -> Int64 {
        1970 + time.nanoseconds / 1_000_000_000 / 31_556_952
    }
}
