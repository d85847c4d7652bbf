// How encrypted connections are made and whom they trust.
import Platform

/// Applies to https alone. TLS 1.2 at least, always; the files are read again for every new
/// connection.
package struct TLSSettings: Sendable, Equatable {
    /// PEM certificates that the server's must lead to, and no others; nil: the system's.
    package var caFile: Path?
    /// PEM; the client's certificate (and those between it and its authority), sent when asked for.
    package var certificate: Path?
    /// PEM; the key of `certificate`. nil: it stands in the same file.
    package var key: Path?
    /// Any server is taken for the right one. Never without a warning.
    package var isInsecure = false

    package init() {}
}
