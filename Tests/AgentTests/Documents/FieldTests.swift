// Configured fields: merged into our own members, or refused by name.
import Agent
import Foundation
import Testing

private func source(
    _ fields: [Configuration.Field], target: Configuration.Target = .index("a")
) throws -> String {
    var bench = try DocumentBench({ $0.fields = fields }, target: target)
    return bench.lines(sampleLine).source
}

private func field(_ name: String, _ value: Configuration.FieldValue = .text("x"))
    -> Configuration.Field
{ .init(name: name, value: value) }

private func refusal(
    _ fields: [Configuration.Field], target: Configuration.Target = .index("a")
) -> DocumentTemplate.Refusal? {
    do throws(DocumentTemplate.Refusal) {
        var input = Configuration.Input()
        input.fields = fields
        _ = try DocumentTemplate(input, target: target, origin: DocumentBench.origin)
        return nil
    } catch { return error }
}

@Suite("Configured fields")
struct FieldTests {
    @Test func `nest by their dots, beside ours and each other`() throws {
        let source = try source([
            field("service.name", .text("shop \"1\"")), field("service.version", .number("1.5")),
            field("labels", .list([.text("a"), .boolean(true), .list([])])),
            field("host.os.name"), field("log.level"),
        ])
        #expect(source.contains(#""service":{"name":"shop \"1\"","version":1.5}"#))
        #expect(source.contains(#""labels":["a",true,[]]"#))
        #expect(source.contains(#""host":{"name":"node-1","os":{"name":"x"}}"#))
        #expect(
            source.contains(#""log":{"file":{"path":"/logs/access.log"},"offset":0,"level":"x"}"#))
    }

    @Test func `override ours`() throws {
        let source = try source([
            field("host.name"), field("event.outcome", .text("unknown")),
            field("log.file.path", .text("/elsewhere")),
            field("agent.id", .list([.text("7"), .text("8")])),
        ])
        #expect(source.contains(#""host":{"name":"x"}"#))
        #expect(source.contains(#""outcome":"unknown""#))
        #expect(source.contains(#""log":{"file":{"path":"/elsewhere"},"offset":0}"#))
        #expect(source.contains(#""version":"1.0.0","id":["7","8"]}"#))
        #expect((try? JSONSerialization.jsonObject(with: Data(source.utf8))) != nil)
    }

    @Test(
        arguments: [
            ("", .emptyName), ("a..b", .emptyName), (".a", .emptyName), ("a.", .emptyName),
            ("@timestamp", .ofTheLine), ("source.ip", .ofTheLine), ("user", .ofTheLine),
            ("url.original", .ofTheLine), ("http.x.y", .ofTheLine), ("user_agent.name", .ofTheLine),
            ("message", .ofTheLine), ("error.code", .ofTheLine), ("tags", .ofTheLine),
            ("tailproof.x", .ofTheLine), ("log.offset", .ofTheLine), ("log.flags", .ofTheLine),
            ("log.offset.x", .ofTheLine), ("data_stream.type", .ofTheStream), ("_id", .reserved),
            ("host", .isObject), ("log.file", .isObject), ("host.name.first", .isValue),
            ("ecs.version.major", .isValue), ("event.category.x", .isValue),
            ("log.file.path.x", .isValue), (" ", .emptyName), ("a\u{7F}", .unprintable),
            (String(repeating: "a", count: 256), .longName),
        ] as [(String, FieldRefusal.Reason)])
    func `are refused by name`(name: String, reason: FieldRefusal.Reason) throws {
        guard case .field(let refused) = refusal([field("ok"), field(name)]) else {
            Issue.record("\(name) was taken")
            return
        }
        #expect(refused.reason == reason)
        #expect(refused.index == 1)
        #expect(refused.name == name)
        #expect(refused.description.hasSuffix(": \(reason)"))
    }

    @Test(
        arguments: [.number("1"), .boolean(true), .list([.text("a"), .list([.number("1")])])]
            as [Configuration.FieldValue])
    func `are refused when ours is text and they are not`(value: Configuration.FieldValue) {
        for name in ["host.name", "agent.id", "event.category", "event.type", "log.file.path"] {
            #expect(
                refusal([field(name, value)])
                    == .field(FieldRefusal(index: 0, name: name, reason: .isText)))
        }
        #expect(refusal([field("host.id", value)]) == nil)
    }

    @Test func `are refused when they contradict each other or the stream`() throws {
        guard case .field(let twice) = refusal([field("a.b"), field("a.b")]),
            case .field(let object) = refusal([field("a.b"), field("a")]),
            case .field(let value) = refusal([field("a"), field("a.b")]),
            case .field(let dataset) = refusal(
                [field("event.dataset")], target: .dataStream("logs-a-b"))
        else {
            Issue.record("taken")
            return
        }
        #expect(twice.reason == .twice)
        #expect(object.reason == .isObject)
        #expect(value.reason == .isValue)
        #expect(dataset.reason == .ofTheStream)
        #expect(refusal([field("event.dataset")], target: .dataStream("logs")) == nil)
    }
}
