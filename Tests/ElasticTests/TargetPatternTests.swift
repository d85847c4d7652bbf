// Names of targets: what a pattern renders to, and what is refused where.
import Elastic
import Testing

/// 2015-05-17T10:05:03Z.
private let time: Int64 = 1_431_857_103

private func refusal(_ text: String, _ kind: TargetPattern.Kind = .index) -> String? {
    do throws(TargetRefusal) {
        _ = try TargetPattern(text, kind: kind)
        return nil
    } catch { return error.description }
}

@Suite("Target pattern")
struct TargetPatternTests {
    @Test(arguments: [
        ("access", "access"), ("access-%{yyyy.MM.dd}", "access-2015.05.17"),
        ("%{dataset}-%{yyyy}", "tomcat.access-2015"), ("a-%{yyyyMMddHH}", "a-2015051710"),
        ("a_%{yyyy_MM-dd}_%{HH}", "a_2015_05-17_10"), (".hidden", ".hidden"), ("é", "é"),
    ])
    func `an index is rendered`(text: String, name: String) throws {
        let pattern = try TargetPattern(text, kind: .index)
        #expect(pattern.name(dataset: "tomcat.access", time: time) == name)
        #expect(pattern.isDated == text.contains("yyyy"))
    }

    @Test func `the day is that of UTC, also before 1970`() throws {
        let pattern = try TargetPattern("%{yyyy.MM.dd.HH}", kind: .index)
        #expect(pattern.name(dataset: "", time: -1) == "1969.12.31.23")
        #expect(pattern.name(dataset: "", time: 0) == "1970.01.01.00")
        #expect(pattern.name(dataset: "", time: -62_167_219_200) == "0000.01.01.00")
    }

    @Test(arguments: ["a", "a-%{yyyy}", "a-%{yyyy.MM.dd}", "a-%{HH}"])
    func `the name is the same for the whole period and no other`(text: String) throws {
        let pattern = try TargetPattern(text, kind: .index)
        for time in [time, 0, -1, 951_782_399] {
            let period = pattern.period(around: time)
            #expect(period.contains(time))
            guard pattern.isDated else { continue }
            let name = pattern.name(dataset: "", time: time)
            #expect(pattern.name(dataset: "", time: period.lowerBound) == name)
            #expect(pattern.name(dataset: "", time: period.upperBound - 1) == name)
        }
    }

    @Test(arguments: [
        ("", "the name is empty"),
        ("Access", "A at byte 0: "), ("a b", "0x20 at byte 1: "), ("a/b", "/ at byte 1: "),
        ("-a", "- at byte 0: "), ("_a", "_ at byte 0: "), ("+a", "+ at byte 0: "),
        ("a:b", ": at byte 1: "), ("a-%", "% at byte 2: "), ("a-%{yyyy", "% at byte 2: "),
        ("%{}", "%{} at byte 0: "), ("a-%{yyyy.mm}", "%{yyyy.mm} at byte 2: "),
        ("a-%{.yyyy}", "%{.yyyy} at byte 2: "), ("a-%{yyyy.}", "%{yyyy.} at byte 2: "),
        ("%{host}", "%{host} at byte 0: "),
    ])
    func `a pattern that is none is refused at its place`(text: String, start: String) throws {
        #expect(try #require(refusal(text)).hasPrefix(start))
    }

    @Test func `a data stream takes no date`() throws {
        #expect(refusal("logs-%{dataset}-default", .dataStream) == nil)
        #expect(
            try #require(refusal("logs-%{yyyy}", .dataStream)).hasPrefix("a date at byte 5: "))
    }

    @Test(arguments: ["Tomcat", "a b", "a,b", "É", String(repeating: "a", count: 251)])
    func `a dataset that makes an illegal name is refused`(dataset: String) throws {
        let pattern = try TargetPattern("logs-%{dataset}", kind: .dataStream)
        #expect(throws: TargetRefusal.self) { try pattern.check(dataset: dataset) }
        try pattern.check(dataset: "tomcat.access")
        #expect(throws: TargetRefusal.self) {
            try TargetPattern("%{dataset}", kind: .index).check(dataset: "-a")
        }
        #expect(throws: TargetRefusal.self) {
            try TargetPattern("%{dataset}", kind: .index).check(dataset: "..")
        }
    }

    @Test func `a stream of three parts has a type, a dataset and a namespace`() throws {
        let parts = try #require(TargetPattern.parts(ofDataStream: "logs-tomcat.access-default"))
        #expect(parts == ("logs", "tomcat.access", "default"))
        for name in ["logs", "logs-a", "logs-a-b-c", "logs--default", "logs-a-"] {
            #expect(TargetPattern.parts(ofDataStream: name) == nil)
        }
    }
}

@Suite("Target table")
struct TargetTableTests {
    @Test func `a name keeps its number, and the last number is for all others`() {
        var table = TargetTable()
        for number in 0..<0xffff { #expect(Int(table.number(of: "t\(number)")) == number) }
        #expect(table.number(of: "one more") == TargetTable.tooMany)
        #expect(table.number(of: "another") == TargetTable.tooMany)
        #expect(table.number(of: "t77") == 77)
        #expect(table.name(of: 77) == "t77")
        #expect(table.name(of: TargetTable.tooMany) == nil)
    }
}
