import Glibc
import Holdfast
import HoldfastLog
import HoldfastTestSupport
import Synchronization

@testable import HoldfastService

/// A service on a ledger of its own and a free port.
final class ServiceUnderTest: Sendable {
    let place: TemporaryDirectory
    let service: Service
    private let lines: Locked<[String]>

    /// Lines that it said.
    var said: [String] { lines.with { $0 } }
    var ledger: String { place.path + "/ledger" }

    static func make(
        lanes: Int = 1, at place: TemporaryDirectory = TemporaryDirectory(), clock: any LogClock = SystemClock(),
        detail: ServiceLog.Detail = .failures, _ configure: (inout ServiceConfiguration) throws -> Void = { _ in }
    ) async throws -> ServiceUnderTest {
        if !place.has("ledger") { try await Ledger.create(at: place.path + "/ledger", options: .init(lanes: lanes)) }
        return try ServiceUnderTest(place, clock, detail, configure)
    }

    private init(
        _ place: TemporaryDirectory, _ clock: any LogClock, _ detail: ServiceLog.Detail,
        _ configure: (inout ServiceConfiguration) throws -> Void
    ) throws {
        self.place = place
        let lines = Locked<[String]>([])
        self.lines = lines
        var configuration = ServiceConfiguration()
        configuration.listen = try ListenAddress("127.0.0.1:0")
        // There are many at once in this process.
        configuration.limits.server.connectionsMax = 300
        try configure(&configuration)
        service = try Service(
            at: place.path + "/ledger", configuration, clock: clock,
            log: ServiceLog(.json, detail, clock: clock) { text in
                lines.with { $0 += text.split(separator: "\n").map(String.init) }
            })
    }

    func client() throws -> TestClient { try TestClient(port: service.address.port) }

    /// Asks from a thread of its own, because a client waits, and the threads that tasks share must not.
    func ask<Result: Sendable>(_ body: @escaping @Sendable (TestClient) throws -> Result) async throws -> Result {
        let port = service.address.port
        return try await onThread("client") { Swift.Result { try body(TestClient(port: port)) } }.get()
    }

    /// Makes a service, asks it, and stops it.
    static func with<Result: Sendable>(
        lanes: Int = 1, _ configure: (inout ServiceConfiguration) throws -> Void = { _ in },
        _ body: @escaping @Sendable (ServiceUnderTest, TestClient) throws -> Result
    ) async throws -> Result {
        let test = try await make(lanes: lanes, configure)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await test.ask { try body(test, $0) })
        } catch {
            result = .failure(error)
        }
        await test.service.stop()
        return try result.get()
    }
}

/// Waits until something is so, at most for the time that a slow machine needs.
func eventually(_ what: String, _ holds: () throws -> Bool) throws {
    for _ in 0..<4_000 {
        if try holds() { return }
        usleep(5_000)
    }
    throw TestClient.Trouble(description: "never so: \(what)")
}

/// A command as a line of JSON.
func credit(_ player: String, _ request: String, _ amount: Int = 100) -> String {
    #"{"op":"credit","tenant":"evian","player":"\#(player)","request_id":"\#(request)","asset":"BRL","amount":\#(amount)}"#
}

func debit(_ player: String, _ request: String, _ amount: Int) -> String {
    #"{"op":"debit","tenant":"evian","player":"\#(player)","request_id":"\#(request)","asset":"BRL","amount":\#(amount)}"#
}
