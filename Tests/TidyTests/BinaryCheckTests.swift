// The check of the release binary catches what it is there for: shown on this very test bundle.
import Foundation
import Testing

@Suite struct BinaryCheckTests {
    @Test func `a binary with Foundation in it does not pass`() throws {
        let (status, output) = try check(try bundle)
        #expect(status == 1)
        #expect(output.contains(/[1-9]\d* symbols of s10Foundation/), "\(output)")
        #expect(output.contains(/libFoundation\.so\S* is not among the libraries/), "\(output)")
    }

    @Test func `a binary that grew beyond the limit does not pass`() throws {
        let (status, output) = try check(try bundle, limit: 1000)
        #expect(status == 1)
        #expect(output.contains(/\d+ bytes are more than 1000/), "\(output)")
    }

    /// The file of this code, as the kernel mapped it.
    private var bundle: String {
        get throws {
            let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            let path = maps.firstMatch(of: /\/\S*\.xctest\b/).map { String($0.0) }
            return try #require(path)
        }
    }

    private func check(_ binary: String, limit: Int? = nil) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = SourceTree.root.appending(path: "Tests/Scripts/check-binary.sh")
        process.arguments = [binary] + (limit.map { [String($0)] } ?? [])
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
