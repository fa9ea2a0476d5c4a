/// What a server may take.
package struct ServerSettings: Sendable, Equatable {
    package var connectionsMax = 4_096
    /// After so long without a byte from or to it, a connection is closed. One that waits for the service is not.
    package var idleSeconds = 60
    /// The largest body of a request.
    package var bodyBytesMax = 8 << 20
    /// What bodies and replies may take in memory, over all requests; bodies that would make it more are refused.
    package var bodiesBytesMax = 256 << 20
    /// For its head and what is on its way. Heads that don't fit are answered 431 by the library, which clears all of it
    /// for each request: with twice as much single commands took a tenth longer, and batches were no faster.
    package var connectionBytes = 16 << 10

    package init() {}
}

/// A private key and a chain of certificates, as PEM.
struct TLSIdentity: Sendable {
    let certificate: String
    let key: String
}
