// Where documents go, whatever the output is.
import Elastic

extension Configuration {
    /// What documents are addressed to.
    package var target: Target {
        if case .elasticsearch(let settings) = output { settings.target } else { printedTarget }
    }

    /// The pipeline that they name, where their input says nothing else.
    package var pipeline: Pipeline {
        if case .elasticsearch(let settings) = output { settings.pipeline } else { printedPipeline }
    }
}

extension Configuration.Target {
    /// The pattern, as written.
    var text: String {
        switch self {
        case .dataStream(let name), .index(let name): name
        }
    }

    var kind: TargetPattern.Kind {
        switch self {
        case .dataStream: .dataStream
        case .index: .index
        }
    }
}

extension Configuration.Input {
    /// What names can be made of.
    var targetValues: TargetValues {
        var values = TargetValues(dataset: dataset, namespace: namespace)
        for field in fields {
            if case .text(let text) = field.value { values.fields[field.name] = text }
        }
        return values
    }
}
