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
        /// The pattern of the data stream, the index or the pipeline.
        case pattern(TargetPattern.Kind, TargetRefusal)
        /// The pattern is legal, the name with this input's values is not.
        case value(TargetValueRefusal)
        case field(FieldRefusal)

        package var description: String {
            switch self {
            case .pattern(_, let refusal): refusal.description
            case .value(let refusal): refusal.description
            case .field(let refusal): refusal.description
            }
        }
    }

    private typealias Stream = (type: String, dataset: String, namespace: String)

    let scanner: LineScanner
    let target: TargetName
    /// What each action line names; nil: nothing, so the target's own default applies.
    let pipeline: String?
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

    /// - Parameters:
    ///   - target: the pattern of the name of the target.
    ///   - pipeline: of the output; the input's own goes before it.
    package init(
        _ input: Configuration.Input, target: Configuration.Target,
        pipeline: Configuration.Pipeline = .ofTarget, origin: Origin
    ) throws(Refusal) {
        scanner = LineScanner(format: input.format)
        let values = input.targetValues
        self.target = try DocumentTemplate.name(target.text, target.kind, values)
        switch input.pipeline ?? pipeline {
        case .ofTarget: self.pipeline = nil
        case .named(let text):
            self.pipeline = try DocumentTemplate.name(text, .pipeline, values).text(at: 0)
        }
        let stream = self.target.streamParts
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

    private static func name(
        _ text: String, _ kind: TargetPattern.Kind, _ values: TargetValues
    ) throws(Refusal) -> TargetName {
        let pattern: TargetPattern
        do throws(TargetRefusal) { pattern = try TargetPattern(text, kind: kind) } catch {
            throw .pattern(kind, error)
        }
        do throws(TargetValueRefusal) { return try pattern.name(with: values) } catch {
            throw .value(error)
        }
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
