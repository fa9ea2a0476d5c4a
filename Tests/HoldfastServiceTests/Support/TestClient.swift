import Glibc
import HoldfastTestSupport

/// A client that says exactly what a test wants to say, byte by byte if need be. Nothing waits longer than its patience.
final class TestClient {
    struct Response: Equatable {
        var status = 0
        var headers: [String: String] = [:]
        var body = ""

        var lines: [String] { body.split(separator: "\n").map(String.init) }
    }

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    private let socket: Int32
    private var buffered: [UInt8] = []
    private static let patienceSeconds = 180

    init(port: UInt16) throws {
        socket = try Loopback.connect(to: port)
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { Glibc.close(socket) }

    /// Goes away at once, without reading what there is.
    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

    /// Sends no more, and listens still.
    func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    // MARK: Asking

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Trouble(description: "nobody reads: errno \(errno)") }
            bytes = bytes.dropFirst(count)
        }
    }

    static func request(
        _ method: String, _ target: String, _ body: String? = nil, headers: [String: String] = [:]
    ) -> String {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)" } else { text += "\r\n" }
        return text
    }

    func ask(
        _ method: String, _ target: String, _ body: String? = nil, headers: [String: String] = [:]
    ) throws -> Response {
        try send(Self.request(method, target, body, headers: headers))
        return try response(hasBody: method != "HEAD")
    }

    func get(_ target: String, headers: [String: String] = [:]) throws -> Response {
        try ask("GET", target, headers: headers)
    }

    func post(_ target: String, _ body: String = "", headers: [String: String] = [:]) throws -> Response {
        try ask("POST", target, body, headers: headers)
    }

    // MARK: Listening

    /// The head of the next response; its body is still to be read.
    func head() throws -> Response {
        var response = Response()
        let first = try line().split(separator: " ")
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else {
            throw Trouble(description: "no status line: \(first)")
        }
        response.status = status
        while true {
            let line = try line()
            if line.isEmpty { return response }
            let sides = line.split(separator: ":", maxSplits: 1)
            response.headers[sides[0].lowercased()] = sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
        }
    }

    func response(hasBody: Bool = true) throws -> Response {
        var response = try head()
        guard hasBody else { return response }
        if response.headers["transfer-encoding"] == "chunked" {
            while let chunk = try chunk() { response.body += chunk }
        } else if let length = response.headers["content-length"].flatMap({ Int($0) }) {
            response.body = String(decoding: try bytes(length), as: UTF8.self)
        }
        return response
    }

    /// The next chunk of a body that comes piece by piece; nil at its end.
    func chunk() throws -> String? {
        guard let size = Int(try line(), radix: 16) else { throw Trouble(description: "no size of a chunk") }
        let text = String(decoding: try bytes(size), as: UTF8.self)
        _ = try line()
        return size == 0 ? nil : text
    }

    /// Whether the other side has closed the connection, once it has.
    func isClosed() throws -> Bool {
        if !buffered.isEmpty { return false }
        return try !fill()
    }

    private func line() throws -> String {
        while true {
            if let end = buffered.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffered[..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
                buffered.removeFirst(end + 1)
                return line
            }
            guard try fill() else { throw Trouble(description: "closed in the middle of a line") }
        }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        while buffered.count < count {
            guard try fill() else { throw Trouble(description: "closed in the middle of a body") }
        }
        defer { buffered.removeFirst(count) }
        return Array(buffered[..<count])
    }

    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        guard count >= 0 else {
            if errno == ECONNRESET { return false }
            throw Trouble(description: "nothing came: errno \(errno)")
        }
        buffered += piece[..<count]
        return count > 0
    }
}
