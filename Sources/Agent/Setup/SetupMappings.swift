// How the fields of docs/documents.md are mapped.

/// The mappings of a template.
enum SetupMappings {
    private static let keyword: JSONValue = ["type": "keyword", "ignore_above": 1024]
    /// Up to the longest term that Lucene takes, whatever its characters are.
    private static let long: JSONValue = ["type": "keyword", "ignore_above": 8191]
    private static let date: JSONValue = ["type": "date"]
    /// What a pipeline writes must not keep a document out.
    private static let ingested: JSONValue = ["type": "date", "ignore_malformed": true]
    private static let number: JSONValue = ["type": "long"]
    private static let text: JSONValue = ["type": "text"]

    private static func fields(_ members: JSONValue) -> JSONValue { ["properties": members] }

    /// Fields that are no keywords, and those that nobody but tailproof writes: in every template.
    private static let own: [(name: String, value: JSONValue)] = [
        ("@timestamp", date),
        ("event", fields(["ingested": ingested])),
        ("source", fields(["ip": ["type": "ip"]])),
        (
            "http",
            fields([
                "response": fields(["status_code": number, "body": fields(["bytes": number])])
            ])
        ),
        ("log", fields(["offset": number, "flags": keyword])),
        ("tailproof", fields(["line": fields(["bytes": number, "xxh3": keyword])])),
    ].map { (name: $0.0, value: $0.1) }

    /// Every field of the documents, and those that the pipeline adds.
    private static let all: [(name: String, value: JSONValue)] = [
        ("@timestamp", date),
        ("message", text),
        ("tags", keyword),
        ("agent", fields(["id": keyword, "type": keyword, "version": keyword])),
        ("data_stream", fields(["type": keyword, "dataset": keyword, "namespace": keyword])),
        ("ecs", fields(["version": keyword])),
        ("error", fields(["message": text])),
        (
            "event",
            fields([
                "kind": keyword, "category": keyword, "type": keyword, "dataset": keyword,
                "outcome": keyword, "ingested": ingested,
            ])
        ),
        ("host", fields(["name": keyword])),
        (
            "http",
            fields([
                "version": keyword,
                "request": fields(["method": keyword, "referrer": long]),
                "response": fields(["status_code": number, "body": fields(["bytes": number])]),
            ])
        ),
        (
            "log",
            fields([
                "file": fields(["path": keyword]), "offset": number, "flags": keyword,
            ])
        ),
        (
            "source",
            fields([
                "address": keyword, "ip": ["type": "ip"],
                "geo": fields(["location": ["type": "geo_point"]]),
            ])
        ),
        ("tailproof", fields(["line": fields(["bytes": number, "xxh3": keyword])])),
        ("url", fields(["original": long, "path": long, "query": long])),
        ("user", fields(["name": keyword])),
        ("user_agent", fields(["original": long])),
    ].map { (name: $0.0, value: $0.1) }

    /// What of a document has no field here becomes one keyword, not a text and a keyword.
    private static let texts: JSONValue = [
        "strings": ["match_mapping_type": "string", "mapping": keyword]
    ]

    /// The mappings beside `ecs@mappings`, or those that need nothing else.
    static func mappings(selfContained: Bool) -> JSONValue {
        if !selfContained { return ["properties": .object(own)] }
        return ["dynamic_templates": [texts], "properties": .object(all)]
    }
}
