import Holdfast
import HoldfastTestSupport

/// Runs `body` with a ledger on the real disk, threads and clock included, and closes it afterwards.
func withLedger<Result>(
    lanes: Int = 1, segmentBytes: UInt64 = 1 << 20, _ body: (Ledger) async throws -> Result
) async throws -> Result {
    let directory = TemporaryDirectory()
    let ledger = try await Ledger.open(
        at: directory.path + "/ledger", options: .init(lanes: lanes, segmentBytes: segmentBytes))
    do {
        let result = try await body(ledger)
        await ledger.close()
        return result
    } catch {
        await ledger.close()
        throw error
    }
}

/// The error that `body` throws, or nil.
func failure(_ body: () async throws -> Void) async -> LedgerError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LedgerError
    }
}

extension AsyncSequence {
    /// The first `count` elements.
    func collect(_ count: Int) async throws -> [Element] {
        var all: [Element] = []
        if count == 0 { return all }
        for try await element in self {
            all.append(element)
            if all.count == count { break }
        }
        return all
    }
}
