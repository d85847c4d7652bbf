// What the pump is told once, worked out from the configuration.
import Elastic
import Platform
import Tail

/// Limits and inputs of the pump.
package struct PumpSettings: Sendable {
    package var batch: Configuration.BatchLimits
    /// How many batches circulate.
    package var batches: Int
    package var maxLine: Int
    package var tail = TailLimits()
    package var shutdown: Configuration.Shutdown
    /// For each input its tailing and the text of its documents.
    package var inputs: [TailInput]
    /// For each input the directories that its files may lie beneath.
    package var roots: Roots
    package var templates: [DocumentTemplate]

    package init(
        _ configuration: Configuration, origin: DocumentTemplate.Origin
    ) throws(DocumentTemplate.Refusal) {
        batch = configuration.batch
        batches = configuration.batches
        maxLine = configuration.maxLine
        tail.heldBytes = UInt64(configuration.held.bytes)
        tail.inflatedBytes = UInt64(configuration.gzip.bytes)
        shutdown = configuration.shutdown
        roots = Roots(
            configuration.inputs.map { input in input.paths.map { Glob($0).root } + input.roots })
        inputs = []
        templates = []
        for input in configuration.inputs {
            inputs.append(
                TailInput(
                    globs: input.paths.map { Glob($0) }, exclude: input.exclude.map { Glob($0) },
                    startsAtEnd: input.start == .end))
            templates.append(
                try DocumentTemplate(
                    input, target: configuration.target, pipeline: configuration.pipeline,
                    origin: origin))
        }
    }
}
