// `cat`: the inputs one after another, what went wrong with each, and what is followed afterwards.
import AccessLog
import Bytes
import Platform

/// One run of `cat`, on the thread of its caller.
package struct Cat {
    /// What a run depends on beside its options.
    package struct Surroundings {
        /// Makes incarnations, and so ids, the same in every run.
        package var seed: UInt64?
        package var isColored = false
        /// Columns of the terminal for a progress bar; nil for no bar.
        package var progressColumns: Int?
        /// Takes documents.
        package var output: DocumentSink
        /// Takes messages and the progress bar.
        package var errors: (String) -> Void

        package init(output: @escaping DocumentSink, errors: @escaping (String) -> Void) {
            self.output = output
            self.errors = errors
        }
    }

    private let options: CatOptions
    private let surroundings: Surroundings
    private let disk = LinuxFileSystem()
    private let rendering: Rendering
    private let progress: ProgressBar?
    /// Where standard output goes, when that is a file: reading it would never end.
    private let ownOutput: FileStatus?
    private var lives: Lives
    private var origin: DocumentTemplate.Origin
    private var result = ExitCode.done
    /// Patterns of files to follow.
    private var followed: [Configuration.Input] = []

    package init(_ options: CatOptions, _ surroundings: Surroundings) {
        self.options = options
        self.surroundings = surroundings
        rendering = Rendering(style: options.output, isColoured: surroundings.isColored)
        let disk = disk
        let output = try? disk.status(of: FileHandle(descriptor: StandardStream.output.rawValue))
        ownOutput = output?.kind == .regular ? output : nil
        let total = options.files.reduce(UInt64(0)) { total, path in
            let status =
                path == "-"
                ? try? disk.status(of: FileHandle(descriptor: 0)) : try? disk.status(of: path)
            return total + (status?.kind == .regular ? status?.size ?? 0 : 0)
        }
        progress = surroundings.progressColumns.flatMap { columns in
            total < ProgressBar.least || options.follow
                ? nil : ProgressBar(total: total, columns: columns, write: surroundings.errors)
        }
        lives = Lives(seed: surroundings.seed)
        origin = DocumentTemplate.Origin(
            host: ProcessEnvironment.hostName, version: version, id: lives.agentID())
    }

    /// Returns when all is printed; with files to follow, when nobody reads any more.
    package mutating func run() -> ExitCode {
        do {
            try printInputs()
            progress?.erase()
            if !followed.isEmpty { try follow() }
        } catch let error as SystemError {
            progress?.erase()
            result = .failed
            // A reader that has gone is no failure to speak of.
            if !error.isBrokenPipe { complain("standard output: \(error.reason)") }
        } catch {
            complain("\(error)")
        }
        return result
    }

    private mutating func printInputs() throws {
        var printer = DocumentPrinter(
            settings: try settings([input(Glob(literal: "-"))]), rendering: rendering,
            sink: surroundings.output)
        for path in options.files {
            do {
                try printInput(path, &printer)
            } catch let failure as ReadFailure {
                complain("\(path): \(failure)")
                if options.follow, failure.isAbsence { followed.append(input(Glob(literal: path))) }
            }
        }
    }

    /// Prints an input, unless it is one to follow. Throws why it cannot be begun, or what the sink
    /// throws.
    private mutating func printInput(
        _ path: Path, _ printer: inout DocumentPrinter
    ) throws {
        let stream: InputStream
        do {
            stream = try path == "-" ? .standardInput() : InputStream(opening: path)
        } catch {
            guard options.follow, error.isAbsence, Glob.isMagic(path) else {
                throw ReadFailure.system(error)
            }
            // What is compressed after a rotation was followed under its former name.
            return followed.append(input(Glob(path), exclude: ["*.gz"]))
        }
        let status = try? disk.status(of: stream.handle)
        let isFile = status?.kind == .regular
        var source = UnpackedSource(
            MeteredStream(stream: stream, progress: isFile ? progress : nil))
        if options.follow, isFile, path != "-", try !source.isGzip() {
            return followed.append(input(Glob(literal: path)))
        }
        if let status, let ownOutput, status.isSameFile(as: ownOutput) {
            return complain("\(path): input file is output file")
        }
        let outcome = try printer.print(&source, path: path, incarnation: lives.next())
        if let failure = outcome.failure {
            let place = outcome.bytes == 0 ? "" : ", after \(outcome.bytes) bytes of content"
            complain("\(path): \(failure)\(place)")
        }
    }

    private func follow() throws {
        var follower: Follower
        do {
            follower = try Follower(
                settings: settings(followed), lives: lives,
                ignored: ownOutput.map { [$0] } ?? [], log: Log(level: .warn, format: .text),
                rendering: rendering, sink: surroundings.output)
        } catch let error as SystemError {
            throw StartError.system(error)
        }
        try follower.run()
    }

    /// Files as the configuration of `run` would name them.
    private func input(_ glob: Glob, exclude: [Path] = []) -> Configuration.Input {
        var input = Configuration.Input()
        input.paths = [glob.pattern]
        input.exclude = exclude
        input.format = options.format
        return input
    }

    private func settings(_ inputs: [Configuration.Input]) throws -> PumpSettings {
        var configuration = Configuration()
        configuration.inputs = inputs
        do {
            return try PumpSettings(configuration, origin: origin)
        } catch {
            throw StartError.documents(error)
        }
    }

    private mutating func complain(_ message: String) {
        progress?.erase()
        surroundings.errors("tailproof: \(message)\n")
        result = .failed
    }
}

extension ReadFailure {
    fileprivate var isAbsence: Bool {
        if case .system(let error) = self { error.isAbsence } else { false }
    }
}

extension FileStatus {
    fileprivate func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }
}
