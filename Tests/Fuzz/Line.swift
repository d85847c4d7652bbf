// A line of an access log into the members of a document: whatever the line, the result is JSON.
import AccessLog
import Bytes

extension FuzzTarget {
    static let line = FuzzTarget(name: "line") { input in
        for format in LineFormat.allCases {
            var document = ByteBuffer(capacity: 0)
            document.append("{\"line\":true")
            do throws(Malformed) {
                let record = try LineScanner(format: format).scan(input)
                precondition((100...999).contains(record.status))
                record.encodeMembers(into: &document)
            } catch {
                document.append(",\"error\":\"")
                error.append(to: &document, format: format)
                document.append("\",\"message\":\"")
                document.appendEscaped(input)
                document.append("\"")
            }
            document.append("}")
            expectJSON(document.bytes)
        }
    }

    /// One JSON text on one line.
    private static func expectJSON(_ bytes: Span<UInt8>) {
        precondition(bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0, to: bytes.count) == nil)
        var scanner = JSONScanner(bytes)
        do throws(JSONError) {
            while try scanner.next() != nil {}
        } catch {
            fatalError("no JSON: \(error) in \(bytes.text)")
        }
    }
}
