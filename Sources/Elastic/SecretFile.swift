// Secrets in files: what is accepted of one, and when it is read again.
import Bytes
import Platform

/// What a secret is for, which decides what characters it may have.
package enum SecretKind: Sendable {
    case password, apiKey, bearerToken, passphrase

    var noun: String {
        switch self {
        case .password: "a password"
        case .apiKey: "an API key"
        case .bearerToken: "a bearer token"
        case .passphrase: "a passphrase"
        }
    }

    /// What is wrong with a secret, said without a byte of it; nil: nothing is.
    package func problem(_ secret: Secret) -> String? {
        if secret.isEmpty { return "is empty" }
        return secret.withBytes { bytes in
            var colons = 0
            for index in bytes.indices {
                let byte = bytes[index]
                if byte == 0x0A || byte == 0x0D { return "has more than one line" }
                if byte < 0x20 || byte == 0x7F { return "has a control character" }
                if byte == UInt8(ascii: ":") { colons += 1 }
                if !allows(byte) { return "has a character that \(noun) never has" }
            }
            guard self == .apiKey, colons > 0 else { return nil }
            let isPair =
                colons == 1 && bytes[0] != UInt8(ascii: ":")
                && bytes[bytes.count - 1] != UInt8(ascii: ":")
            return isPair ? nil : "is neither id:key nor the encoded key"
        }
    }

    private func allows(_ byte: UInt8) -> Bool {
        switch self {
        case .password, .passphrase: true
        case .apiKey, .bearerToken:
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: ":"): self == .apiKey
            default: "-._~+/=".utf8.contains(byte)
            }
        }
    }
}

/// Why a file is no secret. Holds no byte of it.
package struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: Path
    /// What is wrong with it.
    package let problem: String

    package init(path: Path, problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { "\(path) \(problem)" }
}

/// A secret that stands in a file of its own.
package enum SecretFile {
    /// Bytes of a file at most.
    package static let longest = 16 << 10

    /// Reads a secret; one newline at its end is no part of it.
    package static func read(
        _ path: Path, as kind: SecretKind
    ) throws(SecretFileError) -> Secret {
        var bytes: [UInt8]
        let isFile: Bool
        do throws(SystemError) {
            // Opening a pipe would wait for whoever writes to it.
            isFile = try LinuxFileSystem().status(of: path).kind == .regular
            bytes = isFile ? try readSmallFile(path, limit: longest + 1) : []
        } catch {
            throw SecretFileError(path: path, problem: "cannot be read: \(error.reason)")
        }
        if !isFile { throw SecretFileError(path: path, problem: "is no regular file") }
        if bytes.count > longest {
            throw SecretFileError(path: path, problem: "is larger than 16 KiB")
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        let secret = Secret(bytes)
        for index in bytes.indices { bytes[index] = 0 }
        if let problem = kind.problem(secret) {
            throw SecretFileError(path: path, problem: problem)
        }
        return secret
    }
}

/// Where a secret comes from.
package enum SecretSource: Sendable, Equatable {
    case given(Secret)
    case file(Path)
}

/// A secret and the file it came from.
struct WatchedSecret {
    let source: SecretSource
    let kind: SecretKind
    private(set) var secret: Secret
    /// The file as it was when it was last read with success; nil for a secret that was given.
    private var seen: FileStatus?
    /// The file could not be used when it was last looked at.
    private var isFailing = false

    init(_ source: SecretSource, _ kind: SecretKind) throws(SecretFileError) {
        self.source = source
        self.kind = kind
        switch source {
        case .given(let secret): self.secret = secret
        case .file(let path):
            // The status is older than the content, never newer: a change between is seen later.
            seen = try? LinuxFileSystem().status(of: path)
            secret = try SecretFile.read(path, as: kind)
        }
    }

    /// Looks at the file, at its content too where `thoroughly` or where its status has changed:
    /// another inode (a renamed file, a swapped link), time or size. A file that cannot be used
    /// changes nothing, and is told of once.
    mutating func look(thoroughly: Bool) -> SignInNotice? {
        guard case .file(let path) = source else { return nil }
        let status = try? LinuxFileSystem().status(of: path)
        if !thoroughly, let status, status == seen { return nil }
        do throws(SecretFileError) {
            let found = try SecretFile.read(path, as: kind)
            seen = status
            isFailing = false
            if found == secret { return nil }
            secret = found
            return .reloaded(path)
        } catch {
            defer { isFailing = true }
            return isFailing ? nil : .unusable(error)
        }
    }
}
