// Whether the documents can be as configured, by the word of the code that writes them.
import Bytes
import Elastic

extension ConfigurationSchema {
    /// Adds what `DocumentTemplate` refuses, input by input, field by field.
    static func checkDocuments(_ configuration: Configuration, _ findings: inout Findings) {
        let inputs = findings.inputs.isEmpty ? [("", Configuration.Input())] : findings.inputs
        // While the output is wrong, fields are held to what is true for any target.
        let isWrong = findings.hasError(at: "output")
        for (key, input) in inputs {
            var check = DocumentCheck(
                key: key, input: input, inputs: inputs.map(\.1),
                target: isWrong ? .index("any") : configuration.target,
                pipeline: isWrong ? .ofTarget : configuration.pipeline,
                isIncomplete: findings.hasError(at: key + ".fields"))
            if !isWrong { check.checkNamespace(&findings) }
            check.run(&findings)
        }
    }
}

/// One input's documents. What is refused is reported, then left out, until nothing is refused any
/// more.
private struct DocumentCheck {
    let key: String
    var input: Configuration.Input
    let inputs: [Configuration.Input]
    var target: Configuration.Target
    var pipeline: Configuration.Pipeline
    /// Some fields are left out: what is absent may be one that was given wrongly.
    var isIncomplete: Bool

    mutating func run(_ findings: inout Findings) {
        while let refusal {
            switch refusal {
            case .field(let refusal):
                let field = "\(key).fields.\(refusal.name)"
                let isOfValue = refusal.reason == .isText
                findings.add(
                    refusal.reason.description, keyPath(key + ".fields", refusal.name),
                    at: isOfValue ? findings.values[field] : findings.places[field])
                input.fields.remove(at: refusal.index)
                isIncomplete = true
            case .pattern(let kind, let refusal):
                blamePattern(kind, refusal.description, &findings)
                leaveOut(kind)
            case .value(let refusal):
                report(refusal, &findings)
                leaveOut(refusal.kind)
            }
        }
    }

    private var refusal: DocumentTemplate.Refusal? {
        do throws(DocumentTemplate.Refusal) {
            _ = try DocumentTemplate(
                input, target: target, pipeline: pipeline,
                origin: .init(host: "", version: "", id: ""))
            return nil
        } catch {
            return error
        }
    }

    /// Puts in the place of a name one that is never refused.
    private mutating func leaveOut(_ kind: TargetPattern.Kind) {
        switch kind {
        case .dataStream: target = .dataStream("logs-any-default")
        case .index: target = .index("any")
        case .pipeline: input.pipeline = .ofTarget
        }
    }

    /// The key in which the pattern of a name is given.
    private func patternKey(_ kind: TargetPattern.Kind) -> String {
        switch kind {
        case .dataStream: "output.elasticsearch.data_stream"
        case .index: "output.elasticsearch.index"
        case .pipeline: input.pipeline == nil ? "output.elasticsearch.pipeline" : key + ".pipeline"
        }
    }

    /// A namespace that stands in no name would do nothing.
    func checkNamespace(_ findings: inout Findings) {
        guard input.namespace != Configuration.Input.defaultNamespace else { return }
        var patterns = [try? TargetPattern(target.text, kind: target.kind)]
        if case .named(let name) = input.pipeline ?? pipeline {
            patterns.append(try? TargetPattern(name, kind: .pipeline))
        }
        if patterns.contains(where: { $0?.names(.namespace) ?? false }) { return }
        let place = key + ".namespace"
        let example =
            target.kind == .dataStream ? ", as in \"logs-%{dataset}-%{namespace}\"" : ""
        findings.add(
            "names nothing: write %{namespace} into \(patternKey(target.kind))" + example, place,
            at: findings.values[place])
    }

    // MARK: - Who is to blame

    /// The value is to blame when it was given, else the name.
    private func report(_ refusal: TargetValueRefusal, _ findings: inout Findings) {
        if refusal.refusal.fault == .absent, case .field(let name)? = refusal.placeholder {
            return reportAbsent(name, refusal.kind, &findings)
        }
        switch refusal.placeholder {
        case .dataset: blameValue("dataset", refusal, &findings)
        case .namespace: blameValue("namespace", refusal, &findings)
        case .field(let name): blameValue("fields." + name, refusal, &findings)
        case nil: blamePattern(refusal.kind, refusal.description, &findings)
        }
    }

    private func blameValue(
        _ name: String, _ refusal: TargetValueRefusal, _ findings: inout Findings
    ) {
        guard let place = findings.values["\(key).\(name)"] else {
            return blamePattern(refusal.kind, refusal.description, &findings)
        }
        findings.add(oneLine(refusal.description), keyPath(key, name), at: place)
    }

    /// One finding for a pattern: what the next input makes of it is the same trouble.
    private func blamePattern(
        _ kind: TargetPattern.Kind, _ message: String, _ findings: inout Findings
    ) {
        let key = patternKey(kind)
        if findings.hasError(at: key) { return }
        findings.add(oneLine(message), key, at: findings.values[key])
    }

    /// A field that a name needs and that is not there, or is no text.
    private func reportAbsent(
        _ name: String, _ kind: TargetPattern.Kind, _ findings: inout Findings
    ) {
        if isIncomplete { return }
        let fields = key + ".fields"
        let place = patternKey(kind)
        if let given = input.fields.first(where: { $0.name == name }) {
            let remedy = if case .list = given.value { "" } else { "; put it in quotes" }
            findings.add(
                "a value that names something (\(place)) is a single text" + remedy,
                keyPath(fields, name), at: findings.values["\(fields).\(name)"])
            return
        }
        let isElsewhere = inputs.contains { $0.targetValues.fields[name] != nil }
        if isElsewhere, input.pipeline == nil || kind != .pipeline {
            findings.add(
                "no field \(quoted(name)), which \(place) puts into the name"
                    + meant(name, [input]),
                fields, at: findings.places[fields] ?? findings.places[key], about: [place]
            ) { "no field that \(place) puts into the name, which is what \(holding($0))" }
            return
        }
        let owners = kind == .pipeline && input.pipeline != nil ? [input] : inputs
        let whose = owners.count == 1 ? "the input has" : "no input has"
        let article = owners.count == 1 ? "no" : "a"
        blamePattern(
            kind,
            "%{fields.\(name)}: \(whose) \(article) field \(quoted(name))" + meant(name, owners),
            &findings)
    }

    private func meant(_ name: String, _ inputs: [Configuration.Input]) -> String {
        let names = Set(inputs.flatMap(\.targetValues.fields.keys)).sorted()
        return nearestName(to: name, among: names).map { "; did you mean %{fields.\($0)}?" } ?? ""
    }
}
