// The fuzzers: hands the target named by the first argument to libFuzzer, with the other arguments.
import CFuzzer
import Glibc

/// A place where bytes from outside come in. A target stops the process when a promise does not
/// hold: by `precondition`, or by `fatalError` where a message helps (only that one is printed).
/// Whatever else stops it is a finding too.
struct FuzzTarget: Sendable {
    /// As on the command line, and the name of the folder of its seeds.
    let name: String
    let run: @Sendable (Span<UInt8>) -> Void
}

/// All targets, alphabetically; each has a file of its own.
let targets: [FuzzTarget] = [
    .configuration, .gzip, .json, .line, .park, .planted, .reply, .search, .state,
]

/// The one this process runs. Lazy, so set before libFuzzer's first call.
private let chosen: FuzzTarget = {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
        for target in targets { puts(target.name) }
        exit(name == "" ? 0 : 2)
    }
    return target
}()

@main
enum Fuzz {
    static func main() {
        _ = chosen
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
            CommandLine.unsafeArgv + 1
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzz))
    }
}

/// Called by libFuzzer for each input.
private func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    chosen.run(Span(_unsafeStart: data ?? UnsafePointer(bitPattern: 1)!, count: size))
    return 0
}
