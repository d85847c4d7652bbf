// Manifests are rendered without a warning, by the tools that are there.
import Foundation
import Testing

@Suite struct ManifestTests {
    private static let kubectl = ["/usr/bin/kubectl", "/usr/local/bin/kubectl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        .enabled(if: kubectl != nil, "kubectl is not installed"),
        arguments: ["sidecar", "sidecar-deployment", "daemonset", "elasticsearch", "try"])
    func `kustomize renders each folder without a word`(_ folder: String) throws {
        let (status, output, errors) = try render("deploy/\(folder)")
        #expect(status == 0)
        #expect(errors == "")
        #expect(output.contains("kind: NetworkPolicy"))
        #expect(!output.contains(/image: (?:tailproof|tomcat|elasticsearch)\n/), "an image unnamed")
        #expect(!output.contains(/selector: \{\}/), "a selector of everything")
    }

    @Test(.enabled(if: kubectl != nil, "kubectl is not installed"))
    func `a folder that is none is not rendered`() throws {
        #expect(try render("deploy").0 != 0)
    }

    private func render(_ folder: String) throws -> (Int32, String, String) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(ManifestTests.kubectl))
        process.arguments = ["kustomize", SourceTree.root.appending(path: folder).path]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let words = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: words, as: UTF8.self)
        )
    }
}
