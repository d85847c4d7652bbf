// Every key of the configuration: its place, its values, and the rules between keys.
import AccessLog
import Platform

/// The table of keys. Names are public: they are added, never changed within a major version.
package enum ConfigurationSchema {
    /// Every key with its default and what it takes, in the order of the file.
    package static var keys: [DocumentedKey] { root.documented(under: "", Configuration()) }

    /// The full keys that end in a name, sections too.
    static func places(of name: String) -> [String] {
        var found: [String] = []
        for documented in keys {
            let parts = documented.key.split(separator: ".")
            for index in parts.indices.dropFirst()
            where parts[index] == name || parts[index] == name + "[]" {
                let place = parts[...index].joined(separator: ".")
                if !found.contains(place) { found.append(place) }
            }
        }
        return found
    }

    static var root: Schema<Configuration> {
        Schema(keys: [
            Key("state", \.state, .directory),
            Key(
                "inputs", \.inputs,
                .list(of: .mapping(input, from: Configuration.Input()), 1...64, named: "inputs")),
            Key("output", \.output, .mapping(output, from: .stdout(.pretty))),
            Key("batch", \.batch, .mapping(batch, from: Configuration.BatchLimits())),
            Key("memory", \.memory, .size(1 << 20...16 << 30)),
            Key("max_line", \.maxLine, .size(1 << 10...16 << 20)),
            Key("held", \.held, .mapping(held, from: Configuration.Held())),
            Key("gzip", \.gzip, .mapping(gzip, from: Configuration.Gzip())),
            Key("park", \.park, .mapping(park, from: Configuration.Park())),
            Key("shutdown", \.shutdown, .mapping(shutdown, from: Configuration.Shutdown())),
            Key("log", \.log, .mapping(log, from: Configuration.LogSettings())),
        ]) { _, configuration, findings in
            checkDocuments(configuration, &findings)
            checkMemory(configuration, &findings)
            checkPark(configuration, &findings)
        }
    }

    private static var input: Schema<Configuration.Input> {
        Schema(keys: [
            Key("paths", \.paths, .list(of: .pattern, 1...256, named: "patterns")),
            Key("exclude", \.exclude, .list(of: .exclusion, 0...256, named: "patterns")),
            Key("roots", \.roots, .list(of: .root, 0...64, named: "directories")),
            Key("format", \.format, .choice),
            Key("dataset", \.dataset, .dataset),
            Key("namespace", \.namespace, .namespace),
            Key("fields", \.fields, .fields),
            Key("start", \.start, .choice),
            Key(
                optional: "pipeline", \.pipeline, .pipeline,
                absent: "output.elasticsearch.pipeline"),
        ]) { key, input, findings in
            findings.inputs.append((key, input))
        }
    }

    private static var output: Schema<Configuration.Output> {
        let elasticsearch = ValueKind.mapping(elasticsearch, from: Configuration.Elasticsearch())
        let stdout = ValueKind.mapping(stdout, from: Configuration.Style.pretty)
        return Schema(keys: [
            Key(optional: "elasticsearch", \.elasticsearch, elasticsearch),
            Key(optional: "stdout", \.style, stdout),
        ]) { key, output, findings in
            let isPrinted = findings.places["\(key).stdout"] != nil
            if case .elasticsearch(var settings) = output, !isPrinted {
                settings.copy = nil
                output = .elasticsearch(settings)
            } else if findings.places["\(key).elasticsearch"] == nil, !isPrinted,
                !findings.hasError(at: key)
            {
                findings.add("expected elasticsearch or stdout", key)
            }
        }
    }

    private static var elasticsearch: Schema<Configuration.Elasticsearch> {
        Schema(keys: [
            Key(optional: "hosts", \.givenHosts, .list(of: .host, 1...32, named: "addresses")),
            Key(optional: "cloud_id", \.cloud, .cloudID),
            Key(optional: "auth", \.auth, .mapping(auth, from: Configuration.Auth())),
            Key("tls", \.tls, .mapping(tls, from: Configuration.TLS())),
            Key(optional: "data_stream", \.dataStream, .target(.dataStream)),
            Key(optional: "index", \.index, .target(.index)),
            Key("require_data_stream", \.requireDataStream, .boolean),
            Key("pipeline", \.pipeline, .pipeline),
            Key("compression", \.compression, .choice),
            Key("connections", \.connections, .count(1...16)),
            Key("timeout", \.timeout, .duration(.seconds(1)...(.seconds(600)))),
        ]) { key, elasticsearch, findings in
            if findings.places[key + ".data_stream"] != nil, findings.places[key + ".index"] != nil
            {
                findings.add("data_stream and index exclude each other", key + ".index")
            } else if elasticsearch.requireDataStream, findings.places[key + ".index"] != nil {
                findings.add(
                    "an index is no data stream; use data_stream, or leave this out",
                    key + ".require_data_stream")
            }
            if Set(elasticsearch.hosts).count < elasticsearch.hosts.count {
                findings.add("an address is given twice", key + ".hosts")
            }
            checkSignIn(key, &elasticsearch, &findings)
        }
    }

    private static var stdout: Schema<Configuration.Style> {
        Schema(keys: [Key("style", \.self, .choice)])
    }

    private static var batch: Schema<Configuration.BatchLimits> {
        Schema(keys: [
            Key("bytes", \.bytes, .size(64 << 10...64 << 20)),
            Key("lines", \.lines, .count(1...100_000)),
            Key("age", \.age, .duration(.milliseconds(10)...(.seconds(60)))),
        ])
    }

    private static var held: Schema<Configuration.Held> {
        Schema(keys: [Key("bytes", \.bytes, .size(0...1 << 50))])
    }

    private static var gzip: Schema<Configuration.Gzip> {
        Schema(keys: [Key("bytes", \.bytes, .size(0...1 << 50))])
    }

    private static var park: Schema<Configuration.Park> {
        Schema(keys: [Key("bytes", \.bytes, .size(1 << 20...1 << 30))])
    }

    private static var shutdown: Schema<Configuration.Shutdown> {
        Schema(keys: [
            Key("drain", \.drain, .choice),
            Key("quiet", \.quiet, .duration(.zero...(.seconds(600)))),
            Key("deadline", \.deadline, .duration(.seconds(1)...(.seconds(3600)))),
            Key("fragments", \.fragments, .choice),
        ]) { key, shutdown, findings in
            let isRead = ![".quiet", ".deadline"].contains { findings.hasError(at: key + $0) }
            guard isRead, shutdown.drain == .files, shutdown.quiet >= shutdown.deadline else {
                return
            }
            let given = [".quiet", ".deadline"].first { findings.places[key + $0] != nil }
            let times = "\(durationText(shutdown.quiet)) and \(durationText(shutdown.deadline))"
            findings.add(
                "quiet must be shorter than deadline, not \(times)", key + (given ?? ""),
                about: [key + ".quiet", key + ".deadline"]
            ) { "quiet must be shorter than deadline; one is what \(holding($0))" }
        }
    }

    private static var log: Schema<Configuration.LogSettings> {
        Schema(keys: [Key("level", \.level, .choice), Key("format", \.format, .choice)])
    }

    private static func checkMemory(_ configuration: Configuration, _ findings: inout Findings) {
        let needs = ["memory", "max_line", "batch.bytes", "batch.lines", "output"]
        guard !needs.contains(where: { findings.hasError(at: $0) }) else { return }
        guard let problem = configuration.memoryProblem else { return }
        let key = needs.first { findings.places[$0] != nil } ?? "memory"
        let least = sizeText(configuration.leastMemory)
        findings.add(
            problem, "memory", at: findings.places[key],
            about: needs.dropLast() + ["output.elasticsearch.connections"]
        ) { "too little with what \(holding($0)); the least is \(least)" }
    }

    private static func checkPark(_ configuration: Configuration, _ findings: inout Findings) {
        let needs = ["park.bytes", "max_line"]
        guard !needs.contains(where: { findings.hasError(at: $0) }) else { return }
        guard let problem = configuration.parkProblem else { return }
        let key = needs.first { findings.places[$0] != nil } ?? "park.bytes"
        findings.add(problem, "park.bytes", at: findings.places[key], about: needs) {
            "too little for a line, with what \(holding($0))"
        }
    }
}

extension Configuration.Output {
    fileprivate var elasticsearch: Configuration.Elasticsearch? {
        get { if case .elasticsearch(let settings) = self { settings } else { nil } }
        set {
            guard var newValue else { return }
            // Whether that was given, the rules of the output know.
            newValue.copy = style
            self = .elasticsearch(newValue)
        }
    }
    /// Beside Elasticsearch it is that of a copy.
    fileprivate var style: Configuration.Style? {
        get {
            switch self {
            case .stdout(let style): style
            case .elasticsearch(let settings): settings.copy
            }
        }
        set {
            guard let newValue else { return }
            if case .elasticsearch(var settings) = self {
                settings.copy = newValue
                self = .elasticsearch(settings)
            } else {
                self = .stdout(newValue)
            }
        }
    }
}

extension Configuration.Elasticsearch {
    /// nil: they were made of a cloud id.
    fileprivate var givenHosts: [String]? {
        get { cloudID == nil ? hosts : nil }
        set { if let newValue { hosts = newValue } }
    }
    fileprivate var cloud: CloudID? {
        get { cloudID }
        set {
            cloudID = newValue
            if let newValue { hosts = [newValue.host] }
        }
    }
    fileprivate var dataStream: String? {
        get { if case .dataStream(let name) = target { name } else { nil } }
        set { if let newValue { target = .dataStream(newValue) } }
    }
    fileprivate var index: String? {
        get { if case .index(let name) = target { name } else { nil } }
        set { if let newValue { target = .index(newValue) } }
    }
}
