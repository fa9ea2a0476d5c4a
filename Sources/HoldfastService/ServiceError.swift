/// Why the service can't run. A request that can't be answered is a `Problem`.
package enum ServiceError: Error, Sendable {
    case cannotListen(ListenAddress, reason: String)
    /// Anybody who reaches the address could move money.
    case openToAll(ListenAddress)
    /// The library for HTTP refused what it was given.
    case cannotServe(reason: String)
    /// With this certificate and key it does not work.
    case badCertificate(ServiceConfiguration.TLSFiles, reason: String)
    case cannotRead(file: String, reason: String)
    /// Others than its owner may read a file of secrets.
    case notPrivate(file: String, mode: String)
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotListen(let address, let reason): "can't listen on \(address): \(reason)."
        case .openToAll(let address):
            "\(address) can be reached from other machines, and no tokens are configured: whoever reaches it could move "
                + "money. Configure tokens, listen on 127.0.0.1, or say \"insecure\": true in the configuration."
        case .cannotServe(let reason): "can't serve: \(reason)."
        case .badCertificate(let files, let reason):
            "\(reason) Check that \(files.certificate) has a certificate and \(files.key) its private key, both as PEM."
        case .cannotRead(let file, let reason): "\(file) can't be read: \(reason)."
        case .notPrivate(let file, let mode):
            "\(file) has secrets in it, and others than its owner may read it (mode \(mode)). "
                + "Take their rights away: chmod 600 \(file)"
        }
    }
}
