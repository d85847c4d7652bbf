// How servers are reached: addresses, limits, encryption, sign-in.

/// Settings of every connection to the servers of one output.
package struct TransportSettings: Sendable {
    /// `http://host:port` or `https://host:port` with an optional path, without user, query or
    /// final slash. Never empty.
    package var hosts: [String]
    package var userAgent: String
    package var connectTimeout = Duration.seconds(10)
    /// From the first byte sent to the last received: more than the minute a server may wait for a
    /// shard.
    package var timeout = Duration.seconds(90)
    /// Bytes of a reply that are read at most.
    package var largestReply = 64 << 20
    /// Of the bodies that are sent.
    package var contentType = "application/x-ndjson"
    package var tls = TLSSettings()
    /// Shared by all connections, so that a new secret is read once.
    package var signIn = SignIn()

    package init(hosts: [String], version: String) {
        self.hosts = hosts
        userAgent = "tailproof/" + version
    }
}
