// `tailproof cat`: the documents that the lines of files become, on standard output.
import Platform

@Sendable func runCat(_ arguments: ParsedArguments) -> ExitCode {
    let options = CatOptions(arguments)
    return say(options.files.map { "\($0)\n" }.joined())
}
