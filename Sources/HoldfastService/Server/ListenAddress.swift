private import Glibc
package import HoldfastText

/// Where the service listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    package static let usual = ListenAddress(host: "127.0.0.1", port: 8080)

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    package init(_ text: String) throws(UsageError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1, let port = UInt16(parts.last!) else {
            throw UsageError("“\(text)” is no address to listen on: expected one such as 127.0.0.1:8080 or [::1]:8080")
        }
        var host = parts.dropLast().joined(separator: ":")
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.isEmpty || host.contains(":") {
            throw UsageError(
                "“\(text)” is no address to listen on: "
                    + (host.isEmpty ? "name the host too, such as 127.0.0.1:\(port)" : "write [\(host)]:\(port)"))
        }
        self.init(host: host, port: port)
    }

    package func with(port: UInt16) -> ListenAddress { ListenAddress(host: host, port: port) }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
