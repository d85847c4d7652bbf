// Days and dates of the Gregorian calendar, also before its introduction (ISO 8601).

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    /// Year 0 is 1 BC.
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date of a day counted from 1970-01-01.
    package init(days: Int) {
        // Counted from 1 March of year 0, a leap day ends its year and 400 years always have the
        // same length.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to this date. The year is -399 or later.
    package var days: Int {
        // Years begin in March here, so that a leap day is the last; 400 more keep all positive.
        let shifted = (month <= 2 ? year - 1 : year) + 400
        let march = month <= 2 ? month + 9 : month - 3
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
            + (153 * march + 2) / 5 + day - 1 - 719_468 - 146_097
    }

    /// How many days a month has.
    package static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Seconds since 1970 UTC, taken apart into a day and the seconds of the day.
package struct CivilTime: Hashable, Sendable {
    package var date: CivilDate
    /// 0 up to 86,399.
    package var secondOfDay: Int

    package init(seconds: Int64) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        date = CivilDate(days: Int(days))
        secondOfDay = Int(seconds - days * 86_400)
    }

    package var hour: Int { secondOfDay / 3600 }
    package var minute: Int { secondOfDay / 60 % 60 }
    package var second: Int { secondOfDay % 60 }

    /// The seconds whose year has four digits: 0000-01-01T00:00:00Z up to 9999-12-31T23:59:59Z.
    package static let fourDigitYears: ClosedRange<Int64> = -62_167_219_200...253_402_300_799
}
