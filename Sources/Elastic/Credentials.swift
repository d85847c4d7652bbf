// Who we say we are to the server, and the header that says it.
import Bytes

/// How requests sign in. Sent with every request to the configured hosts, and nowhere else: no
/// redirect is followed.
package enum Credentials: Sendable, Equatable {
    case none
    /// The user's name has no colon.
    case basic(user: String, Secret)
    /// An API key in either spelling: `id:key`, or the base64 of that, the server's `encoded`.
    case apiKey(Secret)
    /// The token of a service account, or any other bearer's.
    case bearer(Secret)

    /// The whole `Authorization` line; nil: none is sent.
    package var header: Secret? {
        switch self {
        case .none: nil
        case .basic(let user, let password):
            password.withBytes { bytes in
                line("Basic ", base64(Array(user.utf8) + [UInt8(ascii: ":")] + bytes.array))
            }
        case .apiKey(let key):
            key.withBytes { bytes in
                let text = bytes.array
                return line("ApiKey ", text.contains(UInt8(ascii: ":")) ? base64(text) : text)
            }
        case .bearer(let token): token.withBytes { line("Bearer ", $0.array) }
        }
    }

    private func line(_ scheme: String, _ value: [UInt8]) -> Secret {
        Secret(Array("Authorization: ".utf8) + Array(scheme.utf8) + value)
    }
}

/// Base64 with padding (RFC 4648, section 4).
package func base64(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let part = bytes[start..<min(start + 3, bytes.count)]
        var value: UInt32 = 0
        for offset in 0..<3 {
            value = value << 8 | (offset < part.count ? UInt32(part[start + offset]) : 0)
        }
        let group = Base64URL.group(value)
        for place in 0..<4 {
            let character = UInt8(truncatingIfNeeded: group >> UInt32(8 * place))
            text.append(place > part.count ? UInt8(ascii: "=") : standard(character))
        }
    }
    return text
}

/// The bytes of a base64 text, with or without padding; nil where it is none.
package func fromBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var value: UInt32 = 0
    var bits = 0
    var padding = 0
    var characters = 0
    for character in text {
        if character == UInt8(ascii: "=") {
            padding += 1
            continue
        }
        guard padding == 0, character != UInt8(ascii: "-"), character != UInt8(ascii: "_"),
            let six = Base64URL.value(of: urlSafe(character))
        else { return nil }
        characters += 1
        value = value << 6 | UInt32(six)
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
            value &= (1 << UInt32(bits)) - 1
        }
    }
    let isWhole = padding == 0 || (padding <= 2 && (characters + padding) % 4 == 0)
    guard characters % 4 != 1, value == 0, isWhole else { return nil }
    return bytes
}

private func standard(_ character: UInt8) -> UInt8 {
    switch character {
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: character
    }
}

private func urlSafe(_ character: UInt8) -> UInt8 {
    switch character {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    default: character
    }
}
