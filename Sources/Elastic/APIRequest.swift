// A request other than `_bulk`: what commands ask a server and tell it to do.

/// What to send. The body, JSON or nothing, is given beside it.
package struct APIRequest: Hashable, Sendable {
    package enum Method: String, Sendable { case get = "GET", put = "PUT", post = "POST" }

    package let method: Method
    /// Which of the configured hosts.
    package let host: Int
    /// Path and query, from the slash on, encoded as URLs are.
    package let path: String

    package init(_ method: Method, host: Int, path: String) {
        self.method = method
        self.host = host
        self.path = path
    }

    /// A name as one step of a path: all but letters, digits and `-._~` is encoded.
    package static func encoded(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
                    || "-._~".utf8.contains(byte)
            {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }
}
