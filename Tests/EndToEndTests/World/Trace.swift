// What an agent asked of the kernel, by strace.
import Foundation

/// The record of an agent's system calls, a line each.
struct Trace {
    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    /// What an agent is started under: paths of descriptors are shown.
    let wrapper: [String]
    private let path: String

    /// Traces these calls into a file; `more` are further options.
    init(_ calls: String, into path: String, _ more: [String] = []) {
        self.path = path
        // -D: the agent has the process that was started, the tracer another one.
        wrapper =
            [
                "/usr/bin/strace", "-D", "-f", "-y", "-qq", "-s", "200", "-o", path, "-e",
                "trace=\(calls)",
            ]
            + more
    }

    var lines: [Substring] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    /// Calls that gave a descriptor of something beneath a path with which it can be read.
    func readable(beneath path: String) -> [Substring] {
        lines.filter { line in
            guard !line.contains("O_PATH"),
                let result = line.range(of: ") = ", options: .backwards),
                let open = line[result.upperBound...].firstIndex(of: "<")
            else { return false }
            return line[line.index(after: open)...].hasPrefix(path)
        }
    }

    /// Calls that read from something beneath a path.
    func reads(beneath path: String) -> [Substring] {
        lines.filter { line in
            guard let open = line.firstIndex(of: "("),
                ["read", "pread64", "readv", "preadv"].contains(where: {
                    line[..<open].hasSuffix(" " + $0)
                }), let name = line.firstIndex(of: "<")
            else { return false }
            return line[line.index(after: name)...].hasPrefix(path)
        }
    }
}
