// The agent's configuration as a test wants it, written as YAML.

/// The public keys that the tests set. Small limits, so that little data makes many batches.
struct AgentSettings: Sendable {
    enum Target: Sendable, Equatable {
        case dataStream(String)
        case index(String)
    }

    var state: String
    /// Glob patterns of the logs.
    var paths: [String]
    var hosts: [String]
    /// Where links may lead, besides.
    var roots: [String] = []
    /// Further inputs: a pattern and a dataset each.
    var others: [(path: String, dataset: String)] = []
    var format = "auto"
    var dataset = "tomcat.access"
    var start = "beginning"
    var namespace = "default"
    var fields = "{}"
    var target = Target.dataStream("logs-%{dataset}-default")
    var requireDataStream = false
    var pipeline = "none"
    var compression = "gzip"
    var connections = 2
    var timeout = "90s"
    var batchBytes = "128KiB"
    var batchLines = 500
    var batchAge = "100ms"
    var memory = "4MiB"
    var held = "0"
    var gzip = "16GiB"
    var park = "64MiB"
    var drain = "files"
    var quiet = "100ms"
    var deadline = "20s"
    var fragments = "keep"
    /// Further keys of the output, such as `auth: {...}`.
    var signIn: [String] = []
    /// The style of a copy on standard output.
    var copy: String?
    var logLevel = "info"

    var yaml: String {
        let output =
            switch target {
            case .dataStream(let name): "data_stream: \"\(name)\""
            case .index(let name): "index: \"\(name)\""
            }
        let others = others.map {
            "\n  - {paths: [\"\($0.path)\"], dataset: \($0.dataset)}"
        }.joined()
        let signIn = signIn.map { "\n    " + $0 }.joined()
        let copy = copy.map { "\n  stdout: {style: \($0)}" } ?? ""
        return """
            state: \(state)
            inputs:
              - paths: [\(list(paths))]
                roots: [\(list(roots))]
                format: \(format)
                dataset: \(dataset)
                namespace: \(namespace)
                start: \(start)
                fields: \(fields)\(others)
            output:
              elasticsearch:
                hosts: [\(list(hosts))]
                \(output)
                require_data_stream: \(requireDataStream)
                pipeline: "\(pipeline)"
                compression: \(compression)
                connections: \(connections)
                timeout: \(timeout)\(signIn)\(copy)
            batch: {bytes: \(batchBytes), lines: \(batchLines), age: \(batchAge)}
            memory: \(memory)
            max_line: 64KiB
            held: {bytes: \(held)}
            gzip: {bytes: \(gzip)}
            park: {bytes: \(park)}
            shutdown:
              {drain: \(drain), quiet: \(quiet), deadline: \(deadline), fragments: \(fragments)}
            log: {level: \(logLevel), format: json}

            """
    }

    private func list(_ texts: [String]) -> String {
        texts.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
