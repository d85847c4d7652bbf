// A directory on a real disk that goes away with the test.
import Foundation
import Platform

/// Made by init, deleted with everything in it by deinit.
final class TemporaryDirectory {
    let path: Path

    init() {
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
}
