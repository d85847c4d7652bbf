// Times as documents have them: `2015-05-17T10:05:03.000Z`.

/// Renders times to the second; the text of the minute before is kept, because neighbours share it.
package struct TimestampText: Sendable {
    private var minute = Int64.min
    /// `2015-05-`
    private var first: UInt64 = 0
    /// `17T10:05`
    private var second: UInt64 = 0

    package init() {}

    /// Appends 24 bytes. `seconds` count from 1970 UTC and lie in `CivilTime.fourDigitYears`.
    package mutating func append(_ seconds: Int64, to buffer: inout ByteBuffer) {
        let minute = seconds >= 0 ? seconds / 60 : (seconds - 59) / 60
        if minute != self.minute { render(minute) }
        let digits = twoDigits(Int(seconds - minute * 60))
        // ":SS.000Z"
        let rest: UInt64 = 0x5a30_3030_2e00_003a | digits << 8
        buffer.append(word: first)
        buffer.append(word: second)
        buffer.append(word: rest)
    }

    @inline(never)
    private mutating func render(_ minute: Int64) {
        precondition(CivilTime.fourDigitYears.contains(minute * 60))
        let time = CivilTime(seconds: minute * 60)
        let (year, month, day) = (time.date.year, time.date.month, time.date.day)
        first =
            twoDigits(year / 100) | twoDigits(year % 100) << 16 | 0x2d << 32
            | twoDigits(month) << 40 | 0x2d << 56
        second =
            twoDigits(day) | 0x54 << 16 | twoDigits(time.hour) << 24 | 0x3a << 40
            | twoDigits(time.minute) << 48
        self.minute = minute
    }
}

/// Two decimal digits, the tens in the lower byte.
@inline(__always)
private func twoDigits(_ number: Int) -> UInt64 {
    let tens = UInt64(truncatingIfNeeded: number / 10)
    let ones = UInt64(truncatingIfNeeded: number % 10)
    return 0x3030 | tens | ones << 8
}
