// The agent as a sidecar in a real pod, played by podman.
import Foundation
import Testing

extension EndToEnd {
    @Suite(
        "Pods", .serialized,
        .enabled(
            if: ProcessInfo.processInfo.environment["TAILPROOF_PODS"] != nil,
            "`make pods` plays them: it needs podman and minutes to build the image"),
        .enabled(if: RealServer.shared != nil, "no folder shared above the package"))
    struct PodTests {
        @Test func `D77 beside Tomcat, without rights, on a root it cannot write, no line is lost`()
            throws
        {
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let script = root.appending(path: "deploy/pod/run.sh").path(percentEncoded: false)
            let process = try ChildProcess(
                ["/bin/bash", script], environment: ["TAILPROOF_POD_SECONDS": "\(10 * torture)"])
            defer { process.end() }
            let ending = process.wait(atMost: .seconds(1500))
            let output = process.text(.out)
            #expect(ending == .exited(0), "\(output) \(process.text(.error).suffix(2000))")
            #expect(output.contains("documents, lost 0, twice 0, unknown 0"), "\(output)")
            #expect(output.contains("live: the pump"))
            #expect(output.contains("exit code 0"))
        }
    }
}
