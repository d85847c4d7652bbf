// What setup installs for a configuration on a server that offers this or that.
import Elastic

/// What the user chose.
package struct SetupChoices {
    /// Of the lifecycle policy, the role, the pipeline and the key.
    package var name = "tailproof"
    package var pipeline = false
    /// Days after the rollover that data is kept; nil: for ever.
    package var keep: UInt64?

    package init() {}
}

/// The parts, in the order in which they depend on each other, and what is missing.
struct SetupPlan {
    private(set) var parts: [SetupPart] = []
    /// What the server lacks: the part and why it is left out.
    private(set) var lacking: [(part: String, reason: String)] = []
    private let destinations: [Destination]
    private let choices: SetupChoices
    private let offer: ServerOffer

    init(_ destinations: [Destination], _ choices: SetupChoices, _ offer: ServerOffer) {
        self.destinations = destinations
        self.choices = choices
        self.offer = offer
        let hasStreams = destinations.contains(where: \.isStream)
        if hasStreams {
            if offer.hasLifecycle {
                add(.lifecycle, choices.name, offer.lifecyclePath, lifecycle)
            } else {
                let path = offer.lifecyclePath.dropLast()
                lacking.append((part: "lifecycle policy", reason: "no \(path) on this server"))
            }
        }
        if choices.pipeline { addPipelines() }
        var patterns: [String] = []
        for destination in destinations where !patterns.contains(destination.pattern) {
            patterns.append(destination.pattern)
            add(
                .template, destination.templateName, "/_index_template/",
                template(for: destination))
        }
        add(.role, choices.name, offer.rolePath, role)
    }

    private mutating func add(
        _ kind: SetupPart.Kind, _ name: String, _ path: String, _ body: JSONValue
    ) {
        parts.append(
            SetupPart(
                kind: kind, name: name, path: path + APIRequest.encoded(name), body: body,
                isOpenSearch: offer.isOpenSearch))
    }

    private var patterns: [String] { destinations.map(\.pattern).once }

    // MARK: - Lifecycle

    /// New backing indices at 50 GB of a shard or after 30 days. Written with what servers add, so
    /// that it compares as equal.
    private var lifecycle: JSONValue {
        offer.isOpenSearch ? stateManagement : indexLifecycle
    }

    private var indexLifecycle: JSONValue {
        var phases: JSONValue = [
            "hot": [
                "min_age": "0ms",
                "actions": ["rollover": ["max_age": "30d", "max_primary_shard_size": "50gb"]],
            ]
        ]
        if let days = choices.keep {
            phases = phases.with(
                "delete",
                [
                    "min_age": .text("\(days)d"),
                    "actions": ["delete": ["delete_searchable_snapshot": true]],
                ])
        }
        return ["policy": ["phases": phases, "_meta": SetupPlan.meta]]
    }

    private var stateManagement: JSONValue {
        let rollover: JSONValue = [
            "rollover": [
                "min_index_age": "30d", "min_primary_shard_size": "50gb", "copy_alias": false,
            ]
        ]
        var transitions: [JSONValue] = []
        var states: [JSONValue] = []
        if let days = choices.keep {
            transitions = [
                [
                    "state_name": "delete",
                    "conditions": ["min_rollover_age": .text("\(days)d")],
                ]
            ]
            states = [["name": "delete", "actions": [["delete": [:]]], "transitions": []]]
        }
        states.insert(
            ["name": "hot", "actions": [rollover], "transitions": .list(transitions)], at: 0)
        return [
            "policy": [
                "description": "Made by tailproof setup", "default_state": "hot",
                "states": .list(states),
                "ism_template": [
                    [
                        "index_patterns": JSONValue(
                            texts: destinations.filter(\.isStream).map(\.pattern).once),
                        "priority": 200,
                    ]
                ],
            ]
        ]
    }

    static let meta: JSONValue = [
        "managed_by": "tailproof", "description": "Made by tailproof setup",
    ]

    // MARK: - Template

    private func template(for destination: Destination) -> JSONValue {
        var components: [String] = []
        if destination.name.streamParts?.type == "logs" {
            components = ["logs@mappings", "logs@settings"].filter(offer.components.contains)
        }
        let hasFields = offer.components.contains("ecs@mappings")
        if hasFields { components.append("ecs@mappings") }
        let custom = "tailproof@custom"
        if offer.takesMissingComponents || offer.components.contains(custom) {
            components.append(custom)
        }
        var index: [(name: String, value: JSONValue)] = []
        if destination.isStream, offer.hasLifecycle, !offer.isOpenSearch {
            index.append((name: "lifecycle", value: ["name": .text(choices.name)]))
        }
        if choices.pipeline, destination.pipelines.isEmpty, !processors.isEmpty {
            index.append((name: "default_pipeline", value: .text(choices.name)))
        }
        var content: JSONValue = ["mappings": SetupMappings.mappings(selfContained: !hasFields)]
        if !index.isEmpty { content = content.with("settings", ["index": .object(index)]) }
        var body: JSONValue = [
            "index_patterns": [.text(destination.pattern)], "priority": 200,
        ]
        if destination.isStream { body = body.with("data_stream", [:]) }
        body = body.with("composed_of", JSONValue(texts: components))
        if offer.takesMissingComponents {
            body = body.with("ignore_missing_component_templates", [.text(custom)])
        }
        return body.with("template", content).with("_meta", SetupPlan.meta)
    }

    // MARK: - Role

    /// What the agent needs, and nothing else.
    var role: JSONValue {
        if offer.isOpenSearch {
            // There is no privilege that lets create and not overwrite.
            return [
                "cluster_permissions": ["indices:data/write/bulk"],
                "index_permissions": [
                    [
                        "index_patterns": JSONValue(texts: patterns),
                        "allowed_actions": [
                            "indices:data/write/index", "indices:data/write/bulk*",
                            "indices:admin/auto_create", "indices:admin/create",
                            "indices:admin/mapping/put", "indices:admin/mapping/auto_put",
                        ],
                    ]
                ],
            ]
        }
        return [
            "cluster": [],
            "indices": [
                [
                    "names": JSONValue(texts: patterns),
                    "privileges": ["create_doc", "auto_configure"],
                ]
            ],
        ]
    }

    // MARK: - Pipeline

    private static let processors: [(type: String, settings: JSONValue)] = [
        (
            "user_agent",
            ["field": "user_agent.original", "ignore_missing": true, "ignore_failure": true]
        ),
        (
            "geoip",
            [
                "field": "source.ip", "target_field": "source.geo", "ignore_missing": true,
                "ignore_failure": true,
            ]
        ),
        (
            "set",
            [
                "field": "event.ingested", "value": "{{{_ingest.timestamp}}}",
                "ignore_failure": true,
            ]
        ),
    ].map { (type: $0.0, settings: $0.1) }

    private var processors: [JSONValue] {
        SetupPlan.processors.filter { offer.processors?.contains($0.type) ?? true }
            .map { .object([(name: $0.type, value: $0.settings)]) }
    }

    /// One under each name that the configuration gives, else one that the templates name.
    private mutating func addPipelines() {
        for (type, _) in SetupPlan.processors where offer.processors?.contains(type) == false {
            lacking.append((part: "processor \(type)", reason: "not on this server"))
        }
        if processors.isEmpty {
            lacking.append((part: "ingest pipeline", reason: "without processors it does nothing"))
            return
        }
        let isDefault = destinations.contains(where: \.pipelines.isEmpty)
        let named = destinations.flatMap(\.pipelines).filter { $0 != "_none" }.once
        for name in (isDefault ? [choices.name] : []) + named {
            add(
                .pipeline, name, "/_ingest/pipeline/",
                [
                    "description": "Made by tailproof setup: user agent, place, time of arrival",
                    "processors": .list(processors),
                ])
        }
    }
}

extension [String] {
    /// Each once, where it stands first.
    fileprivate var once: [String] {
        var found: [String] = []
        for text in self where !found.contains(text) { found.append(text) }
        return found
    }
}
