// Manifests, their configurations and the guides say what the code does.
import Agent
import Bytes
import Foundation
import Platform
import Testing

@Suite("Manifests and guides")
struct DeployedConfigurationTests {
    private static let folders = ["sidecar", "sidecar-deployment", "daemonset", "try"]
    private static let workloads = [
        "sidecar/statefulset.yaml", "sidecar-deployment/deployment.yaml",
        "daemonset/daemonset.yaml",
    ]
    private static let guides = ["docs/guide-sidecar.md", "docs/guide-daemonset.md"]

    private func configuration(_ folder: String) throws -> Configuration {
        let path = "deploy/\(folder)/tailproof.yaml"
        return try ConfigurationFile.decode(Array(repositoryFile(path).utf8), name: path)
    }

    @Test("every configuration is valid and ships", arguments: folders)
    func valid(folder: String) throws {
        let configuration = try configuration(folder)
        guard case .elasticsearch(let output) = configuration.output else {
            Issue.record("it prints")
            return
        }
        let isTried = folder == "try"
        #expect(output.hosts.allSatisfy { $0.hasPrefix(isTried ? "http:" : "https:") })
        #expect(configuration.state == "/var/lib/tailproof")
        #expect(configuration.shutdown.drain == (folder == "daemonset" ? .batches : .files))
        #expect((configuration.held.bytes > 0) == (folder == "daemonset"))
    }

    @Test("the pod's configuration is valid once its marks are replaced")
    func pod() throws {
        let text = try repositoryFile("deploy/pod/pod.yaml")
        let start = try #require(text.range(of: "  tailproof.yaml: |\n"))
        let end = try #require(text.range(of: "---\n"))
        let lines = text[start.upperBound..<end.lowerBound].split(separator: "\n")
        let yaml = lines.map { $0.dropFirst(4) }.joined(separator: "\n")
            .replacing("@NAME@", with: "pod1")
            .replacing("@SERVER@", with: "http://127.0.0.1:9200")
        let configuration = try ConfigurationFile.decode(Array(yaml.utf8), name: "pod")
        #expect(configuration.state == "/var/lib/tailproof")
    }

    @Test("the alternatives in comments are valid when they are taken", arguments: folders)
    func alternatives(folder: String) throws {
        let path = "deploy/\(folder)/tailproof.yaml"
        let text = try repositoryFile(path).replacing("    # tls:", with: "    tls:")
        #expect(text.contains("    tls:") == (folder != "try"))
        _ = try ConfigurationFile.decode(Array(text.utf8), name: path)
    }

    @Test("what containers run are commands with options that exist", arguments: workloads)
    func commands(workload: String) throws {
        let text = try repositoryFile("deploy/\(workload)")
        var commands = 0
        for line in text.split(separator: "\n") {
            let words = line.trimmingCharacters(in: .whitespaces)
            guard words.hasPrefix("args: [") || words.hasPrefix("command: [/tailproof, ") else {
                continue
            }
            let list = words.drop { $0 != "[" }.dropFirst().dropLast()
            let arguments = list.split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            }.filter { $0 != "/tailproof" }
            _ = try CommandTable.tailproof.parse(arguments.map { Array($0.utf8) })
            commands += 1
        }
        #expect(commands == 3)
    }

    @Test("the agent leaves before the pod's time is over", arguments: workloads)
    func deadline(workload: String) throws {
        let text = try repositoryFile("deploy/\(workload)")
        let folder = String(workload.prefix { $0 != "/" })
        let line = try #require(
            text.split(separator: "\n").first { $0.contains("terminationGracePeriodSeconds: ") })
        let seconds = try #require(Int(line.split(separator: " ").last ?? ""))
        #expect(try configuration(folder).shutdown.deadline + .seconds(10) < .seconds(seconds))
    }

    @Test("images have this version", arguments: ["sidecar", "sidecar-deployment", "daemonset"])
    func version(folder: String) throws {
        let text = try repositoryFile("deploy/\(folder)/kustomization.yaml")
        #expect(text.contains("newName: localhost/tailproof\n    newTag: \(Agent.version)\n"))
    }

    @Test("containers have no rights but those that are explained", arguments: workloads)
    func rights(workload: String) throws {
        let text = try repositoryFile("deploy/\(workload)")
        let containers = text.components(separatedBy: "\n        - name: ").filter {
            $0.contains("image: ")
        }
        #expect(!containers.isEmpty)
        for container in containers {
            for line in [
                "allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "drop: [ALL]",
                "limits:",
            ] {
                #expect(container.contains(line), "\(container.prefix { $0 != "\n" }): \(line)")
            }
        }
        #expect(text.contains("type: RuntimeDefault"))
        #expect(text.contains("automountServiceAccountToken: false"))
        #expect(text.contains("add: [") == workload.hasPrefix("daemonset"))
        #expect(text.contains("runAsNonRoot: true") == !workload.hasPrefix("daemonset"))
    }

    @Test("the guides name keys that exist and files that are there", arguments: guides)
    func names(guide: String) throws {
        let text = try repositoryFile(guide)
        let keys = Set(ConfigurationSchema.keys.map(\.key))
        let roots = Set(keys.map { $0.prefix { $0 != "." && $0 != "[" } })
        var named = 0
        for match in text.matches(of: /`([^`\n]+)`/) {
            let code = String(match.1)
            let key = String(code.prefix { $0 != ":" && $0 != " " })
            if key.contains("."), !key.contains("/"), !key.hasSuffix(".crt"),
                roots.contains(key.prefix { $0 != "." && $0 != "[" }),
                key != "log.file.path"
            {
                named += 1
                #expect(keys.contains(key), "\(key)")
            }
            if code.hasPrefix("deploy/") { _ = try status(code) }
        }
        #expect(named > 3)
        for match in text.matches(of: /deploy\/[a-z.\/-]+[a-z]/) { _ = try status(String(match.0)) }
    }

    private func status(_ path: String) throws -> FileStatus {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: path)
        return try LinuxFileSystem().status(of: Path(file.path))
    }
}
