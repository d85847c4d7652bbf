// The sample and the reference say what the code does: no key more, none less, the same defaults.
import Agent
import Foundation
import Testing

@Suite("Documents about configuration")
struct ConfigurationDocumentTests {
    @Test("the sample is valid, and every value in it is the default")
    func sample() throws {
        let text = try repositoryFile("Config/tailproof.yaml")
        var expected = Configuration.default
        expected.output = .elasticsearch(Configuration.Elasticsearch())
        #expect(try ConfigurationFile.decode(Array(text.utf8), name: "sample") == expected)
    }

    @Test("the sample shows every key")
    func everyKey() throws {
        let text = try repositoryFile("Config/tailproof.yaml")
        for documented in ConfigurationSchema.keys {
            let name = documented.key.split(separator: ".").last.map(String.init) ?? ""
            let pattern = "(?m)^[ #-]*" + name + ":( |$)"
            #expect(
                text.range(of: pattern, options: .regularExpression) != nil, "\(documented.key)")
        }
    }

    @Test("the alternatives in the sample's comments are valid when they are taken")
    func alternatives() throws {
        var text = try repositoryFile("Config/tailproof.yaml")
        text = text.replacingOccurrences(of: "    data_stream:", with: "    # data_stream:")
        text = text.replacingOccurrences(of: "    # index:", with: "    index:")
        let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "sample")
        var settings = Configuration.Elasticsearch()
        settings.target = .index("access-%{yyyy.MM.dd}")
        #expect(configuration.output == .elasticsearch(settings))
        let printed = "output:\n  stdout:\n    style: pretty\n"
        #expect(text.contains("  # stdout:\n  #   style: pretty\n"))
        #expect(
            try ConfigurationFile.decode(Array(printed.utf8), name: "sample").output
                == .stdout(.pretty))
    }

    @Test("the reference lists every key with the decoder's default and values, in its order")
    func reference() throws {
        let rows = try repositoryFile("docs/configuration.md").split(separator: "\n")
            .filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        let shown = rows.map { $0.prefix(3).joined(separator: " | ") }
        let expected = ConfigurationSchema.keys.map {
            "`\($0.key)` | `\($0.initial)` | \($0.expected)"
        }
        #expect(shown == expected)
        #expect(rows.allSatisfy { $0.count == 4 && $0[3].count > 10 })
    }

    @Test("the reference names the variables that stand for keys, and no other")
    func variables() throws {
        let text = try repositoryFile("docs/configuration.md")
        let named = text.matches(of: /TAILPROOF_[A-Z_]+/).map { String($0.output) }
        #expect(Set(named) == Set(ConfigurationVariables.keys.map(ConfigurationVariables.name)))
    }
}
