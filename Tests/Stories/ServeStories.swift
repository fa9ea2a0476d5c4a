import Foundation
import Glibc
import HoldfastTestSupport
import Testing
import WalletModel

@Suite("The service as a program")
struct ServeStories {
    @Test(
        "says where it listens, answers, stops in order when it is asked to, and keeps what it answered",
        arguments: [
            SIGTERM, SIGINT,
        ])
    func life(signal: Int32) throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        let service = try work.start("serve", work.ledger, "--listen", "127.0.0.1:0")
        let port = try Self.port(of: service)
        #expect(try Self.post(port, Lines.credit("p1", 5_000, "d1")).contains(#""balance":5000"#))
        let second = try work.holdfast(["apply", work.ledger])
        #expect(second.status == .exited(1) && second.errors.contains("in use by another process"))
        let other = work.path + "/other"
        try work.done("init", other)
        let taken = try work.holdfast(["serve", other, "--listen", "127.0.0.1:\(port)"])
        #expect(taken.status == .exited(1) && taken.errors.contains("another program listens there"))
        kill(service.process, signal)
        #expect(try service.wait() == .exited(0))
        #expect(FileManager.default.fileExists(atPath: work.ledger + "/lane-00/clean"))
        #expect(try work.done("balance", work.ledger, "evian", "p1").value()["seq"] == 1)
    }

    @Test("killed without a word it has what it answered")
    func killed() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        let service = try work.start("serve", work.ledger, "--listen", "127.0.0.1:0")
        let port = try Self.port(of: service)
        for number in 1...20 { _ = try Self.post(port, Lines.credit("p1", 1, "d\(number)")) }
        service.kill()
        #expect(try service.wait() == .signalled(SIGKILL))
        #expect(try work.done("balance", work.ledger, "evian", "p1").value()["seq"] == 20)
    }

    @Test("what is wrong with how it is called is said at once")
    func wrong() throws {
        let work = try Workplace()
        let file = work.path + "/serve.json"
        try #"{"archve": {}}"#.write(toFile: file, atomically: true, encoding: .utf8)
        for (arguments, code, word) in [
            (["serve", work.path + "/nowhere", "--listen", "127.0.0.1:0"], 1, "there is no such directory"),
            (["serve", work.ledger, "--listen", "8080"], 2, "no address to listen on"),
            (["serve", work.ledger, "--config", file], 2, "unknown key archve; did you mean archive?"),
            (["serve", work.ledger, "--config", work.path + "/none"], 1, "can't be read"),
            (["serve", work.ledger, "--listen", "0.0.0.0:0"], 1, "insecure"),
        ] as [([String], Int32, String)] {
            let run = try work.holdfast(arguments)
            #expect(run.status == .exited(code) && run.errors.contains(word), "\(run.errors)")
        }
    }

    private static func port(of service: Child) throws -> UInt16 {
        for _ in 0..<6_000 {
            if let line = service.errors.split(separator: "\n").first(where: { $0.hasPrefix("listening on ") }) {
                return try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
            }
            usleep(10_000)
        }
        throw Child.Trouble(description: "it never listens: \(service.errors)")
    }

    /// The whole response to one command on a connection of its own.
    private static func post(_ port: UInt16, _ command: String) throws -> String {
        let socket = try Loopback.connect(to: port)
        defer { close(socket) }
        let request =
            "POST /v1/commands HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: \(command.utf8.count)\r\n\r\n"
            + command
        _ = request.utf8CString.withUnsafeBufferPointer { send(socket, $0.baseAddress!, $0.count - 1, 0) }
        var response: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(socket, &piece, piece.count, 0)
            guard count > 0 else { return String(decoding: response, as: UTF8.self) }
            response += piece[..<count]
        }
    }
}
