// `tailproof cat`: the documents that the lines of files become, on standard output.
import Platform

@Sendable func runCat(_ arguments: ParsedArguments) -> ExitCode {
    let options = CatOptions(arguments)
    let output = StandardStream.output
    var surroundings = Cat.Surroundings(
        output: { (bytes) throws(SystemError) in try output.write(bytes) },
        errors: { try? StandardStream.error.write($0) })
    surroundings.seed = ProcessEnvironment.variable("TAILPROOF_SEED").flatMap(UInt64.init)
    surroundings.isColored = options.isColored(
        isTerminal: output.isTerminal, noColor: ProcessEnvironment.variable("NO_COLOR"))
    if options.progress, StandardStream.error.isTerminal, !output.isTerminal {
        surroundings.progressColumns = StandardStream.error.columns
        // Else the bar would outlive its program.
        Signals.ignoreBrokenPipes()
    }
    Signals.endAtOnce()
    var cat = Cat(options, surroundings)
    return cat.run()
}
