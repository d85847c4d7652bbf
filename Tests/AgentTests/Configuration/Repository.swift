// The files of the repository that tests compare the code with.
import Foundation

/// The text of a file, its path relative to the root of the repository.
func repositoryFile(_ path: String, from here: String = #filePath) throws -> String {
    var root = URL(fileURLWithPath: here)
    while !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path)
    {
        root.deleteLastPathComponent()
        if root.path == "/" { throw CocoaError(.fileNoSuchFile) }
    }
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
}
