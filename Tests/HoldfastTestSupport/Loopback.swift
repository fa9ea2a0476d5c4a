import Glibc

/// Sockets to a port of this machine.
package enum Loopback {
    package struct Refused: Error, CustomStringConvertible {
        package let errno: Int32
        package var description: String { "no connection: errno \(errno)" }
    }

    /// A connected socket, which is the caller's to close.
    package static func connect(to port: UInt16) throws(Refused) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &place) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected == 0 { return socket }
        let code = errno
        close(socket)
        throw Refused(errno: code)
    }
}
