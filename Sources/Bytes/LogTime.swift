// The time of an access-log line: `17/May/2015:10:05:03 +0000` (strftime `%d/%b/%Y:%H:%M:%S %z`).

extension Span where Element == UInt8 {
    /// Bytes of a log time.
    package static var logTimeLength: Int { 26 }

    /// The log time that begins at `start`, in seconds since 1970 UTC; nil unless all 26 bytes are
    /// one: English month names, a day that the month has, no leap second, a zone of at most 23:59,
    /// and in UTC a year of four digits. Traps when fewer than 26 bytes are left.
    package func logTime(at start: Int) -> Int64? {
        // dd/Mmm/y · yyyy:HH: · MM:SS +z · SS +zzzz: four words that overlap.
        let zeros: UInt64 = 0x3030_3030_3030_3030
        let one = word(at: start) ^ zeros
        let two = word(at: start + 7) ^ zeros
        let three = word(at: start + 15) ^ zeros
        let four = word(at: start + 18) ^ zeros
        let ill =
            nonDigits(one) & 0xff00_0000_0000_ffff | (one ^ 0x001f_0000_001f_0000)
            & 0x00ff_0000_00ff_0000
            | nonDigits(two) & 0x00ff_ff00_ffff_ffff | (two ^ 0x0a00_000a_0000_0000)
            & 0xff00_00ff_0000_0000
            | nonDigits(three) & 0x0000_00ff_ff00_ffff | (three ^ 0x0000_1000_000a_0000)
            & 0x0000_ff00_00ff_0000
            | nonDigits(four) & 0xffff_ffff_0000_0000
        if ill != 0 { return nil }

        let years = pairs(two & 0x0000_0000_ffff_ffff)
        let year = byte(years, 0) * 100 + byte(years, 2)
        guard let month = monthNumber((one ^ zeros) >> 24 & 0xff_ffff) else { return nil }
        let day = byte(pairs(one & 0xffff), 0)
        let hour = byte(pairs(two & 0x00ff_ff00_0000_0000), 5)
        let minutes = pairs(three & 0x0000_00ff_ff00_ffff)
        let (minute, second) = (byte(minutes, 0), byte(minutes, 3))
        let zones = pairs(four & 0xffff_ffff_0000_0000)
        let (zoneHour, zoneMinute) = (byte(zones, 4), byte(zones, 6))
        guard day >= 1, day <= CivilDate.length(ofMonth: month, year: year), hour < 24,
            minute < 60, second < 60, zoneHour < 24, zoneMinute < 60
        else { return nil }

        let days = CivilDate(year: year, month: month, day: day).days
        let local = ((days * 24 + hour) * 60 + minute) * 60 + second
        let zone = (zoneHour * 60 + zoneMinute) * 60
        switch UInt8(truncatingIfNeeded: (three ^ zeros) >> 48) {
        case UInt8(ascii: "+"): return inFourDigitYears(local - zone)
        case UInt8(ascii: "-"): return inFourDigitYears(local + zone)
        default: return nil
        }
    }
}

/// The value of a byte of a word, the lowest being byte 0.
@inline(__always)
private func byte(_ word: UInt64, _ index: UInt64) -> Int {
    Int(truncatingIfNeeded: word &>> (8 &* index) & 0xff)
}

/// Each byte the number of two digits that begin in it; bytes that are no digits are zero before.
@inline(__always)
private func pairs(_ digits: UInt64) -> UInt64 { digits &* 10 &+ digits >> 8 }

/// Not zero in every byte that was no digit before `0x30` was taken from it.
@inline(__always)
private func nonDigits(_ word: UInt64) -> UInt64 {
    // Bytes of 0x80 and more are found by themselves, so the addition cannot carry between bytes.
    let low = word & 0x7f7f_7f7f_7f7f_7f7f
    return (low &+ 0x7676_7676_7676_7676 | word) & 0x8080_8080_8080_8080
}

private func inFourDigitYears(_ seconds: Int) -> Int64? {
    CivilTime.fourDigitYears.contains(Int64(seconds)) ? Int64(seconds) : nil
}

/// 1 to 12 for the English abbreviation in three bytes, the first of them lowest.
private func monthNumber(_ name: UInt64) -> Int? {
    switch name {
    case 0x6e614a: 1  // Jan
    case 0x626546: 2  // Feb
    case 0x72614d: 3  // Mar
    case 0x727041: 4  // Apr
    case 0x79614d: 5  // May
    case 0x6e754a: 6  // Jun
    case 0x6c754a: 7  // Jul
    case 0x677541: 8  // Aug
    case 0x706553: 9  // Sep
    case 0x74634f: 10  // Oct
    case 0x766f4e: 11  // Nov
    case 0x636544: 12  // Dec
    default: nil
    }
}
