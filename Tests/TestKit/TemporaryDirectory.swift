// A directory on a real disk that goes away with the test.
import Foundation
import Platform

/// Made by init, deleted with everything in it by deinit.
package final class TemporaryDirectory {
    package let path: Path

    package init() {
        let name = "tailproof-test-\(UUID().uuidString)"
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            fatalError("no temporary directory: \(error)")
        }
        path = Path(url.path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.description) }

    /// The path of an entry, for functions that take text.
    package func text(_ name: String) -> String { path.appending(Path(name)).description }

    package func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self.text(name)))
    }

    package func append(_ text: String, to name: String) throws {
        let handle = try Foundation.FileHandle(forWritingTo: URL(fileURLWithPath: self.text(name)))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}
