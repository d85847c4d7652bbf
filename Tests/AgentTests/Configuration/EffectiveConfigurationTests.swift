// What `check` prints reads back the same; nothing that is read makes the decoder trap.
import Agent
import Foundation
import Testing

@Suite("The effective configuration")
struct EffectiveConfigurationTests {
    @Test("a tab in a path is printed so that it reads back as a tab")
    func tabs() throws {
        let text = "state: \"/a\\tb\"\ninputs: [{paths: [/a\tb], exclude: [\"\\t\"]}]"
        let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "f")
        #expect(configuration.state == "/a\tb")
        #expect(configuration.yaml.hasPrefix("state: \"/a\\tb\"\n"))
        let again = try ConfigurationFile.decode(Array(configuration.yaml.utf8), name: "again")
        #expect(again == configuration)
    }

    @Test("the printed form of any configuration reads back as that configuration")
    func roundTrip() throws {
        var seed = RandomConfigurations()
        for round in 0..<500 {
            let configuration = seed.configuration()
            let text = configuration.yaml
            let again = try ConfigurationFile.decode(Array(text.utf8), name: "round \(round)")
            if again != configuration { Issue.record("\(seed) round \(round): \(text)") }
        }
    }

    @Test("every key stands in the printed form")
    func complete() {
        var configuration = Configuration.default
        configuration.output = .elasticsearch(Configuration.Elasticsearch())
        let text = configuration.yaml + Configuration.default.yaml
        for documented in ConfigurationSchema.keys where documented.initial != "none" {
            let name = documented.key.split(separator: ".").last ?? ""
            #expect(text.contains("\(name):"), "\(documented.key)")
        }
    }

    @Test("sizes and durations are printed with the largest unit that is exact")
    func units() throws {
        let text = "memory: 9000000\nmax_line: 300000B\nbatch: {age: 60000ms, bytes: 1GiB}"
        #expect(throws: ConfigurationErrors.self) {
            try ConfigurationFile.decode(Array(text.utf8), name: "f")
        }
        let valid = "memory: 9000000\nmax_line: 1MB\nbatch: {age: 60000ms}\nshutdown: {quiet: 0s}"
        let printed = try ConfigurationFile.decode(Array(valid.utf8), name: "f").yaml
        for line in ["memory: 9000000\n", "max_line: 1000000\n", "  age: 1m\n", "  quiet: 0s\n"] {
            #expect(printed.contains(line))
        }
    }

    @Test("nothing that is read makes the decoder trap or hang")
    func arbitraryBytes() throws {
        var seed = RandomConfigurations()
        let sample = Array(try repositoryFile("Config/tailproof.yaml").utf8)
        let crumbs = Array("{}[]:,-?&*!|>'\"%@`#\n\t \\0~é\u{FEFF}\u{2028}".utf8)
        var valid = 0
        for _ in 0..<2000 {
            var bytes = seed.boolean() ? sample : []
            for _ in 0..<seed.below(12) {
                let place = seed.below(bytes.count + 1)
                switch seed.below(4) {
                case 0: bytes.insert(crumbs[seed.below(crumbs.count)], at: place)
                case 1: bytes.insert(UInt8(seed.below(256)), at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + seed.below(40)))
                default:
                    let run = [UInt8](
                        repeating: crumbs[seed.below(crumbs.count)], count: seed.below(200))
                    bytes.insert(contentsOf: run, at: place)
                }
            }
            do throws(ConfigurationErrors) {
                let configuration = try ConfigurationFile.decode(bytes, name: "f")
                let again = try ConfigurationFile.decode(Array(configuration.yaml.utf8), name: "f")
                #expect(again == configuration, "\(seed)")
                valid += 1
            } catch {
                #expect(!error.errors.isEmpty, "\(seed)")
            }
        }
        #expect(valid > 50, "\(seed)")
    }

    @Test("field values keep their types")
    func fieldTypes() throws {
        let text = """
            inputs:
              - fields:
                  service: {name: shop, version: 1.20.3}
                  labels.zip: "01234"
                  ports: [80, 8443, on]
                  ratio: -1.5e3
                  flag: true
                  octal: 0o17
                  quoted: "true"
            """
        let fields = try ConfigurationFile.decode(Array(text.utf8), name: "f").inputs[0].fields
        let expected: [(String, Configuration.FieldValue)] = [
            ("service.name", .text("shop")), ("service.version", .text("1.20.3")),
            ("labels.zip", .text("01234")),
            ("ports", .list([.number("80"), .number("8443"), .text("on")])),
            ("ratio", .number("-1.5e3")), ("flag", .boolean(true)), ("octal", .text("0o17")),
            ("quoted", .text("true")),
        ]
        #expect(fields == expected.map { Configuration.Field(name: $0.0, value: $0.1) })
    }

    @Test("an address is kept in one form")
    func addresses() throws {
        let text =
            "output: {elasticsearch: {hosts: ['HTTP://Es:9200/', 'http://[::1]:9200/a/b//']}}"
        let output = try ConfigurationFile.decode(Array(text.utf8), name: "f").output
        guard case .elasticsearch(let settings) = output else {
            Issue.record("no elasticsearch")
            return
        }
        #expect(settings.hosts == ["http://es:9200", "http://[::1]:9200/a/b"])
    }
}
