private import CMicrohttpd
private import Glibc
internal import HoldfastLog
internal import HoldfastText

/// A socket that listens. It is closed with the last reference, unless a server has taken it over.
final class Listener {
    private var descriptor: Int32
    /// With the port that it got, where any would do.
    let address: ListenAddress
    /// Whether only this machine can reach it.
    let isLoopback: Bool

    init(_ wanted: ListenAddress) throws(ServiceError) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(wanted.host, "\(wanted.port)", &hints, &found)
        guard code == 0, let place = found else {
            throw .cannotListen(wanted, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(place.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
        guard descriptor >= 0 else { throw .cannotListen(wanted, reason: errorText(errno)) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, place.pointee.ai_addr, place.pointee.ai_addrlen) == 0,
            listen(descriptor, Self.backlog) == 0
        else {
            let code = errno
            close(descriptor)
            let mend = code == EADDRINUSE ? "; another program listens there. Stop it, or choose another port" : ""
            throw .cannotListen(wanted, reason: errorText(code) + mend)
        }
        self.descriptor = descriptor
        address = wanted.with(port: Self.port(of: descriptor))
        isLoopback = Self.isLoopback(place.pointee.ai_addr)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// From here on it is the caller's to close.
    func take() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    /// Connections that wait to be taken; the system may allow fewer.
    private static let backlog: Int32 = 1024

    private static func port(of descriptor: Int32) -> UInt16 {
        var place = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &place) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
            // The port is at the same place for both families.
            return place.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
    }

    private static func isLoopback(_ address: UnsafeMutablePointer<sockaddr>) -> Bool {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { $0.elementsEqual([UInt8](repeating: 0, count: 15) + [1]) }
            }
        default: false
        }
    }
}
