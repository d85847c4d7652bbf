// libfaketime, for an agent whose minutes are seconds.
import Foundation
import Testing

enum FakeTime {
    private static let library: String? = {
        let directories = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return (directories.map { "/usr/lib/\($0)" } + ["/usr/lib"])
            .map { "\($0)/faketime/libfaketime.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()
    static let isInstalled = library != nil
    static let absence: Comment = "libfaketime is not installed"

    /// The first process under libfaketime sets a variable as it begins, and that moves the
    /// environment away from the arguments; Swift finds those beside it. So another one is first.
    static let wrapper = ["/usr/bin/env"]

    /// The environment of a process all of whose clocks run so much faster.
    static func faster(by factor: Int) -> [String: String] {
        ["LD_PRELOAD": library ?? "", "FAKETIME": "+0 x\(factor)"]
    }
}
