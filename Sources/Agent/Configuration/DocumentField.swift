// The members of our own documents, as far as `fields` could get in their way.

/// What may be overridden by `fields`, and with which type.
enum DocumentField {
    private enum Rule { case text, number, own(String) }

    private static let own: KeyValuePairs<String, Rule> = [
        "@timestamp": .own("the event's own time"),
        "data_stream": .own("they follow from output.elasticsearch.data_stream"),
        "event.dataset": .own("it is set by dataset"),
        "log.offset": .own("it is a part of the event's identity"),
        "log.file.path": .own("it is a part of the event's identity"),
        "http.response.status_code": .number, "http.response.body.bytes": .number,
        "ecs.version": .text, "event.kind": .text, "event.category": .text, "event.type": .text,
        "event.outcome": .text, "source.address": .text, "source.ip": .text, "user.name": .text,
        "http.version": .text, "http.request.method": .text, "http.request.referrer": .text,
        "url.original": .text, "url.path": .text, "url.query": .text,
        "user_agent.original": .text, "host.name": .text, "agent.type": .text,
        "agent.version": .text, "agent.id": .text, "message": .text, "error.message": .text,
        "tags": .text,
    ]

    /// Why a field cannot be set to a value; nil: it can.
    static func problem(of name: String, _ value: Configuration.FieldValue) -> String? {
        for (member, rule) in own {
            if member.hasPrefix(name + ".") {
                return "type clash: our documents have an object there (\(member))"
            }
            if case .own(let reason) = rule, name == member || name.hasPrefix(member + ".") {
                return "cannot be set; " + reason
            }
            if name.hasPrefix(member + ".") {
                return "type clash: our documents have a value at \(member)"
            }
            if name == member, let expected = clash(rule, value) {
                return "type clash: our documents have \(expected) there"
            }
        }
        return nil
    }

    /// The type our documents have, when the value is of another.
    private static func clash(_ rule: Rule, _ value: Configuration.FieldValue) -> String? {
        switch (rule, value) {
        case (.number, .number), (.text, .text): nil
        case (.number, .list(let values)), (.text, .list(let values)):
            values.lazy.compactMap { clash(rule, $0) }.first
        case (.number, _): "a number"
        default: "text"
        }
    }
}
