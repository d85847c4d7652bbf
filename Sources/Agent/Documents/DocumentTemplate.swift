// The constant text of all documents of one input.
import AccessLog
import Bytes
import Elastic

/// What the documents of an input have in common: everything but what the line says, the file's
/// path and the offset. Made once when the configuration is read; every file's frame shares it.
package struct DocumentTemplate: Sendable {
    /// Which shape a document has.
    enum Variant: Int, CaseIterable { case success, failure, unparsed }

    /// The text of a variant between the line's members and the end, around the two slots.
    struct Pieces: Sendable {
        var beforePath = 0..<0
        var beforeOffset = 0..<0
        var afterOffset = 0..<0
    }

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
            case .dataset(let refusal): "with this dataset " + refusal.description
            case .field(let refusal): refusal.description
            }
        }
    }

    let scanner: LineScanner
    let pattern: TargetPattern
    let dataset: String
    let text: [UInt8]
    let success: Pieces
    let failure: Pieces
    let unparsed: Pieces
    /// False when `log.file.path` is configured.
    let hasPath: Bool

    package init(
        _ input: Configuration.Input, target: Configuration.Target, origin: Origin
    ) throws(Refusal) {
        scanner = LineScanner(format: input.format)
        dataset = input.dataset
        pattern = try DocumentTemplate.pattern(target, dataset: input.dataset)
        var stream: (type: String, dataset: String, namespace: String)?
        if pattern.kind == .dataStream {
            stream = TargetPattern.parts(
                ofDataStream: pattern.name(dataset: input.dataset, time: 0))
        }
        var text: [UInt8] = []
        var pieces: [Pieces] = []
        for variant in Variant.allCases {
            var members = DocumentTemplate.members(variant, stream, origin)
            try DocumentTemplate.merge(input.fields, into: &members, hasStream: stream != nil)
            pieces.append(DocumentTemplate.write(members, to: &text))
        }
        self.text = text
        (success, failure, unparsed) = (pieces[0], pieces[1], pieces[2])
        hasPath = !pieces[0].beforePath.isEmpty
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

    /// Our own members, in the order of the document.
    private static func members(
        _ variant: Variant, _ stream: (type: String, dataset: String, namespace: String)?,
        _ origin: Origin
    ) -> [(name: String, value: Member)] {
        let isParsed = variant != .unparsed
        var event: [(name: String, value: Member)] = [
            ("kind", .text(isParsed ? "event" : "pipeline_error")),
            ("category", .value(Member.json(of: .list([.text("web")])))),
        ]
        if isParsed { event.append(("type", .value(Member.json(of: .list([.text("access")]))))) }
        if let stream { event.append(("dataset", .text(stream.dataset))) }
        if isParsed {
            event.append(("outcome", .text(variant == .success ? "success" : "failure")))
        }

        var members: [(name: String, value: Member)] = [("event", .object(event))]
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
        _ fields: [Configuration.Field], into members: inout [(name: String, value: Member)],
        hasStream: Bool
    ) throws(Refusal) {
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            func refusal(_ reason: FieldRefusal.Reason) -> Refusal {
                .field(FieldRefusal(index: index, name: field.name, reason: reason))
            }
            let parts = field.name.split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            if let reason = FieldRefusal.reason(against: parts) { throw refusal(reason) }
            if hasStream, parts == ["event", "dataset"] { throw refusal(.ofTheStream) }
            if !seen.insert(field.name).inserted { throw refusal(.twice) }
            do throws(Member.Clash) {
                try Member.put(.value(Member.json(of: field.value)), at: parts[...], in: &members)
            } catch {
                throw refusal(error == .objectThere ? .isObject : .isValue)
            }
        }
    }

    /// Appends the text of a variant and says where the slots divide it.
    private static func write(
        _ members: [(name: String, value: Member)], to text: inout [UInt8]
    ) -> Pieces {
        let start = text.count
        var pieces = Pieces()
        text.append(UInt8(ascii: ","))
        var path = start
        var offset = start
        Member.write(members, to: &text) { slot, place in
            switch slot {
            case .path: path = place
            case .offset: offset = place
            }
        }
        text += Array("}\n".utf8)
        pieces.beforePath = start..<path
        pieces.beforeOffset = path..<offset
        pieces.afterOffset = offset..<text.count
        return pieces
    }
}
