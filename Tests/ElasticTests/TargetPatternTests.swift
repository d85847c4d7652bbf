// Names of targets: what a pattern renders to, and what is refused where.
import Elastic
import Testing

/// 2015-05-17T10:05:03Z.
private let time: Int64 = 1_431_857_103

private let values = TargetValues(
    dataset: "tomcat.access", namespace: "prod",
    fields: ["service.name": "shop", "Team": "a-b", "big": "Ö", "empty": "", "pipe": "none"])

private func refusal(_ text: String, _ kind: TargetPattern.Kind = .index) -> String? {
    do throws(TargetRefusal) {
        _ = try TargetPattern(text, kind: kind)
        return nil
    } catch { return error.description }
}

private func name(
    _ text: String, _ kind: TargetPattern.Kind = .index, dataset: String = "tomcat.access"
) throws -> TargetName {
    var values = values
    values.dataset = dataset
    return try TargetPattern(text, kind: kind).name(with: values)
}

/// Why the values do not fit into a pattern, and whose fault that is.
private func misfit(
    _ text: String, _ kind: TargetPattern.Kind = .index, dataset: String = "tomcat.access"
) throws -> TargetValueRefusal? {
    do {
        _ = try name(text, kind, dataset: dataset)
        return nil
    } catch let refusal as TargetValueRefusal { return refusal }
}

@Suite("Target pattern")
struct TargetPatternTests {
    @Test(arguments: [
        ("access", "access"), ("access-%{yyyy.MM.dd}", "access-2015.05.17"),
        ("%{dataset}-%{yyyy}", "tomcat.access-2015"), ("a-%{yyyyMMddHH}", "a-2015051710"),
        ("a_%{yyyy_MM-dd}_%{HH}", "a_2015_05-17_10"), (".hidden", ".hidden"), ("é", "é"),
        ("%{namespace}", "prod"), ("%{fields.service.name}.%{fields.Team}", "shop.a-b"),
        ("a%{dataset}%{namespace}%{dataset}-%{yyyy}", "atomcat.accessprodtomcat.access-2015"),
    ])
    func `an index is rendered`(text: String, expected: String) throws {
        let name = try name(text)
        #expect(name.text(at: time) == expected)
        #expect(name.isDated == text.contains("yyyy"))
    }

    @Test(arguments: [
        ("logs-%{dataset}-%{namespace}", "logs-tomcat.access-prod"),
        ("%{fields.service.name}-%{dataset}", "shop-tomcat.access"), ("logs", "logs"),
    ])
    func `a data stream is rendered`(text: String, expected: String) throws {
        #expect(try name(text, .dataStream).text(at: time) == expected)
    }

    @Test(arguments: [
        ("_none", "_none"), ("Access Logs", "Access Logs"), ("-a,b*\"\\/", "-a,b*\"\\/"),
        ("%{dataset}@%{namespace}", "tomcat.access@prod"), ("p-%{fields.Team}", "p-a-b"),
        ("%{fields.big}", "Ö"), ("..", ".."),
    ])
    func `a pipeline may have any name`(text: String, expected: String) throws {
        #expect(try name(text, .pipeline).text(at: time) == expected)
    }

    @Test func `the day is that of UTC, also before 1970`() throws {
        let name = try name("%{yyyy.MM.dd.HH}")
        #expect(name.text(at: -1) == "1969.12.31.23")
        #expect(name.text(at: 0) == "1970.01.01.00")
        #expect(name.text(at: -62_167_219_200) == "0000.01.01.00")
    }

    @Test(arguments: ["a", "a-%{yyyy}", "a-%{yyyy.MM.dd}", "a-%{HH}", "%{namespace}%{MM}"])
    func `the name is the same for the whole period and no other`(text: String) throws {
        let name = try name(text)
        for time in [time, 0, -1, 951_782_399] {
            let period = name.period(around: time)
            #expect(period.contains(time))
            guard name.isDated else { continue }
            #expect(name.text(at: period.lowerBound) == name.text(at: time))
            #expect(name.text(at: period.upperBound - 1) == name.text(at: time))
        }
    }

    @Test(arguments: [
        ("", "the name is empty"),
        ("Access", "A at byte 0: "), ("a b", "0x20 at byte 1: "), ("a/b", "/ at byte 1: "),
        ("-a", "- at byte 0: "), ("_a", "_ at byte 0: "), ("+a", "+ at byte 0: "),
        ("a:b", ": at byte 1: "), ("a-%", "% at byte 2: "), ("a-%{yyyy", "% at byte 2: "),
        ("%{}", "%{} at byte 0: "), ("a-%{yyyy.mm}", "%{yyyy.mm} at byte 2: "),
        ("a-%{.yyyy}", "%{.yyyy} at byte 2: "), ("a-%{yyyy.}", "%{yyyy.} at byte 2: "),
        ("%{host}", "%{host} at byte 0: "), ("a%{fields.}", "%{fields.} at byte 1: "),
        ("%{fields}", "%{fields} at byte 0: "), ("%{Dataset}", "%{Dataset} at byte 0: "),
        ("%{ dataset}", "%{ dataset} at byte 0: "), ("%{%{dataset}}", "%{%{dataset} at byte 0: "),
    ])
    func `a pattern that is none is refused at its place`(text: String, start: String) throws {
        #expect(try #require(refusal(text)).hasPrefix(start))
    }

    @Test(
        "what comes from a line names nothing",
        arguments: [
            "url.path", "url.query", "source.ip", "user.name", "message", "http.request.method",
            "user_agent.original", "@timestamp", "event.dataset", "log.file.path", "host.name",
            "service.name", "env.HOME", "data_stream.dataset",
        ])
    func lines(field: String) throws {
        for kind: TargetPattern.Kind in [.dataStream, .index, .pipeline] {
            let words = try #require(refusal("a-%{\(field)}", kind))
            #expect(words.hasPrefix("%{\(field)} at byte 2: allowed are %{dataset}, "))
            #expect(words.hasSuffix("; nothing of a line names a target"))
        }
    }

    @Test func `only an index takes a date`() throws {
        #expect(refusal("logs-%{dataset}-default", .dataStream) == nil)
        #expect(
            try #require(refusal("logs-%{yyyy}", .dataStream)).hasPrefix("a date at byte 5: "))
        #expect(
            refusal("p%{MM}", .pipeline) == "a date at byte 1: a pipeline has no date in its name")
    }

    @Test func `a pipeline's name is one line and not empty`() {
        #expect(refusal("", .pipeline) == "the name is empty")
        #expect(
            refusal("a\nb", .pipeline) == "0x0a at byte 1: a name has no control characters")
    }

    @Test(arguments: ["Tomcat", "a b", "a,b", "É", String(repeating: "a", count: 251)])
    func `a dataset that makes an illegal name is refused`(dataset: String) throws {
        let found = try #require(try misfit("logs-%{dataset}", .dataStream, dataset: dataset))
        #expect(found.placeholder == .dataset)
        #expect(found.description.hasPrefix("the target's name with this dataset: "))
        #expect(try misfitOfStart("-a") && misfitOfStart(".."))
    }

    private func misfitOfStart(_ dataset: String) throws -> Bool {
        try misfit("%{dataset}", dataset: dataset)?.placeholder == .dataset
    }

    @Test func `the value to blame is named`() throws {
        let long = String(repeating: "a", count: 240)
        let cases: [(String, TargetPattern.Kind, TargetPattern.Placeholder?, TargetRefusal.Fault)] =
            [
                ("%{dataset}%{fields.absent}", .index, .field("absent"), .absent),
                ("a%{fields.empty}", .index, .field("empty"), .emptyValue),
                ("a-%{fields.Team}", .dataStream, .field("Team"), .dash),
                ("%{namespace}%{fields.big}", .index, .field("big"), .upperCase),
                ("É%{namespace}", .index, nil, .upperCase),
                ("%{namespace}\(long)%{dataset}", .index, .dataset, .tooLong),
                ("%{dataset}\(long)%{namespace}", .index, .namespace, .tooLong),
                (long + long, .index, nil, .tooLong), ("..", .index, nil, .onlyDots),
                ("%{fields.pipe}", .pipeline, .field("pipe"), .none),
                ("%{fields.empty}", .pipeline, .field("empty"), .emptyValue),
            ]
        for (text, kind, placeholder, fault) in cases {
            let found = try #require(try misfit(text, kind), "\(text)")
            #expect(found.placeholder == placeholder, "\(text)")
            #expect(found.refusal.fault == fault, "\(text)")
            #expect(found.kind == kind)
        }
        let dash = try #require(try misfit("a-%{fields.Team}", .dataStream))
        #expect(
            dash.description == "the target's name with this value: - at byte 3: it separates the "
                + "parts of a data stream's name")
    }

    @Test func `a value cannot bring a placeholder with it`() throws {
        let name = try name("a%{dataset}", dataset: "%{namespace}")
        #expect(name.text(at: 0) == "a%{namespace}")
    }

    @Test func `a stream of three parts has a type, a dataset and a namespace`() throws {
        let parts = try #require(try name("logs-tomcat.access-default", .dataStream).streamParts)
        #expect(parts == ("logs", "tomcat.access", "default"))
        for text in ["logs", "logs-a", "logs-a-b-c", "logs--default", "logs-a-"] {
            #expect(try name(text, .dataStream).streamParts == nil)
        }
        #expect(try name("logs-tomcat.access-default", .index).streamParts == nil)
    }
}
