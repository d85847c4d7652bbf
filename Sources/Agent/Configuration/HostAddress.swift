// The address of a server: checked, brought to one form, and never quoted in a message.

/// Rules for an element of `hosts`.
enum HostAddress {
    /// `https://host[:port][/path]`, or the same with `http`, without a final slash.
    static func checked(_ text: String) throws(Refusal) -> String {
        if text.contains("@") {
            throw Refusal("credentials in a URL are refused: they end up in logs and process lists")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Refusal("expected https://host:port in plain ASCII without spaces")
        }
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else {
            throw Refusal("expected https://host:port, with \"https://\" or \"http://\" in front")
        }
        let rest = text.dropFirst(scheme.count)
        if rest.contains("?") || rest.contains("#") {
            throw Refusal("a host has no query or fragment: expected https://host:port")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        try check(authority: rest[..<slash])
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        return scheme + rest[..<slash].lowercased() + path
    }

    private static func check(authority: Substring) throws(Refusal) {
        var name = authority
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw Refusal("an IPv6 address ends in \"]\"")
            }
            let address = authority[authority.index(after: authority.startIndex)..<end]
            let isAddress =
                address.contains(":")
                && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
            if !isAddress { throw Refusal("expected an IPv6 address between \"[\" and \"]\"") }
            name = authority[authority.index(after: end)...]
            if name.isEmpty { return }
            guard name.hasPrefix(":") else { throw Refusal("expected a port after \"]\"") }
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            let host = authority[..<colon]
            if host.isEmpty { throw Refusal("the name of the host is missing") }
            guard host.utf8.count <= 253, host.utf8.allSatisfy(isWordByte) else {
                throw Refusal("a host's name has letters, digits, dots and dashes only")
            }
            name = authority[colon...]
            if name.isEmpty { return }
        }
        let port = name.dropFirst()
        let isNumber = !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let number = UInt16(port), number > 0 else {
            throw Refusal("a port is a number from 1 to 65535")
        }
    }

    /// Whether a checked address is on this machine by the look of it: nobody is on the way.
    static func isLoopback(_ address: String) -> Bool {
        guard let scheme = address.firstIndex(of: ":") else { return false }
        let rest = address[scheme...].dropFirst(3)
        let authority = rest.prefix { $0 != "/" }
        if authority.hasPrefix("[") { return authority.prefix { $0 != "]" } == "[::1" }
        let name = authority.prefix { $0 != ":" }
        if name == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
