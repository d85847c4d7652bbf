// Random configurations and texts, repeatable by their seed.
import AccessLog
import Agent
import Platform
import TestKit

/// A seeded source of values. The seed is in the description.
struct RandomConfigurations: CustomStringConvertible {
    private var random = Seed.generator(80)

    var description: String { "TAILPROOF_SEED=\(Seed.current)" }

    mutating func next() -> UInt64 { random.next() }
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func boolean() -> Bool { next() & 1 == 1 }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// Text with what YAML finds special, controls, and scalars of every width.
    mutating func text() -> String {
        let parts = [
            "a", "B", "7", "-", ": ", " #", "\"", "'", "\\", "\n", "\t", "\r", "\u{0}", "\u{7F}",
            "\u{85}",
            "é", "\u{2028}", "\u{FEFF}", "\u{FFFF}", "😀", "{", "]", "*", "&", "!", "%", "@", "true",
            "1e5",
            "null", "~", " ",
        ]
        return (0..<below(6)).map { _ in pick(parts) }.joined()
    }

    mutating func configuration() -> Configuration {
        var value = Configuration()
        value.state = Path("/s " + text().replacing("\u{0}", with: "").replacing("/", with: ""))
        value.inputs = (0...below(3)).map { _ in input() }
        if boolean() {
            var settings = Configuration.Elasticsearch()
            settings.hosts = (0...below(3)).map { "http://h\($0)" + pick(["", ":9200", "/a%20b"]) }
            settings.target = pick([
                .dataStream("logs-%{dataset}-x"), .dataStream("été"), .index("a-%{yyyy.MM.dd_HH}"),
                .dataStream("a-%{namespace}"),
            ])
            if case .dataStream(let name) = settings.target {
                settings.requireDataStream = boolean()
                if name == "a-%{namespace}" {
                    for index in value.inputs.indices where boolean() {
                        value.inputs[index].namespace = pick(["prod", "true", "é", "7"])
                    }
                }
            }
            settings.pipeline = pipeline()
            settings.compression = pick(Configuration.Compression.allCases)
            settings.connections = 1 + below(16)
            settings.timeout = .milliseconds(1000 + below(599_000))
            settings.copy = boolean() ? pick(Configuration.Style.allCases) : nil
            value.output = .elasticsearch(settings)
        } else {
            value.output = .stdout(pick(Configuration.Style.allCases))
        }
        value.batch.bytes = 65_536 + below(1 << 26 - 65_536)
        value.batch.lines = 1 + below(100_000)
        value.batch.age = .milliseconds(10 + below(59_990))
        value.maxLine = 1024 + below(1 << 20)
        value.memory = value.leastMemory + below(1 << 30)
        value.held.bytes = below(1 << 40)
        value.park.bytes = 17 << 20 + below(1 << 29)
        value.shutdown.drain = pick(Configuration.Drain.allCases)
        value.shutdown.quiet = .milliseconds(below(1000))
        value.shutdown.deadline = .milliseconds(1000 + below(3_599_000))
        value.shutdown.fragments = pick(Configuration.Fragments.allCases)
        value.log.level = pick(LogLevel.allCases)
        value.log.format = pick(LogFormat.allCases)
        return value
    }

    private mutating func input() -> Configuration.Input {
        var input = Configuration.Input()
        input.paths = (0...below(3)).map { _ in pick(["/var/*.log", "/a b/[x]?", "/é: #", "/true"])
        }
        input.exclude = (0..<below(3)).map { _ in pick(["*.gz", "no", "/a/*", "1", "~"]) }
        input.roots = (0..<below(3)).map { _ in pick(["/", "/a", "/var/lib/é: #", "/true"]) }
        input.format = pick(LineFormat.allCases)
        input.dataset = pick(["a.b", "true", "123", "été"])
        input.fields = (0..<below(5)).map {
            Configuration.Field(name: "f\($0).\($0)", value: field(0))
        }
        input.start = pick(Configuration.Start.allCases)
        if boolean() { input.pipeline = pipeline() }
        return input
    }

    private mutating func pipeline() -> Configuration.Pipeline {
        pick([.ofTarget, .named("p"), .named("_none"), .named("A b: '%{dataset}'"), .named("~")])
    }

    private mutating func field(_ depth: Int) -> Configuration.FieldValue {
        switch below(depth < 2 ? 4 : 3) {
        case 0: .text(text())
        case 1: .number(pick(["0", "-1", "1.50", "2e-3", "9223372036854775807"]))
        case 2: .boolean(boolean())
        default: .list((0..<below(3)).map { _ in field(depth + 1) })
        }
    }
}
