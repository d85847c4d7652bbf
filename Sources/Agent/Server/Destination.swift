// Where documents of a configuration go, each target once: for templates, privileges and questions.
import Elastic

/// One target and what is known of it.
struct Destination: Equatable {
    let name: TargetName
    /// The pipelines that its documents name.
    var pipelines: [String] = []

    var isStream: Bool { name.kind == .dataStream }
    /// What its name is now: the same as ever, unless it is dated.
    func currentName(at seconds: Int64) -> String { name.text(at: seconds) }

    /// What its names match, of a data stream with every namespace.
    var pattern: String {
        guard let parts = name.streamParts else { return name.wildcard }
        return "\(parts.type)-\(parts.dataset)-*"
    }

    /// The name of its template: the pattern without its wildcard.
    var templateName: String {
        var name = pattern
        while let last = name.last, "*-._".contains(last) { name.removeLast() }
        return name.isEmpty ? "tailproof" : name
    }

    /// The destinations of every input, those of equal names once, in order.
    static func all(of configuration: Configuration) -> [Destination] {
        var found: [Destination] = []
        for input in configuration.inputs {
            let values = input.targetValues
            guard
                let pattern = try? TargetPattern(
                    configuration.target.text, kind: configuration.target.kind),
                let name = try? pattern.name(with: values)
            else { continue }
            let place: Int
            if let known = found.firstIndex(where: { $0.name == name }) {
                place = known
            } else {
                place = found.count
                found.append(Destination(name: name))
            }
            if case .named(let text) = input.pipeline ?? configuration.pipeline,
                let pipeline = try? TargetPattern(text, kind: .pipeline).name(with: values)
            {
                let pipelineName = pipeline.text(at: 0)
                if !found[place].pipelines.contains(pipelineName) {
                    found[place].pipelines.append(pipelineName)
                }
            }
        }
        return found
    }
}
