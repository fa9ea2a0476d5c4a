private import Glibc
internal import HoldfastLog

/// A connection that is kept open: a request, then its response, and so on. It does no more than the measure needs.
final class BenchClient {
    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    private let socket: Int32
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    init(port: UInt16) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &place) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Trouble(description: "no connection: \(errorText(errno))") }
    }

    deinit { close(socket) }

    /// Sends a request and gives its response's body to `read`.
    func ask<Result>(_ request: [UInt8], _ read: (Slice<UnsafeRawBufferPointer>) -> Result) throws -> Result {
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes {
                send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Trouble(description: "the service reads no more") }
            sent += count
        }
        var received = 0
        var whole: Range<Int>?
        while true {
            if received == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
            let count = buffer.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress! + received, $0.count - received, 0)
            }
            guard count > 0 else { throw Trouble(description: "the service closed the connection") }
            received += count
            if whole == nil { whole = try body(within: received) }
            if let whole, received >= whole.upperBound { return buffer.withUnsafeBytes { read($0[whole]) } }
        }
    }

    /// Where the body stands, once the head is there.
    private func body(within received: Int) throws -> Range<Int>? {
        try buffer.withUnsafeBytes { bytes in
            let head = bytes[..<received]
            guard let last = (3..<max(3, received)).first(where: { head[($0 - 3)...$0].elementsEqual("\r\n\r\n".utf8) })
            else { return nil }
            let start = last + 1
            let text = String(decoding: bytes[..<start], as: UTF8.self)
            guard text.hasPrefix("HTTP/1.1 200 "), let field = text.rest(after: "Content-Length: "),
                let length = Int(field.prefix { $0.isNumber })
            else { throw Trouble(description: "the service answered \(text.prefix { $0 != "\r" })") }
            return start..<start + length
        }
    }
}

extension String {
    /// What follows the first `mark`.
    fileprivate func rest(after mark: String) -> Substring? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.dropFirst(mark.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
