// Days, log times and timestamps against Foundation's calendar and the kernel's arithmetic.
import Bytes
import Foundation
import Glibc
import TestKit
import Testing

private func logTime(_ text: String) -> Int64? { Array(text.utf8).span.logTime(at: 0) }

private func timestamp(_ seconds: Int64) -> String {
    var buffer = ByteBuffer(capacity: 0)
    var text = TimestampText()
    text.append(seconds, to: &buffer)
    return buffer.bytes.text
}

@Suite("Time")
struct TimeTests {
    @Test func `a date and its days name each other, every day from year 0 to 9999`() {
        var date = CivilDate(year: 0, month: 1, day: 1)
        var wrong = 0
        for days in -719_528...2_932_896 {
            let other = CivilDate(days: days)
            if other != date || date.days != days { wrong += 1 }
            date.day += 1
            if date.day > CivilDate.length(ofMonth: date.month, year: date.year) {
                date.day = 1
                date.month += 1
            }
            if date.month == 13 { (date.month, date.year) = (1, date.year + 1) }
        }
        #expect(wrong == 0)
        #expect(date == CivilDate(year: 10000, month: 1, day: 1))
    }

    @Test func `the C library breaks random times down the same way`() {
        var generator = Seed.generator(5)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: CivilTime.fourDigitYears, using: &generator)
            let time = CivilTime(seconds: seconds)
            var clock = time_t(seconds)
            var parts = tm()
            gmtime_r(&clock, &parts)
            #expect(time.date.year == Int(parts.tm_year) + 1900)
            #expect(time.date.month == Int(parts.tm_mon) + 1)
            #expect(time.date.day == Int(parts.tm_mday))
            #expect(time.hour == Int(parts.tm_hour))
            #expect(time.minute == Int(parts.tm_min))
            #expect(time.second == Int(parts.tm_sec))
        }
    }

    @Test(
        arguments: [
            ("17/May/2015:10:05:03 +0000", 1_431_857_103), ("01/Jan/1970:00:00:00 +0000", 0),
            ("01/Jan/1970:01:00:00 +0100", 0), ("31/Dec/1969:23:59:59 +0000", -1),
            ("29/Feb/2024:12:00:00 -0330", 1_709_220_600),
            ("29/Feb/2000:00:00:00 +0000", 951_782_400),
            ("01/Jan/0000:00:00:00 +0000", -62_167_219_200),
            ("31/Dec/9999:23:59:59 +0000", 253_402_300_799),
            ("31/Dec/9999:23:59:59 +2359", 253_402_214_459),
        ] as [(String, Int64)])
    func `a log time becomes seconds`(text: String, seconds: Int64) {
        #expect(logTime(text) == seconds)
    }

    @Test(arguments: [
        "00/May/2015:10:05:03 +0000", "32/May/2015:10:05:03 +0000", "31/Jun/2015:10:05:03 +0000",
        "29/Feb/2015:10:05:03 +0000", "29/Feb/1900:10:05:03 +0000", "17/may/2015:10:05:03 +0000",
        "17/Mai/2015:10:05:03 +0000", "17/May/2015:24:05:03 +0000", "17/May/2015:10:60:03 +0000",
        "17/May/2015:10:05:60 +0000", "17/May/2015:10:05:03 +2400", "17/May/2015:10:05:03 +0060",
        "17/May/2015:10:05:03 *0000", "17-May-2015:10:05:03 +0000", "17/May/2015 10:05:03 +0000",
        "01/Jan/0000:00:00:00 +0001", "31/Dec/9999:23:59:59 -0001",
    ])
    func `a log time that is none is refused`(text: String) {
        #expect(logTime(text) == nil)
    }

    @Test func `every byte of a log time is checked`() {
        let good = Array("17/May/2015:10:05:03 +0000".utf8)
        for place in good.indices {
            for byte in UInt8.min...UInt8.max where byte != good[place] {
                var changed = good
                changed[place] = byte
                guard let seconds = changed.span.logTime(at: 0) else { continue }
                // What is still a time differs by a digit, a sign or a month's letter, so in value;
                // but +0000 is -0000.
                let isSign = place == 21 && byte == UInt8(ascii: "-")
                #expect(isSign || seconds != 1_431_857_103)
                #expect(isSign || (48...57).contains(byte) || (3...5).contains(place))
            }
        }
    }

    @Test func `a timestamp and a log time name the same second, in any order of minutes`() {
        var generator = Seed.generator(6)
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var buffer = ByteBuffer(capacity: 0)
        var text = TimestampText()
        for _ in 0..<2000 {
            // From 1583 on Foundation's calendar is the same.
            let seconds = Int64.random(in: -12_212_553_600...253_402_300_799, using: &generator)
            for neighbour in [seconds, min(seconds + 1, 253_402_300_799)] {
                buffer.clear()
                text.append(neighbour, to: &buffer)
                let date = Date(timeIntervalSince1970: Double(neighbour))
                #expect(buffer.bytes.text == format.string(from: date))
            }
        }
        #expect(timestamp(-62_167_219_200) == "0000-01-01T00:00:00.000Z")
        #expect(timestamp(-1) == "1969-12-31T23:59:59.000Z")
        #expect(timestamp(253_402_300_799) == "9999-12-31T23:59:59.000Z")
    }
}
