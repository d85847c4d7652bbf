// The real logrotate(8), with a configuration for one test's log.
import Foundation
import Testing

struct Logrotate {
    private static let program = "/usr/sbin/logrotate"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
    static let absence: Comment = "logrotate(8) is not installed"

    private let configuration: String
    private let state: String

    /// For the stage's `access.log`, with these directives, one a line.
    init(_ stage: Stage, _ directives: String) throws {
        // Sound to logrotate: it refuses directories that others may write to.
        chmod(stage.logs, 0o755)
        configuration = "\(stage.scratch.path)/logrotate.conf"
        state = "\(stage.scratch.path)/logrotate.state"
        let text = "\"\(stage.logs)/access.log\" {\n\(directives)\nrotate 1000\nifempty\n}\n"
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        chmod(configuration, 0o644)
    }

    /// Rotates now.
    func rotate() throws {
        _ = try ChildProcess.output(
            of: [Logrotate.program, "--force", "--state", state, configuration])
    }
}
