// The image, and the agent as a sidecar in a real pod, built and played by podman.
import Foundation
import Glibc
import Testing

extension EndToEnd {
    @Suite(
        "Pods", .serialized,
        .enabled(
            if: ProcessInfo.processInfo.environment["TAILPROOF_PODS"] != nil,
            "`make pods` plays them: it needs podman and minutes to build the image"),
        .enabled(if: RealServer.shared != nil, "no folder shared above the package"))
    struct PodTests {
        private func run(
            _ script: String, _ environment: [String: String] = [:]
        ) throws -> CommandRun {
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let process = try ChildProcess(
                ["/bin/bash", "-c", "cd '\(root.path(percentEncoded: false))'; \(script)"],
                environment: environment)
            defer { process.end() }
            guard case .exited(let code)? = process.wait(atMost: .seconds(2400)) else {
                Issue.record("\(script) did not end")
                return CommandRun(code: -1, output: process.text(.out), errors: "")
            }
            return CommandRun(
                code: code, output: process.text(.out), errors: process.text(.error))
        }

        /// The settings of podman that this machine needs, before the command.
        private let podman = """
            settings=/var/lib/tailproof-containers/containers.conf; \
            [ ! -e $settings ] || export CONTAINERS_CONF=${CONTAINERS_CONF:-$settings};
            """

        @Test func `D77 beside Tomcat, without rights, on a root it cannot write, no line is lost`()
            throws
        {
            let played = try run(
                "deploy/pod/run.sh", ["TAILPROOF_POD_SECONDS": "\(10 * torture)"])
            let output = played.output
            #expect(played.code == 0, "\(output) \(played.errors.suffix(2000))")
            #expect(output.contains("documents, lost 0, twice 0, unknown 0"), "\(output)")
            #expect(output.contains("live: the pump"))
            #expect(output.contains("runs again"))
            #expect(output.contains("exit code 0"))
        }

        @Test func `root without rights reads the files of others by DAC_READ_SEARCH alone`() throws
        {
            let scratch = try Scratch()
            let log = "\(scratch.path)/log"
            try "no access line\n".write(toFile: log, atomically: false, encoding: .utf8)
            chmod(scratch.path, 0o755)
            chmod(log, 0o640)
            #expect(chown(log, 1234, 1234) == 0)
            let container =
                "podman run --rm --user 0 --read-only --network=none --cap-drop=ALL "
                + "--security-opt no-new-privileges -v \(scratch.path):/logs:ro "
            let agent = " localhost/tailproof:latest cat /logs/log"
            let refused = try run("\(podman) \(container)\(agent)")
            #expect(refused.code == 1)
            #expect(refused.errors.contains("Permission denied"), "\(refused.errors)")
            let read = try run("\(podman) \(container)--cap-add=DAC_READ_SEARCH\(agent)")
            #expect(read.code == 0, "\(read.errors)")
            #expect(read.output.contains("no access line"))
        }

        @Test func `an image that is built again is the same, and small`() throws {
            let build = "\(podman) deploy/image/build.sh"
            let first = try run(build)
            #expect(first.code == 0, "\(first.errors.suffix(2000))")
            let again = try run(build, ["TAILPROOF_BUILD_OPTIONS": "--no-cache"])
            #expect(again.code == 0, "\(again.errors.suffix(2000))")
            let ids = [first, again].map { $0.output.split(separator: "\n").last }
            #expect(ids[0] != nil && ids[0] == ids[1])
            let size = try run("\(podman) podman save localhost/tailproof:latest | gzip -6 | wc -c")
            let bytes = Int(size.output.trimmingCharacters(in: .whitespacesAndNewlines))
            #expect(try #require(bytes) < 20_000_000)
        }
    }
}
