import HoldfastLog
import HoldfastTestSupport
import SimulatedDisk
import Testing

@testable import Holdfast

@Suite("How long a request_id is guarded")
struct WindowTests {
    private static let player = Player("p1", of: "evian")
    private static let longest = (Int64(1) << 53) - 1

    /// Whether the second of two equal requests is known to be one.
    private func guardsRequests(at path: String) async throws -> Bool {
        let ledger = try await Ledger.openExisting(at: path)
        let answers = try await [
            ledger.credit(Self.player, asset: "BRL", amount: 5, requestID: "d1"),
            ledger.credit(Self.player, asset: "BRL", amount: 5, requestID: "d1"),
        ]
        let wallet = try await ledger.wallet(of: Self.player)
        await ledger.close()
        return answers.map { $0.accepted?.isDuplicate } == [false, true] && wallet?.funds.first?.balance == 5
    }

    @Test("the longest window guards, and a longer one can't be asked for")
    func longest() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        for window in [Self.longest + 1, .max, 86_399_999] {
            await #expect(throws: LedgerError.self) {
                try await Ledger.create(at: path, options: .init(requestWindowMilliseconds: window))
            }
        }
        try await Ledger.create(at: path, options: .init(requestWindowMilliseconds: Self.longest))
        #expect(try await guardsRequests(at: path))
    }

    @Test("a ledger that was created with a longer one guards as long as any can")
    func longerOnce() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        var settings = LedgerSettings()
        settings.windowMilliseconds = .max
        let plan = LogDirectory.Plan(
            lanes: 1, segmentBytes: 1 << 20, kind: LedgerSettings.kind, settings: settings.fields)
        _ = try LogDirectory.create(path, plan, on: RealDisk(), at: 0)
        #expect(try await guardsRequests(at: path))
    }
}
