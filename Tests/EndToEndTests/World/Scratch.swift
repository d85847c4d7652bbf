// A directory of a test's own.
import Foundation

/// A fresh directory that goes when this goes.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())/tailproof-e2e-\(UUID().uuidString.prefix(13))"
            .replacing("//", with: "/")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A directory in it, made if need be.
    func directory(_ name: String) throws -> String {
        let made = "\(path)/\(name)"
        try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true)
        return made
    }
}
