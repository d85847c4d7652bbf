// Whether the documents can be as configured, by the word of the code that writes them.
import Bytes
import Elastic

extension ConfigurationSchema {
    /// Adds what `DocumentTemplate` refuses, input by input, field by field.
    static func checkDocuments(_ configuration: Configuration, _ findings: inout Findings) {
        // While the output is wrong, fields are held to what is true for any target.
        let target =
            findings.hasError(at: "output")
            ? Configuration.Target.index("any") : configuration.target
        let inputs = findings.inputs.isEmpty ? [("", Configuration.Input())] : findings.inputs
        for (key, input) in inputs { check(input, key, target, &findings) }
    }

    /// One input. What is refused is reported, then left out, until nothing is refused any more.
    private static func check(
        _ input: Configuration.Input, _ key: String, _ target: Configuration.Target,
        _ findings: inout Findings
    ) {
        var (input, target) = (input, target)
        while let refusal = refusal(of: input, target) {
            switch refusal {
            case .field(let refusal):
                let field = "\(key).fields.\(refusal.name)"
                let isOfValue = refusal.reason == .isText
                findings.add(
                    refusal.reason.description, keyPath(key + ".fields", refusal.name),
                    at: isOfValue ? findings.values[field] : findings.places[field])
                input.fields.remove(at: refusal.index)
            case .target, .dataset:
                report(refusal, key, target, &findings)
                target = target.plain
            }
        }
    }

    private static func refusal(
        of input: Configuration.Input, _ target: Configuration.Target
    ) -> DocumentTemplate.Refusal? {
        do throws(DocumentTemplate.Refusal) {
            _ = try DocumentTemplate(
                input, target: target, origin: .init(host: "", version: "", id: ""))
            return nil
        } catch {
            return error
        }
    }

    /// The dataset is to blame when it was given and the name depends on it, else the name.
    private static func report(
        _ refusal: DocumentTemplate.Refusal, _ key: String, _ target: Configuration.Target,
        _ findings: inout Findings
    ) {
        let name = "output.elasticsearch." + target.key
        let dataset = key + ".dataset"
        if case .dataset = refusal, target.namesDataset, let place = findings.values[dataset] {
            findings.add(oneLine(refusal.description), dataset, at: place)
        } else if !findings.hasError(at: name) {
            findings.add(oneLine(refusal.description), name, at: findings.values[name])
        }
    }
}

extension Configuration.Target {
    /// The key in which it is given.
    fileprivate var key: String {
        switch self {
        case .dataStream: "data_stream"
        case .index: "index"
        }
    }

    fileprivate var namesDataset: Bool {
        switch self {
        case .dataStream(let name), .index(let name): name.holds("%{dataset}")
        }
    }

    /// One of the same kind that is never refused.
    fileprivate var plain: Configuration.Target {
        switch self {
        case .dataStream: .dataStream("logs-any-default")
        case .index: .index("any")
        }
    }
}
