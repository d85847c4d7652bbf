// The id of a deployment of Elastic Cloud: a name and, in base64, where the deployment is.
import Elastic

/// A `cloud_id`: `NAME:BASE64`, in which stands `HOST[:PORT]$ELASTICSEARCH[:PORT][$KIBANA]`, as the
/// Cloud console shows it. It holds no secret.
package struct CloudID: Sendable, Equatable {
    /// As it was written.
    package let text: String
    /// The address of the deployment's Elasticsearch, as an element of `hosts`.
    package let host: String

    init(_ text: String) throws(Refusal) {
        self.text = text
        let code = text.utf8.lastIndex(of: UInt8(ascii: ":")).map { text.utf8[$0...].dropFirst() }
        guard let code, !code.isEmpty else {
            throw Refusal("expected a cloud id, a name, \":\" and base64, as the console shows it")
        }
        guard let bytes = fromBase64(code), let decoded = String(validating: bytes, as: UTF8.self)
        else {
            throw Refusal("the part behind \":\" is not base64 of text; copy the whole cloud id")
        }
        let parts = decoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty, parts[1] != "undefined"
        else {
            throw Refusal("the cloud id names no Elasticsearch; copy the one of a deployment")
        }
        let (domain, port) = CloudID.divided(parts[0])
        let (name, ownPort) = CloudID.divided(parts[1])
        let isName = name.utf8.allSatisfy(isWordByte) && domain.utf8.allSatisfy(isWordByte)
        do throws(Refusal) {
            guard isName, !name.isEmpty else { throw Refusal("") }
            host = try HostAddress.checked("https://\(name).\(domain):\(ownPort ?? port ?? "443")")
        } catch {
            throw Refusal("the address in the cloud id is none; copy the whole cloud id")
        }
    }

    /// A name and the port behind its colon.
    private static func divided(_ text: Substring) -> (name: Substring, port: Substring?) {
        guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }
}

extension ValueKind where Value == CloudID {
    static var cloudID: ValueKind {
        .word("a cloud id", write: { .text($0.text) }) { word throws(Refusal) in
            try CloudID(word)
        }
    }
}
