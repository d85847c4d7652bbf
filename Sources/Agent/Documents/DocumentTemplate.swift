// The constant text of all documents of one input.
import AccessLog
import Bytes
import Elastic

/// What the documents of an input have in common: everything but what the line says, the file's
/// path and the offset. Made once when the configuration is read; every file's frame shares it.
package struct DocumentTemplate: Sendable {
    /// Which shape a document has; only its `event` differs.
    enum Variant: CaseIterable { case success, failure, unparsed }

    /// The agent's own part of the documents.
    package struct Origin: Sendable, Equatable {
        /// `host.name`.
        package var host: String
        /// `agent.version`.
        package var version: String
        /// `agent.id`.
        package var id: String

        package init(host: String, version: String, id: String) {
            self.host = host
            self.version = version
            self.id = id
        }
    }

    /// Why the documents cannot be as configured.
    package enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// The pattern of the data stream or index.
        case target(TargetRefusal)
        /// The pattern is legal, the name with this input's dataset is not.
        case dataset(TargetRefusal)
        case field(FieldRefusal)

        package var description: String {
            switch self {
            case .target(let refusal): refusal.description
            case .dataset(let refusal): "the target's name with this dataset: \(refusal)"
            case .field(let refusal): refusal.description
            }
        }
    }

    private typealias Stream = (type: String, dataset: String, namespace: String)

    let scanner: LineScanner
    let pattern: TargetPattern
    let dataset: String
    /// `,"event":{…}` of each variant.
    let success: [UInt8]
    let failure: [UInt8]
    let unparsed: [UInt8]
    /// What follows, up to the path of the file; all up to the offset when a path is configured.
    let beforePath: [UInt8]
    /// From behind the path up to the offset; nil when a path is configured.
    let beforeOffset: [UInt8]?
    /// The rest, with the newline.
    let afterOffset: [UInt8]

    package init(
        _ input: Configuration.Input, target: Configuration.Target, origin: Origin
    ) throws(Refusal) {
        scanner = LineScanner(format: input.format)
        dataset = input.dataset
        pattern = try DocumentTemplate.pattern(target, dataset: input.dataset)
        var stream: Stream?
        if pattern.kind == .dataStream {
            stream = TargetPattern.parts(
                ofDataStream: pattern.name(dataset: input.dataset, time: 0))
        }
        var events: [[UInt8]] = []
        var constant: [Member.Named] = []
        for variant in Variant.allCases {
            var members = DocumentTemplate.members(variant, stream, origin)
            try DocumentTemplate.merge(input.fields, into: &members, hasStream: stream != nil)
            events.append(Member.json(of: members[..<1]).text)
            constant = Array(members[1...])
        }
        (success, failure, unparsed) = (events[0], events[1], events[2])
        let (text, slots) = Member.json(of: constant[...])
        let offset = slots[.offset] ?? text.count
        let path = slots[.path]
        beforePath = Array(text[..<(path ?? offset)])
        beforeOffset = path.map { Array(text[$0..<offset]) }
        afterOffset = text[offset...] + Array("}\n".utf8)
    }

    private static func pattern(
        _ target: Configuration.Target, dataset: String
    ) throws(Refusal) -> TargetPattern {
        let pattern: TargetPattern
        do throws(TargetRefusal) {
            switch target {
            case .dataStream(let text): pattern = try TargetPattern(text, kind: .dataStream)
            case .index(let text): pattern = try TargetPattern(text, kind: .index)
            }
        } catch { throw .target(error) }
        do throws(TargetRefusal) { try pattern.check(dataset: dataset) } catch {
            throw .dataset(error)
        }
        return pattern
    }

    /// Our own members, in the order of the document; `event` is the first.
    private static func members(
        _ variant: Variant, _ stream: Stream?, _ origin: Origin
    ) -> [Member.Named] {
        let isParsed = variant != .unparsed
        var event: [Member.Named] = [
            ("kind", .text(isParsed ? "event" : "pipeline_error")),
            ("category", .value(Member.json(of: .list([.text("web")])))),
        ]
        if isParsed { event.append(("type", .value(Member.json(of: .list([.text("access")]))))) }
        if let stream { event.append(("dataset", .text(stream.dataset))) }
        if isParsed {
            event.append(("outcome", .text(variant == .success ? "success" : "failure")))
        }

        var members: [Member.Named] = [("event", .object(event))]
        if let stream {
            members.append(
                (
                    "data_stream",
                    .object([
                        ("type", .text(stream.type)), ("dataset", .text(stream.dataset)),
                        ("namespace", .text(stream.namespace)),
                    ])
                ))
        }
        members += [
            ("ecs", .object([("version", .text("8.17.0"))])),
            (
                "log",
                .object([
                    ("file", .object([("path", .slot(.path))])), ("offset", .slot(.offset)),
                ])
            ),
            ("host", .object([("name", .text(origin.host))])),
            (
                "agent",
                .object([
                    ("type", .text("tailproof")), ("version", .text(origin.version)),
                    ("id", .text(origin.id)),
                ])
            ),
        ]
        return members
    }

    private static func merge(
        _ fields: [Configuration.Field], into members: inout [Member.Named],
        hasStream: Bool
    ) throws(Refusal) {
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            func refusal(_ reason: FieldRefusal.Reason) -> Refusal {
                .field(FieldRefusal(index: index, name: field.name, reason: reason))
            }
            let parts = field.name.split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            if let reason = FieldRefusal.reason(against: field.name, parts: parts) {
                throw refusal(reason)
            }
            if hasStream, parts == ["event", "dataset"] { throw refusal(.ofTheStream) }
            if !seen.insert(field.name).inserted { throw refusal(.twice) }
            var isOurs = false
            do throws(Member.Clash) {
                isOurs = try Member.put(
                    .value(Member.json(of: field.value)), at: parts[...], in: &members)
            } catch {
                throw refusal(error == .objectThere ? .isObject : .isValue)
            }
            // All of ours that can be met here is text, or a list of it.
            if isOurs, !field.value.isText { throw refusal(.isText) }
        }
    }
}

extension Configuration.FieldValue {
    /// Whether it is text or a list of nothing else.
    fileprivate var isText: Bool {
        switch self {
        case .text: true
        case .number, .boolean: false
        case .list(let values): values.allSatisfy(\.isText)
        }
    }
}
