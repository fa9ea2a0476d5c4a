internal import HoldfastLog

/// What the holder of a token may do.
package enum Right: String, Sendable, CaseIterable {
    /// Send commands.
    case commands
    /// Read wallets, histories, events and figures.
    case read
    /// Run jobs.
    case admin
}

/// A name and rights for whoever knows a secret. Only the secret's digest is kept.
package struct AccessToken: Sendable {
    package let name: String
    package let rights: Set<Right>
    private let digest: Digest

    package init(name: String, secret: String, rights: Set<Right>) {
        self.name = name
        self.rights = rights
        digest = Self.digest(of: secret)
    }

    /// Takes the same time wherever the two differ.
    fileprivate func matches(_ other: Digest) -> Bool {
        let (a, b) = (digest.words, other.words)
        return (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3) == 0
    }

    fileprivate static func digest(of secret: String) -> Digest {
        var secret = secret
        return secret.withUTF8 { Digest.sha256(UnsafeRawBufferPointer($0)) }
    }
}

extension [AccessToken] {
    /// The token of an `Authorization` header. All of them are compared, whichever it is.
    func holder(of header: String?) -> AccessToken? {
        guard let header, let space = header.firstIndex(of: " "), header[..<space].lowercased() == "bearer" else {
            return nil
        }
        let digest = AccessToken.digest(of: String(header[header.index(after: space)...].drop { $0 == " " }))
        var found: AccessToken?
        for token in self where token.matches(digest) { found = token }
        return found
    }
}
